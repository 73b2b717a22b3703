"""Who solves the programme of a tail: an interior-point method, and a simplex method where that fails."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import clarabel  # type: ignore[import-untyped]
import numpy as np
from scipy import optimize  # type: ignore[import-untyped]

from analytics.optimization.core.programme import NoPoint
from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats
from analytics.optimization.tail_form import Master

_EMPTY: Final = ("PrimalInfeasible", "AlmostPrimalInfeasible")
_ENDLESS: Final = ("DualInfeasible", "AlmostDualInfeasible")
_GAP: Final = 1e-12


class _Pace(NamedTuple):
    """How Clarabel goes: `step` is the share of the way to the boundary, `regularization` is added to its systems."""

    name: str
    gap: float
    step: float
    regularization: float


_PACES: Final = (
    _Pace("clarabel at 1e-12", _GAP, 0.99, 1e-7),  # at the usual 1e-8 wide programmes lose their last digits
    # Logarithms beside losses that mostly are zero: long steps end where nothing goes on.
    _Pace("clarabel at 1e-12 in shorter steps", _GAP, 0.8, 1e-8),
    _Pace("clarabel at 1e-08 in shorter steps", 1e-8, 0.8, 1e-8),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Values of the variables, multipliers of the rows (curvature @ x + vector + matrix' @ multipliers = 0)."""

    values: Floats
    multipliers: Floats
    solver: str
    exact: bool = True
    fallbacks: tuple[str, ...] = ()


class Unbounded(Exception):
    """The objective has no least value."""


def solved(asked: Master, *, is_linear: bool) -> Answer:
    """Return the optimum by Clarabel, with tight tolerances first, and by HiGHS where it fails and all rows are linear.

    Raises
    ------
    NoPoint
        Nothing keeps to the rows.
    Unbounded
        There is no least value.
    CannotFit
        All failed.
    """
    failed: list[str] = []
    for pace in _PACES:
        found = _by_clarabel(asked, pace)
        status = str(found.status)
        if status in _EMPTY:
            raise NoPoint(f"clarabel: {status}", is_empty=True)
        if status in _ENDLESS:
            raise Unbounded
        if status in ("Solved", "AlmostSolved"):
            return Answer(
                values=np.array(found.x),
                multipliers=np.array(found.z),
                solver="clarabel",
                exact=pace.gap == _GAP or status == "Solved",
                fallbacks=tuple(failed),
            )
        failed.append(f"{pace.name}: {status}")
    if is_linear:
        return _by_highs(asked, tuple(failed))
    raise CannotFit("solver_failed", f"no solver found an optimum: {'; '.join(failed)}")


def _by_clarabel(asked: Master, pace: _Pace) -> Any:
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.tol_gap_abs = settings.tol_gap_rel = pace.gap
    settings.tol_feas = max(pace.gap, 1e-11)
    settings.max_step_fraction = pace.step
    settings.static_regularization_constant = pace.regularization
    settings.reduced_tol_gap_abs = settings.reduced_tol_gap_rel = settings.reduced_tol_feas = 1e3 * pace.gap
    solver = clarabel.DefaultSolver(
        asked.curvature, asked.vector, asked.matrix, asked.offset, asked.cones, settings
    )
    return solver.solve()


def _by_highs(asked: Master, failed: tuple[str, ...]) -> Answer:
    """Return an optimum without the curvature, which only chooses among equals."""
    rows = asked.matrix.tocsr()
    equal = asked.equal
    found = optimize.linprog(
        asked.vector,
        A_ub=rows[equal:],
        b_ub=asked.offset[equal:],
        A_eq=rows[:equal] if equal else None,
        b_eq=asked.offset[:equal] if equal else None,
        bounds=(None, None),
        method="highs",
    )
    if found.status == 2:
        raise NoPoint("highs: infeasible", is_empty=True)
    if found.status == 3:
        raise Unbounded
    if found.x is None or found.status != 0:
        raise CannotFit(
            "solver_failed", f"no solver found an optimum: {'; '.join([*failed, f'highs: {found.message}'])}"
        )
    pushed = [-found.eqlin.marginals] if equal else []
    return Answer(
        values=found.x,
        multipliers=np.concatenate([*pushed, -found.ineqlin.marginals]),
        solver="highs",
        exact=True,
        fallbacks=failed,
    )
