"""Limits in the form that conic solvers take."""

from dataclasses import dataclass
from typing import Any

import clarabel  # type: ignore[import-untyped]
import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from analytics.optimization.core.polyhedron import Matrix, Polyhedron
from analytics.optimization.sample import Floats, Ints


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
    rows = sparse.csr_array(within.rows)
    unit = sparse.eye_array(within.width, format="csr")
    blocks = [rows[equal], rows[above], -rows[below], unit[high], -unit[low]]
    offsets = [
        within.row_upper[equal], within.row_upper[above], -within.row_lower[below],
        within.upper[high], -within.lower[low],
    ]  # fmt: skip
    cones = [clarabel.ZeroConeT(len(equal))] if len(equal) else []
    inequalities = len(above) + len(below) + len(high) + len(low)
    if inequalities:
        cones.append(clarabel.NonnegativeConeT(inequalities))
    if within.spread is not None:
        radius = -unit[[within.width - 1]] if within.is_cone else sparse.csr_array((1, within.width))
        blocks += [radius, sparse.csr_array(-within.spread / within.radius)]
        offsets.append(np.concatenate([[0.0 if within.is_cone else 1.0], np.zeros(len(within.spread))]))
        cones.append(clarabel.SecondOrderConeT(len(within.spread) + 1))
    return Conic(
        matrix=sparse.csc_matrix(sparse.vstack(blocks)),
        offset=np.concatenate(offsets),
        cones=cones,
        equal=equal,
        above=above,
        below=below,
        high=high,
        low=low,
    )
