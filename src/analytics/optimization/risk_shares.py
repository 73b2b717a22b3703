"""Weights with given shares of a risk measure, without limits and within them."""

from dataclasses import replace
from typing import Final, Literal, TypeAlias

import numpy as np

from analytics.optimization.core.solved import Solved
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.risk_cone import cone
from analytics.optimization.risk_parity import NoParity, correlations, parity_by_coordinates, parity_by_newton
from analytics.optimization.sample import Floats, Sample
from analytics.optimization.tail_form import alone
from analytics.optimization.tail_optimum import calm, least_tail, needed
from analytics.optimization.tail_programme import Tail, least
from analytics.optimization.tail_scenarios import PeriodLosses
from analytics.optimization.tail_solvers import Unbounded, solved

Measure: TypeAlias = Literal["variance", "cvar"]
BETA: Final = 0.95
"""Confidence of CVaR."""
LOSSLESS: Final = 1e-9
"""A CVaR that is none, as a share of a typical return."""
REACHES: Final = (1e2, 1e5)
"""How much smaller than a typical return the risk may be: it is looked for up to the first, then up to the second."""


def shared(sample: Sample, budgets: Floats, total: float, measure: Measure) -> Solved:
    """Return the weights that add up to `total` and share out the risk by budgets, whatever the limits.

    budgets : array of shape (n,) that adds up to 1; an asset with 0 gets no weight

    Raises
    ------
    CannotFit
        Codes `no_risk`, `no_loss`, `needs_returns`, `solver_failed`.
    """
    if measure == "variance":
        return _parity(sample, budgets, total)
    return _shared_cvar(sample, budgets, total)


def _shared_cvar(sample: Sample, budgets: Floats, total: float) -> Solved:
    """Solve for assets of the same size of returns, which is as good where there are no limits."""
    size = np.sqrt(np.mean(needed(sample) ** 2, axis=0))
    size = np.where(size > 0, size, 1.0)
    alike = replace(sample, returns=needed(sample) / size)
    found = shared_within(alike, _open(budgets, total), budgets, "cvar")
    weights = found.weights / size
    return replace(found, weights=weights * total / weights.sum())


def _open(budgets: Floats, total: float) -> Limits:
    return Limits(lower=np.zeros(len(budgets)), upper=np.where(budgets > 0, total, 0.0), budget=total)


def _parity(sample: Sample, budgets: Floats, total: float) -> Solved:
    chosen = np.flatnonzero(budgets > 0)
    correlation, volatility = correlations(sample.covariance[np.ix_(chosen, chosen)])
    failed: list[str] = []
    for solver in (parity_by_newton, parity_by_coordinates):
        try:
            proportions = solver(correlation, budgets[chosen]) / volatility
        except NoParity as refusal:
            failed.append(str(refusal))
            continue
        weights = np.zeros(sample.size)
        weights[chosen] = proportions * total / proportions.sum()
        return Solved(
            weights=weights, solver=solver.__name__.removeprefix("parity_by_"), fallbacks=tuple(failed)
        )
    found = shared_within(sample, _open(budgets, total), budgets, "variance")
    return replace(found, fallbacks=(*failed, *found.fallbacks))


def shared_within(sample: Sample, limits: Limits, budgets: Floats, measure: Measure) -> Solved:
    """Return the weights within long-only limits for which risk / Π wᵢ^bᵢ is least.

    Raises
    ------
    NoPoint
        Nothing keeps to all limits with a weight for every asset that has a budget.
    CannotFit
        Codes `no_risk`, `no_loss`, `needs_returns`, `solver_failed`.
    """
    least_of = _variance_within if measure == "variance" else _cvar_within
    for reach in REACHES:
        try:
            found = least_of(sample, limits, budgets, reach)
        except Unbounded:
            continue
        weights = np.where(budgets > 0, found.weights, 0.0)
        if weights.sum() < 0.99 * reach:
            return replace(found, weights=weights * limits.budget / weights.sum())
    raise CannotFit("no_loss", "a mix of the assets has no risk at all, so there is none to share")


def _variance_within(sample: Sample, limits: Limits, budgets: Floats, reach: float) -> Solved:
    typical = float(np.diag(sample.covariance)[budgets > 0].mean())
    if not typical > 0:
        raise CannotFit("no_risk", "no asset varies, so there is no risk to share")
    asked = cone(limits, sample, budgets, reach, sample.covariance / typical)
    found = solved(alone(asked), is_linear=False)
    return Solved(
        weights=found.values[: sample.size],
        solver=found.solver,
        status="optimal" if found.exact else "inexact",
        fallbacks=found.fallbacks,
    )


def _cvar_within(sample: Sample, limits: Limits, budgets: Floats, reach: float) -> Solved:
    returns = needed(sample)
    typical = float(np.sqrt(np.mean(returns**2))) or 1.0
    tail = Tail(scenarios=PeriodLosses(returns), beta=BETA, price=1 / typical)
    asked = cone(limits, sample, budgets, reach)
    try:
        found = least(asked, tail, start=calm(sample), keys=np.zeros(0, dtype=np.intp))
    except CannotFit:
        # Near weights without a loss the logarithm of the risk has no bottom, which solvers may not notice.
        if least_tail(tail, limits, sample).value <= LOSSLESS:
            raise Unbounded from None
        raise
    return Solved(
        weights=found.values[: sample.size],
        solver=found.solver,
        status="optimal" if found.exact else "inexact",
        fallbacks=found.fallbacks,
    )


def contributions(sample: Sample, weights: Floats, measure: Measure) -> Floats:
    """Return each asset's share of the risk, shape (n,), adding up to 1."""
    if measure == "variance":
        marginal = sample.covariance @ weights
    else:
        losses = -needed(sample)
        tail = Tail(scenarios=PeriodLosses(needed(sample)), beta=BETA)
        marginal = losses[np.argsort(-(losses @ weights), kind="stable")[: max(int(tail.mass), 1)]].mean(
            axis=0
        )
    shares: Floats = weights * marginal / (weights @ marginal)
    return shares
