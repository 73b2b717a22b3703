"""Quadratic objectives over limits."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from analytics.optimization.core import cardinality, feasible
from analytics.optimization.core.interior import LOOSE, TIGHT
from analytics.optimization.core.polyhedron import Extra, polyhedron
from analytics.optimization.core.programme import NoPoint, Point, Programme, Solver, answer
from analytics.optimization.core.sequential import sequential
from analytics.optimization.core.solved import Solved
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

CHAIN: Final[tuple[Solver, ...]] = (TIGHT, LOOSE, sequential)
"""Who is asked, one after the other, when solvers fail: an interior point method with tight tolerances and with the
usual ones, then sequential least squares."""


def minimise(
    matrix: Floats | None,
    vector: Floats,
    limits: Limits,
    sample: Sample,
    *,
    extra: Extra | None = None,
    charge: float = 0.0,
    gross_price: float = 0.0,
    chain: Sequence[Solver] = CHAIN,
) -> Solved:
    """Minimise ½x'matrix x + vector'x over [weights, extra variables] within limits.

    matrix : positive semi-definite, of the weights or of all variables; None where the objective is linear
    vector : of the weights or of all variables
    charge : price of a unit of trading costs (`Limits.cost`), 1 where the objective is an expected return
    gross_price : price of a unit of absolute weight

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    CannotFit
        Every solver failed.
    """
    if limits.max_names is not None:
        return cardinality.best(
            lambda fewer: minimise(
                matrix,
                vector,
                fewer,
                sample,
                extra=extra,
                charge=charge,
                gross_price=gross_price,
                chain=chain,
            ),
            limits,
            sample,
        )
    within = polyhedron(limits, sample, extra, with_gross=gross_price > 0)
    prices = within.padded(vector) + charge * within.cost
    if gross_price and within.gross is not None:
        prices += gross_price * within.gross
    programme = Programme(matrix=matrix, vector=prices, within=within)
    try:
        point = answer(programme, chain)
    except NoPoint:
        feasible.require(limits, sample)
        point = _insist(programme, chain)
    size, count = within.size, len(vector) if extra is None else extra.rows.shape[1]
    return Solved(
        weights=point.values[:size],
        solver=point.solver,
        status="optimal" if point.exact else "inexact",
        fallbacks=point.fallbacks,
        value=programme.value(point.values),
        extra=point.values[size:count],
    )


def _insist(programme: Programme, chain: Sequence[Solver]) -> Point:
    """Ask those who come later in the chain, after the first was wrong about there being no answer."""
    try:
        return replace(
            answer(programme, chain[1:]), fallbacks=("clarabel: called feasible limits infeasible",)
        )
    except NoPoint as refusal:
        raise CannotFit("solver_failed", f"no solver found an optimum: {refusal}") from refusal
