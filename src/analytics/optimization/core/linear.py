"""Linear objectives over limits."""

from typing import Final

from analytics.optimization.core import cardinality, feasible, quadratic
from analytics.optimization.core.polyhedron import Extra, polyhedron
from analytics.optimization.core.programme import NoPoint, Point, Programme, Solver, answer
from analytics.optimization.core.simplex import HIGHS, INTERIOR
from analytics.optimization.core.solved import Solved
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

CHAIN: Final[tuple[Solver, ...]] = (HIGHS, INTERIOR, *quadratic.CHAIN)
"""Who is asked, one after the other, when solvers fail: dual simplex, HiGHS' interior point method, then those for
quadratic objectives."""


def minimise(
    vector: Floats,
    limits: Limits,
    sample: Sample,
    *,
    rows: Extra | None = None,
    charge: float = 0.0,
) -> Solved:
    """Minimise vector'x over [weights, extra variables] within limits, at a corner of what they allow.

    vector : of the weights or of all variables
    rows : what binds extra variables to the weights
    charge : price of a unit of trading costs (`Limits.cost`)

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    CannotFit
        Every solver failed.
    """
    if limits.target_volatility is not None:
        return quadratic.minimise(None, vector, limits, sample, extra=rows, charge=charge)
    if limits.max_names is not None:
        return cardinality.best(
            lambda fewer: minimise(vector, fewer, sample, rows=rows, charge=charge), limits, sample
        )
    within = polyhedron(limits, sample, rows)
    programme = Programme(matrix=None, vector=within.padded(vector) + charge * within.cost, within=within)
    point = _answer(programme, limits, sample)
    size, count = within.size, len(limits.lower) if rows is None else rows.rows.shape[1]
    return Solved(
        weights=point.values[:size],
        solver=point.solver,
        status="optimal" if point.exact else "inexact",
        fallbacks=point.fallbacks,
        value=programme.value(point.values),
        extra=point.values[size:count],
    )


def _answer(programme: Programme, limits: Limits, sample: Sample) -> Point:
    try:
        return answer(programme, CHAIN)
    except NoPoint:
        feasible.require(limits, sample)
        return answer(programme, quadratic.CHAIN[1:])
