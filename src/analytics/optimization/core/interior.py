"""Clarabel, an interior-point method for quadratic objectives over cones.

P. J. Goulart, Y. Chen, "Clarabel: An interior-point solver for conic programs with quadratic objectives",
arXiv:2405.12762 (2024).
"""

from dataclasses import dataclass
from typing import Any, Final

import clarabel  # type: ignore[import-untyped]
import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from analytics.optimization.core.conic import columns, conic
from analytics.optimization.core.polishing import Binding, polished
from analytics.optimization.core.polyhedron import Matrix
from analytics.optimization.core.programme import NoPoint, Point, Programme, scale_of
from analytics.optimization.sample import Floats

_EMPTY: Final = ("PrimalInfeasible", "AlmostPrimalInfeasible")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarabel:
    """One setting of the solver, and what it calls itself."""

    name: str
    gap: float
    feasibility: float
    steps: int = 200
    accepts_almost: bool = False

    def __call__(self, programme: Programme) -> Point:
        """Return the optimum, finished by `polished` where the active limits tell it exactly."""
        scale = scale_of(programme)
        form = conic(programme.within)
        width = programme.within.width
        solver = clarabel.DefaultSolver(
            _upper_triangle(programme.matrix, width, scale),
            programme.vector / scale,
            form.matrix,
            form.offset,
            form.cones,
            self._settings(),
        )
        found = solver.solve()
        status = str(found.status)
        if status in _EMPTY:
            raise NoPoint(f"{self.name}: {status}", is_empty=True)
        raw = np.array(found.x)
        better = None
        if np.isfinite(raw).all():
            binding = Binding.told_by(programme.within, form, np.array(found.s) < np.array(found.z))
            better = polished(programme, raw, binding, scale)
        if better is not None:
            return Point(values=better, solver="clarabel")
        if status != "Solved" and not (self.accepts_almost and status == "AlmostSolved"):
            raise NoPoint(f"{self.name}: {status}")
        return Point(values=raw, solver="clarabel", exact=not self.accepts_almost)

    def _settings(self) -> Any:
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.max_threads = 1
        settings.max_iter = self.steps
        settings.tol_gap_abs = settings.tol_gap_rel = self.gap
        settings.tol_feas = self.feasibility
        return settings


TIGHT: Final = Clarabel(name="clarabel at 1e-12", gap=1e-12, feasibility=1e-11)
LOOSE: Final = Clarabel(name="clarabel at 1e-8", gap=1e-8, feasibility=1e-8, accepts_almost=True)


def _upper_triangle(matrix: Floats | None, width: int, scale: float) -> Matrix:
    if matrix is None:
        return sparse.csc_matrix((width, width))
    wide = np.zeros((width, width))
    wide[: len(matrix), : len(matrix)] = np.triu(matrix) / scale
    return columns(wide)
