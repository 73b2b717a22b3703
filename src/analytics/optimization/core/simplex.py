"""HiGHS, for linear objectives.

Q. Huangfu, J. A. J. Hall, "Parallelizing the dual revised simplex method", Mathematical Programming Computation 10
(2018), 119-142.
"""

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import optimize, sparse  # type: ignore[import-untyped]

from analytics.optimization.core.polyhedron import Matrix
from analytics.optimization.core.programme import NoPoint, Point, Programme, scale_of

_INFEASIBLE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Highs:
    """One of its algorithms, and what it calls itself."""

    name: str
    algorithm: str

    def __call__(self, programme: Programme) -> Point:
        """Return a corner where the objective is least."""
        within = programme.within
        if (within.lower > within.upper).any():
            raise NoPoint(f"{self.name}: infeasible", is_empty=True)
        equal = within.row_lower == within.row_upper
        above, below = ~equal & np.isfinite(within.row_upper), ~equal & np.isfinite(within.row_lower)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optimize.OptimizeWarning)
            found = optimize.linprog(
                programme.vector / scale_of(programme),
                A_ub=_stacked(within.rows[above], -within.rows[below]),
                b_ub=np.concatenate([within.row_upper[above], -within.row_lower[below]]),
                A_eq=within.rows[equal],
                b_eq=within.row_upper[equal],
                bounds=np.stack([within.lower, within.upper], axis=1),
                method=self.algorithm,
                options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
            )
        if found.status == _INFEASIBLE:
            raise NoPoint(f"{self.name}: infeasible", is_empty=True)
        if found.status != 0 or found.x is None:
            raise NoPoint(f"{self.name}: {found.message}")
        return Point(values=np.asarray(found.x), solver="highs")


def _stacked(above: Matrix, below: Matrix) -> Matrix:
    if sparse.issparse(above):
        return sparse.vstack([above, below]).tocsr()
    return np.concatenate([above, below])


HIGHS: Final = Highs(name="highs dual simplex", algorithm="highs-ds")
INTERIOR: Final = Highs(name="highs interior point", algorithm="highs-ipm")
