"""A hidden Markov model of one series: two to four states, normal returns in each, fitted by expectation-maximisation.

Forward and backward recursions are linear once each period is divided by a guess of its likelihood, so that each is one
triangular banded system instead of a loop over periods.

References
----------
Hamilton, "A New Approach to the Economic Analysis of Nonstationary Time Series and the Business Cycle", 1989;
Rabiner, "A Tutorial on Hidden Markov Models", 1989;
Varadhan and Roland, "Simple and Globally Convergent Methods for Accelerating the Convergence of Any EM Algorithm",
2008.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg.blas import dtbsv  # type: ignore[import-untyped]

from analytics.optimization.sample import Floats

STARTS: Final = ((0.7, 3.0), (0.5, 2.0), (0.85, 4.0), (0.3, 1.5), (0.95, 6.0))
"""Where to start looking: the share of time in a state that the next, more volatile one leaves to it, and how many
times the variance is higher there."""
ROUNDS: Final = ((5, 10), (2, 40), (1, 500))
"""How many of the likeliest go on, and for how many steps at most: the leader after ten is not always the winner."""
TOLERANCE: Final = 1e-9
BLOCK: Final = 500
"""Periods in one system, in which what guesses of likelihoods miss multiplies up."""
LONGEST: Final = 1_000.0
"""Of strides, as a multiple of a step."""
FAR: Final = 5.0
"""How many times a variance or a probability may become larger or smaller beyond two steps."""
VARIANCE_MIN: Final = 0.02
"""Of a state, as a share of the series' own: no state may stand for single returns."""
PROBABILITY_MIN: Final = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenMarkov:
    """A fitted model of k states, the least volatile first; figures are per period.

    start, means, variances : shape (k,)
    transition : shape (k, k), from the row's state to the column's
    filtered : probabilities of states after each return, knowing none later, shape (n_periods, k)
    """

    start: Floats
    means: Floats
    variances: Floats
    transition: Floats
    filtered: Floats
    log_likelihood: float

    @property
    def next(self) -> Floats:
        """Probabilities of states in the period after the last, shape (k,)."""
        ahead: Floats = self.filtered[-1] @ self.transition
        return ahead


def fit_states(series: Floats, states: int) -> HiddenMarkov | None:
    """Fit from five fixed starts, follow the likeliest to their end; None where the series never changes.

    series : shape (n_periods,), simple returns; at least a few dozen
    """
    spread = float(series.std())
    if spread <= 1e-12 * max(float(np.abs(series).max()), 1e-12):
        return None
    standard = (series - series.mean()) / spread
    tried = [_expected(standard, _start(states, share, times)) for share, times in STARTS]
    for count, steps in ROUNDS:
        likeliest = sorted(tried, key=lambda one: -one.log_likelihood)[:count]
        tried = [_followed(standard, one, steps) for one in likeliest]
    return _ordered(tried[0], float(series.mean()), spread)


@dataclass(frozen=True, slots=True)
class _Parameters:
    start: Floats
    means: Floats
    variances: Floats
    transition: Floats


@dataclass(frozen=True, slots=True)
class _Expected:
    """What the parameters make of the series."""

    parameters: _Parameters
    log_likelihood: float
    filtered: Floats
    smoothed: Floats
    moves: Floats


def _start(states: int, share: float, times: float) -> _Parameters:
    """Return states of which each is left a part of the time by the calmer ones before it."""
    left = (1 - share) ** np.arange(states)
    time = left * np.append(np.full(states - 1, share), 1.0)
    variances = times ** np.arange(states)
    return _Parameters(
        start=time,
        means=np.linspace(0.05, -0.05, states),
        variances=variances / (time @ variances),
        transition=0.95 * np.eye(states) + 0.05 * time,
    )


def _followed(series: Floats, expected: _Expected, steps_max: int) -> _Expected:
    """Return where strides of expectation-maximisation get to."""
    steps = 0
    while steps < steps_max:
        further, taken = _stride(series, expected)
        gained = further.log_likelihood - expected.log_likelihood
        expected, steps = further, steps + taken
        if gained <= TOLERANCE * abs(expected.log_likelihood):
            break
    return expected


def _stride(series: Floats, expected: _Expected) -> tuple[_Expected, int]:
    """Go two steps, or from there on to where they point if that is as likely as the first; return how many it took.

    Where regimes hardly differ, single steps become tiny long before the end.
    """
    first = _expected(series, _maximised(series, expected))
    second = _maximised(series, first)
    further = _expected(series, _beyond(expected.parameters, first.parameters, second))
    if further.log_likelihood >= first.log_likelihood:
        return further, 2
    return _expected(series, second), 3


