"""CriticalLineAlgorithm: the whole efficient frontier, exactly, and one or two of its points.

Formula: min ½w′Σw − λμ′w for every λ ≥ 0, within bounds on single weights and a budget. Weights are piecewise linear
in λ; the frontier is given by its turning points and mixtures of neighbours. The highest Sharpe ratio is found on its
segment in closed form, for excess returns μ − r.

Assumptions: returns are judged by mean and variance; moments are taken as certain.
Traps: bounds and a budget are all the limits there can be. PyPortfolioOpt's class of the same name maximises the ratio
for r = 0 and only reports it with r; here r enters the choice. Where nothing earns more than r there is no such ratio.

References
----------
Markowitz, "The optimization of a quadratic function subject to linear constraints", 1956;
Bailey and López de Prado, "An Open-Source Implementation of the Critical-Line Algorithm", 2013.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from analytics.optimization import frontier
from analytics.optimization.core import feasible
from analytics.optimization.critical_path import NoPath, Problem
from analytics.optimization.fit import CannotFit, Fit, Note
from analytics.optimization.limits import SLACK, Limits
from analytics.optimization.sample import Floats, Sample
from analytics.optimization.turning_points import turning_points

RIDGE: Final = 1e-8
"""What a singular covariance gets on its diagonal, as a share of the mean variance."""


def fit(sample: Sample, limits: Limits, *, target: str = "max_sharpe") -> Fit:
    """Return weights of highest Sharpe ratio or least variance, and the frontier in `extras`.

    target : max_sharpe, min_vol, or both: the former's weights, and the latter's in `extras`

    Raises
    ------
    CannotFit
        `unsupported_constraint` for limits other than bounds and a budget, `no_excess_return` where no weights earn
        more than the risk-free return, `singular_covariance` where the frontier cannot be followed.
    Infeasible
        The bounds leave no room for the budget.
    """
    _require_box(limits)
    feasible.require(limits, sample)
    points, solver, failed = _traced(
        Problem(
            mean=sample.mean,
            covariance=sample.covariance,
            lower=limits.lower,
            upper=limits.upper,
            budget=limits.budget,
        )
    )
    weights = points[-1] if target == "min_vol" else _tangency(points, sample)
    extras: dict[str, Any] = {"frontier": list(_described(points, sample))}
    if target == "both":
        extras["min_vol"] = _named(points[-1], sample)
    return Fit(weights=weights, solver=solver, fallbacks=failed, notes=_notes(limits, solver), extras=extras)


def _require_box(limits: Limits) -> None:
    asked = {
        "target_return": limits.target_return,
        "target_volatility": limits.target_volatility,
        "max_assets": limits.max_names,
        "max_turnover": limits.max_turnover,
        "max_gross": limits.max_gross,
    }
    keys = [f"constraints.{name}" for name, value in asked.items() if value is not None]
    keys += [row.key for row in limits.linear]
    if keys:
        raise CannotFit(
            "unsupported_constraint",
            "The critical line algorithm takes bounds on single weights and a budget, not "
            + ", ".join(keys)
            + ".",
            field=keys[0],
        )


def _traced(problem: Problem) -> tuple[Floats, str, tuple[str, ...]]:
    """Return turning points from the first of the chain that gets to the end of the frontier."""
    if _is_settled(problem):
        return _only(problem), "closed form", ()
    failed: list[str] = []
    for solver, follow in _CHAIN.items():
        try:
            return follow(problem), solver, tuple(failed)
        except NoPath as refusal:
            failed.append(f"{solver}: {refusal}")
    raise CannotFit("singular_covariance", "The frontier cannot be followed: " + "; ".join(failed) + ".")


def _is_settled(problem: Problem) -> bool:
    """Whether only one portfolio keeps to the bounds and the budget."""
    at_least, at_most = float(problem.lower.sum()), float(problem.upper.sum())
    free = int((problem.upper > problem.lower).sum())
    return free <= 1 or problem.budget - at_least <= SLACK or at_most - problem.budget <= SLACK


def _only(problem: Problem) -> Floats:
    room = problem.upper - problem.lower
    needed = problem.budget - float(problem.lower.sum())
    share = 0.0 if room.sum() == 0 else needed / float(room.sum())
    return np.atleast_2d(problem.lower + min(max(share, 0.0), 1.0) * room)


def _regularised(problem: Problem) -> Floats:
    """Follow the frontier of assets that are all a little more independent than they are."""
    ridge = RIDGE * (float(np.diag(problem.covariance).mean()) or 1.0)
    return turning_points(replace(problem, covariance=problem.covariance + ridge * np.eye(len(problem.mean))))


_CHAIN: Final[dict[str, Callable[[Problem], Floats]]] = {
    "critical line": turning_points,
    "critical line, regularised": _regularised,
}


def _tangency(points: Floats, sample: Sample) -> Floats:
    weights = frontier.max_sharpe(points, sample.mean - sample.risk_free, sample.covariance)
    if weights is None:
        raise CannotFit(
            "no_excess_return",
            "No portfolio within the limits is expected to return more than the risk-free rate, so there is no "
            "highest Sharpe ratio; ask for min_vol instead.",
        )
    return weights


def _described(points: Floats, sample: Sample) -> Iterator[tuple[Floats, float, float]]:
    """Weights, expected return and volatility of each point, per period."""
    returns = points @ sample.mean
    spread = np.sqrt(np.maximum(((points @ sample.covariance) * points).sum(axis=1), 0.0))
    return zip(points, returns.tolist(), spread.tolist(), strict=True)


def _named(weights: Floats, sample: Sample) -> dict[str, Any]:
    _, expected, spread = next(_described(weights[None, :], sample))
    by_asset = dict(zip(sample.assets, weights.tolist(), strict=True))
    return {"weights": by_asset, "expected_return": expected, "volatility": spread}


def _notes(limits: Limits, solver: str) -> tuple[Note, ...]:
    notes = []
    if limits.cost is not None and limits.cost.any():
        notes.append(Note(code="costs_ignored", detail="The frontier does not know of trading costs."))
    if solver == "critical line, regularised":
        notes.append(
            Note(
                code="regularised",
                detail=f"The covariance matrix is singular: {RIDGE:g} of the mean variance was added to its diagonal.",
            )
        )
    return tuple(notes)
