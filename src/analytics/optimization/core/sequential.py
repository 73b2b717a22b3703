"""Sequential least squares, the last of the chain: slow, dense, but another algorithm altogether."""

from typing import Any, Final

import numpy as np
from scipy import optimize, sparse  # type: ignore[import-untyped]

from analytics.optimization.core.polyhedron import Polyhedron
from analytics.optimization.core.programme import NoPoint, Point, Programme, scale_of
from analytics.optimization.sample import Floats

_WIDEST: Final = 300
_MISSED: Final = 1e-8


def sequential(programme: Programme) -> Point:
    """Return an optimum by scipy's SLSQP; it is not called exact.

    References
    ----------
    D. Kraft, "A software package for sequential quadratic programming", DFVLR-FB 88-28 (1988).
    """
    within = programme.within
    if within.width > _WIDEST:
        raise NoPoint(f"SLSQP: more than {_WIDEST} variables")
    start = np.clip(np.zeros(within.width), within.lower, within.upper)
    found = optimize.minimize(
        lambda point: programme.value(point) / scale_of(programme),
        start,
        jac=lambda point: _slopes(programme, point) / scale_of(programme),
        method="SLSQP",
        bounds=optimize.Bounds(within.lower, within.upper),
        constraints=_constraints(programme),
        options={"maxiter": 500, "ftol": 1e-14},
    )
    point: Floats = np.clip(found.x, within.lower, within.upper)
    if not found.success or within.missed(point) > _MISSED:
        raise NoPoint(f"SLSQP: {found.message}")
    return Point(values=point, solver="SLSQP", exact=False)


def _slopes(programme: Programme, point: Floats) -> Floats:
    slopes = programme.vector.copy()
    if programme.matrix is not None:
        size = len(programme.matrix)
        slopes[:size] += programme.matrix @ point[:size]
    return slopes


def _constraints(programme: Programme) -> list[dict[str, Any]]:
    within = programme.within
    rows = within.rows.toarray() if sparse.issparse(within.rows) else within.rows
    equal = within.row_lower == within.row_upper
    above, below = ~equal & np.isfinite(within.row_upper), ~equal & np.isfinite(within.row_lower)
    normal = np.concatenate([-rows[above], rows[below]])
    edge = np.concatenate([within.row_upper[above], -within.row_lower[below]])
    found: list[dict[str, Any]] = [
        {
            "type": "eq",
            "fun": lambda point: rows[equal] @ point - within.row_upper[equal],
            "jac": lambda _: rows[equal],
        },
        {"type": "ineq", "fun": lambda point: normal @ point + edge, "jac": lambda _: normal},
    ]
    if within.spread is not None:
        inner = within.spread.T @ within.spread
        found.append({
            "type": "ineq",
            "fun": lambda point: within.radius**2 * _last(within, point) ** 2 - point @ inner @ point,
            "jac": lambda point: -2 * inner @ point
            + (2 * within.radius**2 * point[-1] * np.eye(within.width)[-1] if within.is_cone else 0.0),
        })  # fmt: skip
    return [row for row in found if len(np.atleast_1d(row["fun"](np.zeros(within.width))))]


def _last(within: Polyhedron, point: Floats) -> float:
    return float(point[-1]) if within.is_cone else 1.0
