"""Calm and turbulent markets: a two-state hidden Markov model with normal returns, fitted by expectation-maximisation.

Probabilities for use are filtered: each day's knows the returns up to that day and none after it.
"""

from dataclasses import dataclass
from math import log, pi

import numpy as np

from analytics.risk.arrays import Floats

STEPS_FIRST = 50
STEPS_MAX = 500
TOLERANCE = 1e-9
STARTS = ((0.7, 3.0), (0.5, 2.0), (0.85, 4.0), (0.3, 1.5), (0.95, 6.0))
"""Where to start looking: the share of calm days, and how many times the variance is higher on the others."""
ODDS_MAX = 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeModel:
    """A fitted model; state 0 is the calm one (lower variance). Figures are per period.

    start, means, variances, stay : pairs by state; `stay` is the probability of staying for one more period.
    turbulent : filtered probability of state 1 after each return, shape (n_observations,).
    """

    start: tuple[float, float]
    means: tuple[float, float]
    variances: tuple[float, float]
    stay: tuple[float, float]
    log_likelihood: float
    turbulent: Floats

    @property
    def stationary(self) -> float:
        """Share of time in the turbulent state in the long run."""
        leave_calm, leave_turbulent = 1 - self.stay[0], 1 - self.stay[1]
        moves = leave_calm + leave_turbulent
        return leave_calm / moves if moves > 0 else self.start[1]

    def expected_turbulence(self, periods: int) -> float:
        """Return the mean probability of the turbulent state over the next periods, as seen from the last return.

        It decays geometrically to its long-run share at the second eigenvalue of the transition matrix.
        """
        decay = self.stay[0] + self.stay[1] - 1
        weight = 1.0 if abs(1 - decay) < 1e-12 else decay * (1 - decay**periods) / (periods * (1 - decay))
        return self.stationary + (float(self.turbulent[-1]) - self.stationary) * weight

    def mean_variance(self, turbulence: float) -> float:
        """Return the variance per period of a mixture with this share of turbulence."""
        return self.variances[0] + (self.variances[1] - self.variances[0]) * turbulence


def fit_regimes(returns: Floats) -> RegimeModel | None:
    """Fit the model from five fixed starts, follow the likeliest to its end; None where returns never change.

    returns : array of shape (n_observations,), at least a few dozen.

    References
    ----------
    Hamilton, "A New Approach to the Economic Analysis of Nonstationary Time Series and the Business Cycle", 1989;
    Rabiner, "A Tutorial on Hidden Markov Models", 1989 (scaling).
    """
    spread = float(returns.std())
    if spread <= 1e-14:
        return None
    standard = (returns - returns.mean()) / spread
    tried = [_fitted(standard, _start(share, times), STEPS_FIRST) for share, times in STARTS]
    promising = max(tried, key=lambda fit: fit.log_likelihood)
    best = _fitted(standard, promising.parameters, STEPS_MAX)
    return _ordered(best, float(returns.mean()), spread, len(returns))


@dataclass(slots=True)
class _Parameters:
    start: float
    means: tuple[float, float]
    variances: tuple[float, float]
    leave: tuple[float, float]


@dataclass(slots=True)
class _Fit:
    parameters: _Parameters
    log_likelihood: float
    filtered: Floats


def _start(share: float, times: float) -> _Parameters:
    calm = 1 / (share + (1 - share) * times)
    return _Parameters(
        start=1 - share,
        means=(0.05, -0.05),
        variances=(calm, calm * times),
        leave=(0.05 * (1 - share), 0.05 * share),
    )


def _fitted(returns: Floats, parameters: _Parameters, steps_max: int) -> _Fit:
    filtered, predicted, likelihood = _filtered(returns, parameters)
    steps = 0
    gained = np.inf
    while gained > TOLERANCE * abs(likelihood) and steps < steps_max:
        parameters = _improved(returns, parameters, filtered, predicted)
        previous = likelihood
        filtered, predicted, likelihood = _filtered(returns, parameters)
        gained, steps = likelihood - previous, steps + 1
    return _Fit(parameters, likelihood, filtered)


