"""Quadratic objectives over limits."""

from collections.abc import Sequence
from typing import Final

from analytics.optimization.core import cardinality, feasible
from analytics.optimization.core.interior import LOOSE, TIGHT
from analytics.optimization.core.polyhedron import Extra, polyhedron
from analytics.optimization.core.programme import Point, Programme, Solver, answer
from analytics.optimization.core.sequential import sequential
from analytics.optimization.core.solved import Solved
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
        Code `solver_failed`: every solver failed.
    """

    def attempt(chain: Sequence[Solver]) -> Solved:
        return attempted(
            matrix, vector, limits, sample, extra=extra, charge=charge, gross_price=gross_price, chain=chain
        )

    return feasible.or_explained(attempt, chain, limits, sample)


def attempted(
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
    """Do as `minimise` does, but raise NoPoint where nothing keeps to all limits."""
    if limits.max_names is not None:
        return cardinality.best(
            lambda fewer: attempted(
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
        )
    within = polyhedron(limits, sample, extra, with_gross=gross_price > 0)
    prices = within.padded(vector) + charge * within.cost
    if gross_price and within.gross is not None:
        prices += gross_price * within.gross
    programme = Programme(matrix=matrix, vector=prices, within=within)
    return as_solved(programme, answer(programme, chain), extra)


def as_solved(programme: Programme, point: Point, extra: Extra | None) -> Solved:
    """Return an answer with weights and extra variables apart."""
    size = programme.within.size
    count = size if extra is None else extra.rows.shape[1]
    return Solved(
        weights=point.values[:size],
        solver=point.solver,
        status="optimal" if point.exact else "inexact",
        fallbacks=point.fallbacks,
        value=programme.value(point.values),
        extra=point.values[size:count],
    )
