"""The highest ratio of something linear to a standard deviation, within limits.

A. Charnes, W. W. Cooper, "Programming with linear fractional functionals", Naval Research Logistics Quarterly 9 (1962),
181-186; for portfolios see G. Cornuejols, R. Tütüncü, "Optimization Methods in Finance" (2006), section 8.2.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from analytics.optimization.core import cardinality, feasible, linear, quadratic
from analytics.optimization.core.polyhedron import Extra, Polyhedron, polyhedron
from analytics.optimization.core.programme import NoPoint, Programme, Solver, answer
from analytics.optimization.core.solved import Solved
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

Flags = NDArray[np.bool_]
_NOTHING: Final = 1e-12
"""Gains below this, relative to the largest single gain, are nothing."""


def maximise(
    gain: Floats,
    covariance: Floats,
    limits: Limits,
    sample: Sample,
    *,
    charge: float = 0.0,
    gross_price: float = 0.0,
    chain: Sequence[Solver] = quadratic.CHAIN,
) -> Solved:
    """Maximise (gain'w − charge · costs − gross_price · Σ|w|) / √(w'covariance w) within limits.

    With y = τw and the numerator fixed to 1 the ratio is highest where y'covariance y is least, and every limit
    a'w <= b turns into a'y <= bτ. `value` is minus the ratio.

    Raises
    ------
    CannotFit
        Code `no_gain`: nothing within the limits has a positive numerator.
    Infeasible
        Nothing keeps to all limits.
    """

    def attempt(chain: Sequence[Solver]) -> Solved:
        return _attempted(gain, covariance, limits, sample, charge, gross_price, chain)

    try:
        return feasible.or_explained(attempt, chain, limits, sample)
    except CannotFit as refusal:
        if refusal.code == "no_gain":
            feasible.require(limits, sample)
        raise


def _attempted(
    gain: Floats,
    covariance: Floats,
    limits: Limits,
    sample: Sample,
    charge: float,
    gross_price: float,
    chain: Sequence[Solver],
) -> Solved:
    if limits.max_names is not None:
        return cardinality.best(
            lambda fewer: _attempted(gain, covariance, fewer, sample, charge, gross_price, chain), limits
        )
    within = polyhedron(_without_idle_bounds(limits), sample, with_gross=gross_price > 0)
    worth = within.padded(gain) - charge * within.cost
    if gross_price and within.gross is not None:
        worth -= gross_price * within.gross
    unit = float(np.abs(gain).max(initial=0.0))
    if unit == 0 or (limits.is_long_only and gain.max() <= 0):
        raise _no_gain()
    cone = homogenised(within, worth / unit)
    try:
        point = answer(Programme(matrix=covariance, vector=np.zeros(cone.width), within=cone), chain)
    except NoPoint as refusal:
        raise _no_gain() from refusal
    weights, extent = point.values[: within.size], float(point.values[-1])
    if not extent > _NOTHING:
        raise CannotFit("solver_failed", "the ratio is highest at no finite weights")
    risk = float(np.sqrt(max(0.0, float(weights @ covariance @ weights))))
    weights = weights / extent
    return Solved(
        weights=_stretched(weights, limits, sample) if limits.budget == 0 else weights,
        solver=point.solver,
        status="optimal" if point.exact else "inexact",
        fallbacks=point.fallbacks,
        value=-unit / max(risk, 1e-300),
    )


def _stretched(weights: Floats, limits: Limits, sample: Sample) -> Floats:
    """Return the largest multiple within limits: where weights add up to 0, any multiple has the same ratio."""
    size = len(weights)
    ray = Extra(
        rows=np.column_stack([np.eye(size), -weights]),
        lower=np.zeros(size),
        upper=np.zeros(size),
        floor=np.zeros(1),
    )
    return linear.attempted(np.append(np.zeros(size), -1.0), limits, sample, rows=ray).weights


def _without_idle_bounds(limits: Limits) -> Limits:
    """Leave out upper bounds that long-only weights with this sum cannot reach: each would be a row."""
    if not limits.is_long_only:
        return limits
    return replace(limits, upper=np.where(limits.upper >= limits.budget, np.inf, limits.upper))


def _no_gain() -> CannotFit:
    return CannotFit("no_gain", "nothing within the limits has anything to gain")


def homogenised(within: Polyhedron, worth: Floats) -> Polyhedron:
    """Return the cone over a polyhedron, with its extent τ as the last variable, where worth'x = 1."""
    rows = within.rows.toarray() if sparse.issparse(within.rows) else within.rows
    unit, is_zero = np.eye(within.width), within.lower == 0
    pinned = is_zero & (within.upper == 0)
    table, tied = _rays(rows, within.row_lower, within.row_upper)
    bounds, tied_bounds = _rays(
        unit, np.where(is_zero, -np.inf, within.lower), np.where(pinned, np.inf, within.upper)
    )
    spread = within.spread
    is_tied = np.concatenate([tied, tied_bounds])
    return Polyhedron(
        size=within.size,
        lower=np.concatenate([np.where(is_zero, 0.0, -np.inf), [0.0]]),
        upper=np.where(np.append(pinned, False), 0.0, np.inf),
        rows=np.concatenate([table, bounds, [[*worth, 0.0]]]),
        row_lower=np.concatenate([np.where(is_tied, 0.0, -np.inf), [1.0]]),
        row_upper=np.concatenate([np.zeros(len(is_tied)), [1.0]]),
        cost=np.zeros(within.width + 1),
        spread=None if spread is None else np.column_stack([spread, np.zeros(len(spread))]),
        radius=within.radius,
        is_cone=spread is not None,
    )


def _rays(matrix: Floats, lower: Floats, upper: Floats) -> tuple[Floats, Flags]:
    """Return rows r with r'[x, τ] <= 0, and which of them are to be 0, for lower <= matrix @ x <= upper."""
    equal = lower == upper
    above, below = ~equal & np.isfinite(upper), ~equal & np.isfinite(lower)
    normals = np.concatenate([matrix[equal], matrix[above], -matrix[below]])
    edges = np.concatenate([upper[equal], upper[above], -lower[below]])
    is_tied = np.zeros(len(edges), dtype=np.bool_)
    is_tied[: equal.sum()] = True
    return np.column_stack([normals, -edges]), is_tied
