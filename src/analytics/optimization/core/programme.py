"""A convex programme, and the chain of solvers that answers it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analytics.optimization.core.polyhedron import Polyhedron
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import SLACK
from analytics.optimization.sample import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """Minimise ½x'matrix x + vector'x over a polyhedron; `matrix` covers the first variables, None is linear."""

    matrix: Floats | None
    vector: Floats
    within: Polyhedron

    def value(self, point: Floats) -> float:
        """Return the objective at a point."""
        linear = float(self.vector @ point)
        if self.matrix is None:
            return linear
        head = point[: len(self.matrix)]
        return linear + 0.5 * float(head @ self.matrix @ head)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """An answer: values of all variables, and who found them."""

    values: Floats
    solver: str
    exact: bool = True
    fallbacks: tuple[str, ...] = ()


class NoPoint(Exception):
    """A solver has no answer; `is_empty` where it says that there is none."""

    def __init__(self, reason: str, *, is_empty: bool = False) -> None:
        super().__init__(reason)
        self.is_empty = is_empty


Solver: TypeAlias = Callable[[Programme], Point]


def answer(programme: Programme, chain: Sequence[Solver]) -> Point:
    """Ask one solver after the other, and say which failed before.

    Raises
    ------
    NoPoint
        A solver says that the polyhedron is empty.
    CannotFit
        All of them failed.
    """
    free = not_pinned(programme.within)
    if free.all():
        return _first_answer(programme, chain)
    values = np.zeros(programme.within.width)
    if not free.any():
        return _only(values, programme.within)
    point = _first_answer(_without(programme, free), chain)
    values[free] = point.values
    return replace(point, values=values)


def _only(point: Floats, within: Polyhedron) -> Point:
    """Return the one point there is, if it keeps to the rows, too."""
    if within.missed(point) > SLACK:
        raise NoPoint("every variable has to be zero, which the rows forbid", is_empty=True)
    return Point(values=point, solver="closed form")


def not_pinned(within: Polyhedron) -> NDArray[np.bool_]:
    """Say which variables may be anything but zero: those that solvers see."""
    free: NDArray[np.bool_] = (within.lower != 0) | (within.upper != 0)
    return free


def _without(programme: Programme, kept: NDArray[np.bool_]) -> Programme:
    """Leave out variables that are zero: sets of a few assets among many are asked for again and again."""
    within, matrix = programme.within, programme.matrix
    inner = None if matrix is None else matrix[np.ix_(kept[: len(matrix)], kept[: len(matrix)])]
    return Programme(
        matrix=inner,
        vector=programme.vector[kept],
        within=replace(
            within,
            size=int(kept[: within.size].sum()),
            lower=within.lower[kept],
            upper=within.upper[kept],
            rows=within.rows[:, kept],
            cost=within.cost[kept],
            gross=None,
            spread=None if within.spread is None else within.spread[:, kept],
        ),
    )


def _first_answer(programme: Programme, chain: Sequence[Solver]) -> Point:
    failed: list[str] = []
    for solver in chain:
        try:
            point = solver(programme)
        except NoPoint as refusal:
            if refusal.is_empty:
                raise
            failed.append(str(refusal))
            continue
        return replace(point, fallbacks=(*failed, *point.fallbacks))
    raise CannotFit("solver_failed", f"no solver found an optimum: {'; '.join(failed)}")


def scale_of(programme: Programme) -> float:
    """Return what the objective is divided by, so that tolerances mean the same for daily and annual figures."""
    sizes = [float(np.abs(programme.vector).max(initial=0.0))]
    if programme.matrix is not None:
        sizes.append(float(np.abs(programme.matrix).max(initial=0.0)))
    largest = max(sizes)
    return largest if largest > 0 and np.isfinite(largest) else 1.0
