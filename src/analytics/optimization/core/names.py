"""A number of names under linear limits and objectives, by mixed-integer programmes on HiGHS."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import optimize, sparse  # type: ignore[import-untyped]

from analytics.optimization.core.polyhedron import Polyhedron, polyhedron
from analytics.optimization.core.programme import NoPoint, Point, Programme, scale_of
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
    picks = np.ones(within.size)
    found = _solved(within, np.zeros(within.width), picks, within.size)
    return None if found is None else round(float(picks @ found.picks))


def best_names(programme: Programme, names: int) -> Point:
    """Return the best point of a linear programme with so many weights that are not zero.

    Raises
    ------
    NoPoint
        There is none, or none was found within the limit on nodes.
    """
    within = programme.within
    found = _solved(within, programme.vector / scale_of(programme), np.zeros(within.size), names)
    if found is None:
        raise NoPoint(f"highs mixed-integer: no {names} names keep to all limits", is_empty=True)
    values = found.values
    values[: within.size][found.picks < 0.5] = 0.0
    return Point(values=values, solver="highs", exact=found.is_proven)


@dataclass(frozen=True, slots=True)
class _Found:
    values: Floats
    picks: Floats
    is_proven: bool


def _solved(within: Polyhedron, prices: Floats, picks: Floats, names: int) -> _Found | None:
    """Minimise prices'x + picks'z, z being 1 where a weight may differ from zero; None where nothing was found."""
    size, width = within.size, within.width
    lower, upper = within.lower.copy(), within.upper.copy()
    lower[:size] = np.maximum(lower[:size], -_FARTHEST)
    upper[:size] = np.minimum(upper[:size], _FARTHEST)
    if (lower > upper).any():
        return None
    rows = sparse.hstack([sparse.csr_array(within.rows), sparse.csr_array((len(within.row_lower), size))])
    pick = sparse.eye_array(size, width)
    above = sparse.hstack([pick, -sparse.diags_array(upper[:size])])
    below = sparse.hstack([pick, -sparse.diags_array(lower[:size])])
    count = np.concatenate([np.zeros(width), np.ones(size)])
    found = optimize.milp(
        np.concatenate([prices, picks]),
        integrality=count,
        bounds=optimize.Bounds(
            np.concatenate([lower, _held(lower[:size], upper[:size])]), np.concatenate([upper, np.ones(size)])
        ),
        constraints=[
            optimize.LinearConstraint(rows, within.row_lower, within.row_upper),
            optimize.LinearConstraint(above, -np.inf, np.zeros(size)),
            optimize.LinearConstraint(below, np.zeros(size), np.inf),
            optimize.LinearConstraint(count, 0, names),
        ],
        options={"node_limit": _NODES, "mip_rel_gap": _GAP},
    )
    if found.x is None:
        return None
    return _Found(np.array(found.x[:width]), np.array(found.x[width:]), found.status == 0)


def _held(lower: Floats, upper: Floats) -> Floats:
    """Return 1 for weights that cannot be zero."""
    return ((lower > 0) | (upper < 0)).astype(np.float64)
