"""The fewest names that keep to linear limits, by a mixed-integer programme."""

from dataclasses import replace
from typing import Final

import numpy as np
from scipy import optimize, sparse  # type: ignore[import-untyped]

from analytics.optimization.core.polyhedron import Polyhedron, polyhedron
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

_FARTHEST: Final = 20.0
"""Weights without a bound are taken to lie within this distance of zero."""
_NODES: Final = 5_000
_GAP: Final = 1e-6


def fewest_hold(limits: Limits, sample: Sample) -> bool:
    """Whether `limits.max_names` names are enough for all limits but that on volatility."""
    fewest = fewest_names(limits, sample)
    assert limits.max_names is not None
    return fewest is not None and fewest <= limits.max_names


def fewest_names(limits: Limits, sample: Sample) -> int | None:
    """Return how few names can keep to all limits but that on volatility; None where none can."""
    within = polyhedron(replace(limits, target_volatility=None, max_names=None), sample)
    found = _solved(within)
    if found is None:
        return None
    return round(found)


def _solved(within: Polyhedron) -> float | None:
    size, width = within.size, within.width
    lower = np.where(np.isfinite(within.lower), within.lower, -_FARTHEST)
    upper = np.where(np.isfinite(within.upper), within.upper, _FARTHEST)
    if (lower > upper).any():
        return None
    rows = sparse.hstack([sparse.csr_array(within.rows), sparse.csr_array((len(within.row_lower), size))])
    pick = sparse.eye_array(size, width)
    above = sparse.hstack([pick, -sparse.diags_array(upper[:size])])
    below = sparse.hstack([pick, -sparse.diags_array(lower[:size])])
    count = np.concatenate([np.zeros(width), np.ones(size)])
    found = optimize.milp(
        count,
        integrality=count,
        bounds=optimize.Bounds(
            np.concatenate([lower, _held(lower[:size], upper[:size])]), np.concatenate([upper, np.ones(size)])
        ),
        constraints=[
            optimize.LinearConstraint(rows, within.row_lower, within.row_upper),
            optimize.LinearConstraint(above, -np.inf, np.zeros(size)),
            optimize.LinearConstraint(below, np.zeros(size), np.inf),
        ],
        options={"node_limit": _NODES, "mip_rel_gap": _GAP},
    )
    return None if found.x is None else float(found.fun)


def _held(lower: Floats, upper: Floats) -> Floats:
    """Return 1 for weights that cannot be zero."""
    return ((lower > 0) | (upper < 0)).astype(np.float64)
