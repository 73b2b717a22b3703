"""Limits in the form that conic solvers take."""

from dataclasses import dataclass
from typing import Any, Final

import clarabel  # type: ignore[import-untyped]
import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from analytics.optimization.core.polyhedron import Matrix, Polyhedron
from analytics.optimization.sample import Floats, Ints

_WIDEST_DENSE: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Conic:
    """matrix @ x + s = offset with s in the cones: equal rows, rows below, bounds above, bounds below, one ball.

    equal, above, below : numbers of the rows in each of the first blocks
    high, low : numbers of the variables whose bounds make the other blocks
    """

    matrix: Matrix
    offset: Floats
    cones: list[Any]
    equal: Ints
    above: Ints
    below: Ints
    high: Ints
    low: Ints


def conic(within: Polyhedron) -> Conic:
    """Return a polyhedron in the solver's form."""
    is_equal = within.row_lower == within.row_upper
    equal = np.flatnonzero(is_equal)
    above = np.flatnonzero(~is_equal & np.isfinite(within.row_upper))
    below = np.flatnonzero(~is_equal & np.isfinite(within.row_lower))
    high, low = np.flatnonzero(np.isfinite(within.upper)), np.flatnonzero(np.isfinite(within.lower))
    offsets = [
        within.row_upper[equal], within.row_upper[above], -within.row_lower[below],
        within.upper[high], -within.lower[low],
    ]  # fmt: skip
    cones = [clarabel.ZeroConeT(len(equal))] if len(equal) else []
    inequalities = len(above) + len(below) + len(high) + len(low)
    if inequalities:
        cones.append(clarabel.NonnegativeConeT(inequalities))
    if within.spread is not None:
        offsets.append(np.concatenate([[0.0 if within.is_cone else 1.0], np.zeros(len(within.spread))]))
        cones.append(clarabel.SecondOrderConeT(len(within.spread) + 1))
    return Conic(
        matrix=_table(within, [equal, above, below], high, low),
        offset=np.concatenate(offsets),
        cones=cones,
        equal=equal,
        above=above,
        below=below,
        high=high,
        low=low,
    )


def _table(within: Polyhedron, rows: list[Ints], high: Ints, low: Ints) -> Matrix:
    equal, above, below = rows
    if sparse.issparse(within.rows) or within.width > _WIDEST_DENSE:
        unit = sparse.eye_array(within.width, format="csr")
        table = sparse.csr_array(within.rows)
    else:
        unit, table = np.eye(within.width), within.rows
    blocks = [table[equal], table[above], -table[below], unit[high], -unit[low]]
    if within.spread is not None:
        radius = np.zeros((1, within.width))
        radius[0, -1] = -1.0 if within.is_cone else 0.0
        blocks += [radius, -within.spread / within.radius]
    if isinstance(unit, np.ndarray):
        return columns(np.concatenate(blocks))
    return sparse.csc_matrix(sparse.vstack([sparse.csr_array(block) for block in blocks]))


def columns(dense: Floats) -> Matrix:
    """Return an array column by column; for small ones scipy's own way takes longer than solving."""
    turned = dense.T
    is_there = turned != 0
    starts = np.zeros(len(turned) + 1, dtype=np.int64)
    np.cumsum(is_there.sum(axis=1), out=starts[1:])
    return sparse.csc_matrix((turned[is_there], np.nonzero(is_there)[1], starts), shape=dense.shape)