def _beyond(before: _Parameters, first: _Parameters, second: _Parameters) -> _Parameters:
    """Return where two steps point if each is the same fraction of the one before."""
    states = len(second.means)
    origin, middle, last = (_coordinates(at) for at in (before, first, second))
    step, bend = middle - origin, last - 2 * middle + origin
    length = min(max(float(np.linalg.norm(step)) / max(float(np.linalg.norm(bend)), 1e-300), 1.0), LONGEST)
    means, logs, moves = np.split(origin + 2 * length * step + length**2 * bend, (states, 2 * states))
    variances = np.clip(np.exp(np.clip(logs, -700, 700)), second.variances / FAR, second.variances * FAR)
    transition = np.maximum(moves.reshape(states, states), second.transition / FAR)
    return _Parameters(
        start=second.start,
        means=means,
        variances=np.maximum(variances, VARIANCE_MIN),
        transition=transition / transition.sum(axis=1, keepdims=True),
    )


def _coordinates(at: _Parameters) -> Floats:
    return np.concatenate([at.means, np.log(at.variances), at.transition.ravel()])


def _expected(series: Floats, at: _Parameters) -> _Expected:
    """Work out filtered and smoothed probabilities, and expected numbers of moves from state to state."""
    means, variances = at.means[:, None], at.variances[:, None]
    logs = -0.5 * ((series - means) ** 2 / variances + np.log(2 * np.pi * variances))
    highest = logs.max(axis=0)
    densities = np.ascontiguousarray(np.exp(logs - highest).T)
    filtered, likelihoods = _filtered(densities, at)
    ratios = densities / likelihoods[:, None]
    later = _backward(ratios, at.transition)
    smoothed = filtered * later
    moves = at.transition * (filtered[:-1].T @ (ratios[1:] * later[1:]))
    total = float(np.log(likelihoods).sum() + highest.sum())
    return _Expected(at, total, filtered, smoothed, moves)


def _maximised(series: Floats, seen: _Expected) -> _Parameters:
    """Return the parameters that are likeliest for the states expected."""
    counts = np.ones(len(series)) @ seen.smoothed + PROBABILITY_MIN
    means = series @ seen.smoothed / counts
    variances = (series**2 @ seen.smoothed - counts * means**2) / counts
    moves = np.maximum(seen.moves, PROBABILITY_MIN)
    start = np.maximum(seen.smoothed[0], PROBABILITY_MIN)
    return _Parameters(
        start=start / start.sum(),
        means=means,
        variances=np.maximum(variances, VARIANCE_MIN),
        transition=moves / moves.sum(axis=1, keepdims=True),
    )


def _filtered(densities: Floats, at: _Parameters) -> tuple[Floats, Floats]:
    """Return probabilities of states after each return, and the likelihood of each return given those before."""
    # A return is at most k times as likely as with all states alike: the product over a block cannot overflow.
    guess = densities @ np.full(densities.shape[1], 1 / densities.shape[1])
    ahead, parts, likelihoods = at.start, [], []
    ones = np.ones(densities.shape[1])  # a product with ones is a faster sum of short rows
    for begin in range(0, len(densities), BLOCK):
        ratios = densities[begin : begin + BLOCK] / guess[begin : begin + BLOCK, None]
        raw = _forward(ratios, at.transition, ahead * ratios[0])
        sums = raw @ ones
        parts.append(raw / sums[:, None])
        likelihoods.append(guess[begin : begin + BLOCK] * sums / np.append(1.0, sums[:-1]))
        ahead = parts[-1][-1] @ at.transition
    return np.concatenate(parts), np.concatenate(likelihoods)


def _forward(ratios: Floats, transition: Floats, first: Floats) -> Floats:
    """Return a_t = (a_{t-1} · transition) ∘ ratios_t from the first on, shape (n, k)."""
    known = np.zeros(ratios.shape)
    known[0] = first
    solved: Floats = _solved(ratios, transition, known, transposed=0)
    return solved


def _backward(ratios: Floats, transition: Floats) -> Floats:
    """Return b_{t-1} = transition · (ratios_t ∘ b_t), all 1 in the end, shape (n, k)."""
    known = np.zeros(ratios.shape)
    known[-1] = 1.0
    solved: Floats = _solved(ratios, transition, known, transposed=1)
    return solved


def _solved(ratios: Floats, transition: Floats, known: Floats, *, transposed: int) -> Floats:
    """Solve the recursion as one system: ones on the diagonal, the steps from period to period below it."""
    periods, states = ratios.shape
    bands = np.zeros((periods, states, 2 * states))
    for origin in range(states):
        for target in range(states):
            bands[:-1, origin, states + target - origin] = -transition[origin, target] * ratios[1:, target]
    columns = bands.reshape(periods * states, 2 * states).T
    solved: Floats = dtbsv(
        2 * states - 1, columns, known.ravel(), lower=1, trans=transposed, diag=1, overwrite_x=1
    ).reshape(periods, states)
    return solved


def _ordered(fit: _Expected, mean: float, spread: float) -> HiddenMarkov:
    """Put states in the order of their volatility, and figures back on the scale of the series."""
    at = fit.parameters
    order = np.argsort(at.variances, kind="stable")
    return HiddenMarkov(
        start=at.start[order],
        means=mean + spread * at.means[order],
        variances=spread**2 * at.variances[order],
        transition=at.transition[np.ix_(order, order)],
        filtered=fit.filtered[:, order],
        log_likelihood=fit.log_likelihood - len(fit.filtered) * float(np.log(spread)),
    )
