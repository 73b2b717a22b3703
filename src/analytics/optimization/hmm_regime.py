"""HMMRegimeMVO: mean-variance weights for the market regime that is likely to come next.

Formula: a hidden Markov model with normal returns in k states is fitted to the benchmark, or to the equal-weighted mean
of the assets. With filtered probabilities p_tk as weights, each state has moments m_k and S_k of the assets; with the
probabilities q of the next period, q = p_T · transition,

    μ = Σ_k q_k m_k,    Σ = Σ_k q_k (S_k + (m_k − μ)(m_k − μ)′),

and weights have the highest Sharpe ratio for μ and Σ, none above `max_weight`.

Assumptions: states change markets alike, and last. The estimators that were asked for play no part.
Traps: smoothed probabilities know the future, so only filtered ones are used. Labels are arbitrary: states are sorted
by volatility. In turbulence the means of few periods put all but everything into one name, hence the cap.

References
----------
Hamilton, "A New Approach to the Economic Analysis of Nonstationary Time Series and the Business Cycle", 1989;
Ang and Bekaert, "International Asset Allocation With Regime Shifts", 2002.
"""

from dataclasses import replace
from math import ceil, floor
from typing import Any, Final

import numpy as np

from analytics.optimization import critical_line
from analytics.optimization.core import homogeneous, quadratic
from analytics.optimization.core.infeasible import holds
from analytics.optimization.estimators.covariance import symmetric
from analytics.optimization.fit import CannotFit, Fit, Note
from analytics.optimization.hidden_markov import HiddenMarkov, fit_states
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

PERIODS_PER_STATE: Final = 20
STEPS: Final = 10_000
"""A cap is raised in steps of 1/STEPS: solvers find no weights where next to nothing is between two limits."""
ROUNDING: Final = 1e-12
LABELS: Final = {
    2: ("calm", "turbulent"),
    3: ("calm", "normal", "turbulent"),
    4: ("calm", "normal", "uneasy", "turbulent"),
}


def fit(sample: Sample, limits: Limits, *, states: int = 2, max_weight: float = 0.25) -> Fit:
    """Return weights for the next period's mixture of regimes.

    states : 2 to 4
    max_weight : no weight above it, on top of the limits

    Raises
    ------
    CannotFit
        `short_history` with less than 20 periods per state, `constant_returns` where the series never changes.
    Infeasible
        Nothing keeps to the limits.
    """
    series = sample.history.mean(axis=1) if sample.benchmark is None else sample.benchmark
    model = _model(series, states)
    mean, covariance = mixed_moments(sample.history, model)
    capped, notes = _capped(limits, max_weight, sample)
    chosen = _optimum(mean, covariance, capped, sample)
    return replace(chosen, notes=(*notes, *chosen.notes), extras={"regime": _regime(model, sample)})


def mixed_moments(returns: Floats, model: HiddenMarkov) -> tuple[Floats, Floats]:
    """Return mean and covariance of the assets in the next period, over all states it may be in."""
    moments = [_state_moments(returns, share) for share in model.filtered.T]
    means = np.array([mean for mean, _ in moments])
    ahead = model.next
    mean = ahead @ means
    apart = means - mean
    within = sum(share * matrix for share, (_, matrix) in zip(ahead, moments, strict=True))
    return mean, symmetric(within + (apart.T * ahead) @ apart)


def _state_moments(returns: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Return mean and covariance, each period counted by the probability that it was in the state."""
    weights = probabilities / probabilities.sum()
    mean = weights @ returns
    centred = returns - mean
    unbiased = 1 / max(1 - float(weights @ weights), 1 / len(returns))
    return mean, (centred.T * weights) @ centred * unbiased


def _model(series: Floats, states: int) -> HiddenMarkov:
    if len(series) < PERIODS_PER_STATE * states:
        raise CannotFit(
            "short_history",
            f"{states} regimes need at least {PERIODS_PER_STATE * states} periods, and there are {len(series)}.",
            field="options.HMMRegimeMVO.states",
        )
    model = fit_states(series, states)
    if model is None:
        raise CannotFit(
            "constant_returns", "The benchmark's return is the same in all periods: it has no regimes."
        )
    return model


def _capped(limits: Limits, max_weight: float, sample: Sample) -> tuple[Limits, tuple[Note, ...]]:
    """Lower upper bounds to the cap; one that leaves no room within the limits gives way, as they were asked for."""
    capped = _under(max_weight, limits)
    if _leaves_room(capped, sample):
        return capped, ()
    if not _leaves_room(limits, sample):
        return limits, ()
    needed = _least_cap(limits, max_weight, sample)
    detail = f"max_weight was raised from {max_weight:g} to {needed:g}, the least that leaves room within the limits."
    return _under(needed, limits), (Note(code="cap_raised", detail=detail),)


def _under(cap: float, limits: Limits) -> Limits:
    return replace(limits, upper=np.maximum(np.minimum(limits.upper, cap), limits.lower))


def _leaves_room(limits: Limits, sample: Sample) -> bool:
    most = float(np.sort(limits.upper)[::-1][: limits.max_names].sum())
    return most >= limits.budget - ROUNDING and (limits.is_box or holds(limits, sample))


def _least_cap(limits: Limits, low: float, sample: Sample) -> float:
    """Return the least cap under which something keeps to the limits, rounded up."""
    below, enough = floor(low * STEPS), ceil(float(limits.upper.max()) * STEPS)
    while enough - below > 1:
        middle = (below + enough) // 2
        fits = _leaves_room(_under(middle / STEPS, limits), sample)
        below, enough = (below, middle) if fits else (middle, enough)
    return enough / STEPS


def _optimum(mean: Floats, covariance: Floats, limits: Limits, sample: Sample) -> Fit:
    """Return the highest Sharpe ratio, the least variance where nothing is expected to beat the risk-free rate.

    Limits on return and volatility are those of the sample's own moments, as for any other method.
    """
    try:
        return _highest(mean, covariance, limits, sample)
    except CannotFit as refusal:
        if refusal.code not in {"no_excess_return", "no_gain"}:
            raise
    detail = "In the regime to come nothing is expected to beat the risk-free rate: the weights have least variance."
    least = quadratic.minimise(covariance, np.zeros(sample.size), limits, sample).as_fit()
    return replace(least, notes=(Note(code="minimum_variance", detail=detail), *least.notes))


def _highest(mean: Floats, covariance: Floats, limits: Limits, sample: Sample) -> Fit:
    if limits.is_box and limits.cost is None:
        return critical_line.fit(replace(sample, mean=mean, covariance=covariance), limits)
    return homogeneous.maximise(mean - sample.risk_free, covariance, limits, sample, charge=1.0).as_fit()


def _regime(model: HiddenMarkov, sample: Sample) -> dict[str, Any]:
    """Describe states, and which it is now and next."""
    labels = LABELS[len(model.means)]
    spread, stay = np.sqrt(model.variances), np.diag(model.transition)
    states = [
        {"label": label, "mean": float(mean), "volatility": float(deviation), "stay": float(remain)}
        for label, mean, deviation, remain in zip(labels, model.means, spread, stay, strict=True)
    ]
    now, ahead = model.filtered[-1], model.next
    return {
        "label": labels[int(np.argmax(now))],
        "states": states,
        "probabilities": {"now": now.tolist(), "next": ahead.tolist()},
        "series": "equal_weighted" if sample.benchmark is None else "benchmark",
    }
