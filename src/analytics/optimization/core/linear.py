"""Linear objectives over limits."""

from collections.abc import Sequence
from typing import Final

from analytics.optimization.core import feasible, quadratic
from analytics.optimization.core.interior import LOOSE, TIGHT
from analytics.optimization.core.names import best_names
from analytics.optimization.core.polyhedron import Extra, polyhedron
from analytics.optimization.core.programme import Programme, Solver, answer
from analytics.optimization.core.sequential import sequential
from analytics.optimization.core.simplex import HIGHS, INTERIOR
from analytics.optimization.core.solved import Solved
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

CHAIN: Final[tuple[Solver, ...]] = (HIGHS, INTERIOR, TIGHT, LOOSE, sequential)
"""Who is asked, one after the other, when solvers fail: dual simplex, HiGHS' interior point method, then those for
quadratic objectives."""


def minimise(
    vector: Floats,
    limits: Limits,
    sample: Sample,
    *,
    rows: Extra | None = None,
    charge: float = 0.0,
    chain: Sequence[Solver] = CHAIN,
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
        Code `solver_failed`: every solver failed.
    """

    def attempt(chain: Sequence[Solver]) -> Solved:
        return attempted(vector, limits, sample, rows=rows, charge=charge, chain=chain)

    return feasible.or_explained(attempt, chain, limits, sample)


def attempted(
    vector: Floats,
    limits: Limits,
    sample: Sample,
    *,
    rows: Extra | None = None,
    charge: float = 0.0,
    chain: Sequence[Solver] = CHAIN,
) -> Solved:
    """Do as `minimise` does, but raise NoPoint where nothing keeps to all limits."""
    if limits.target_volatility is not None:
        conic = [solver for solver in chain if solver in quadratic.CHAIN]
        return quadratic.attempted(None, vector, limits, sample, extra=rows, charge=charge, chain=conic)
    within = polyhedron(limits, sample, rows)
    programme = Programme(matrix=None, vector=within.padded(vector) + charge * within.cost, within=within)
    if limits.max_names is not None:
        return quadratic.as_solved(programme, best_names(programme, limits.max_names), rows)
    return quadratic.as_solved(programme, answer(programme, chain), rows)