def _filtered(returns: Floats, at: _Parameters) -> tuple[Floats, Floats, float]:
    """Probabilities of state 1 after and before each return, and the logarithm of the likelihood."""
    calm = -((returns - at.means[0]) ** 2) / (2 * at.variances[0]) - 0.5 * log(2 * pi * at.variances[0])
    turbulent = -((returns - at.means[1]) ** 2) / (2 * at.variances[1]) - 0.5 * log(2 * pi * at.variances[1])
    odds = np.exp(np.clip(turbulent - calm, -ODDS_MAX, ODDS_MAX))
    enter, persist = at.leave[0], 1 - at.leave[0] - at.leave[1]
    before, after = [], []
    expected = at.start
    # Two states are one number per day: a plain loop over floats beats small matrices by far.
    for ratio in odds.tolist():
        weighted = expected * ratio
        known = weighted / (weighted + 1.0 - expected)
        before.append(expected)
        after.append(known)
        expected = enter + persist * known
    predicted = np.array(before)
    likelihood = float((calm + np.log1p(predicted * (odds - 1.0))).sum())
    return np.array(after), predicted, likelihood


def _improved(returns: Floats, at: _Parameters, filtered: Floats, predicted: Floats) -> _Parameters:
    """One step of expectation-maximisation."""
    smoothed = _smoothed(at, filtered, predicted)
    # Expected moves between two days: smoothed odds of tomorrow spread back over where they came from.
    came = smoothed[1:] / predicted[1:]
    stayed_away = (1 - smoothed[1:]) / (1 - predicted[1:])
    entered = float(((1 - filtered[:-1]) * at.leave[0] * came).sum())
    left = float((filtered[:-1] * at.leave[1] * stayed_away).sum())
    turbulent_days = float(smoothed[:-1].sum())
    calm_days = len(smoothed) - 1 - turbulent_days
    weights = (1 - smoothed, smoothed)
    means = tuple(float(share @ returns / share.sum()) for share in weights)
    variances = tuple(
        max(float(share @ (returns - mean) ** 2 / share.sum()), 1e-6)
        for share, mean in zip(weights, means, strict=True)
    )
    return _Parameters(
        start=_inside(float(smoothed[0])),
        means=(means[0], means[1]),
        variances=(variances[0], variances[1]),
        leave=(_inside(entered / calm_days), _inside(left / turbulent_days)),
    )


def _smoothed(at: _Parameters, filtered: Floats, predicted: Floats) -> Floats:
    """Probability of state 1 on each day given all returns: for fitting only, since it looks ahead."""
    stays = filtered[:-1] * (1 - at.leave[1]) / predicted[1:]
    leaves = filtered[:-1] * at.leave[1] / (1 - predicted[1:])
    slopes, offsets = (stays - leaves).tolist(), leaves.tolist()
    later = float(filtered[-1])
    smoothed = [later]
    for slope, offset in zip(reversed(slopes), reversed(offsets), strict=True):
        later = offset + slope * later
        smoothed.append(later)
    clipped: Floats = np.clip(np.array(smoothed[::-1]), 1e-12, 1 - 1e-12)
    return clipped


def _inside(probability: float) -> float:
    return min(max(probability, 1e-10), 1 - 1e-10)


def _ordered(fit: _Fit, mean: float, spread: float, count: int) -> RegimeModel:
    """Put the calmer state first, and figures back on the scale of the returns."""
    at, turbulent = fit.parameters, fit.filtered
    order = (0, 1) if at.variances[0] <= at.variances[1] else (1, 0)
    start = (1 - at.start, at.start)
    if order == (1, 0):
        turbulent = 1 - turbulent
    return RegimeModel(
        start=(start[order[0]], start[order[1]]),
        means=(mean + spread * at.means[order[0]], mean + spread * at.means[order[1]]),
        variances=(at.variances[order[0]] * spread**2, at.variances[order[1]] * spread**2),
        stay=(1 - at.leave[order[0]], 1 - at.leave[order[1]]),
        log_likelihood=fit.log_likelihood - count * log(spread),
        turbulent=turbulent,
    )
