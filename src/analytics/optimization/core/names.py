"""A number of names under linear limits and objectives, by mixed-integer programmes on HiGHS."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import optimize, sparse  # type: ignore[import-untyped]

from analytics.optimization.core.polyhedron import Polyhedron, polyhedron
from analytics.optimization.core.programme import NoPoint, Point, Programme, scale_of
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Ints, Sample

_INFEASIBLE: Final = 2
_FARTHEST: Final = 20.0
"""Weights without a bound are taken to lie within this distance of zero."""
_NODES: Final = 100_000
"""Nodes of a search times assets; a number, not a time, so that every machine answers alike."""
_LARGE: Final = 200
"""With more assets sets are not searched through to count names: what linear programmes tell has to do."""
_GAP: Final = 1e-6
_ROUNDING: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Fewest:
    """How few names can keep to limits.

    needed : fewer cannot, which is proven; infinite where none can.
    enough : so many can; None where no number was found. The same as `needed` where the search came to its end.
    """

    needed: float
    enough: int | None


def may_hold(limits: Limits, sample: Sample) -> bool:
    """Whether `limits.max_names` names may be enough for all limits but that on volatility; False is proven."""
    assert limits.max_names is not None
    within = _without_volatility(limits, sample)
    return (_bound(within) if within.size > _LARGE else _searched(within).needed) <= limits.max_names


def fewest_names(limits: Limits, sample: Sample) -> Fewest:
    """Return how few names can keep to all limits but that on volatility."""
    within = _without_volatility(limits, sample)
    if within.size <= _LARGE:
        return _searched(within)
    return Fewest(_bound(within), _enough(within))


def _without_volatility(limits: Limits, sample: Sample) -> Polyhedron:
    return polyhedron(replace(limits, target_volatility=None, max_names=None), sample)


def _searched(within: Polyhedron) -> Fewest:
    found = _solved(within, np.zeros(within.width), np.ones(within.size), within.size)
    enough = None if found.picks is None else round(float(found.picks.sum()))
    return Fewest(found.at_least, enough)


def _relaxed(within: Polyhedron) -> "_Found":
    """Count names in parts, which is linear: a weight of half its bound is half a name."""
    return _solved(within, np.zeros(within.width), np.ones(within.size), within.size, in_parts=True)


def _bound(within: Polyhedron) -> float:
    return _relaxed(within).at_least


def _enough(within: Polyhedron) -> int | None:
    """Return how many of the assets that count for most are enough, found by halving."""
    relaxed = _relaxed(within)
    if relaxed.picks is None:
        return None
    order = np.argsort(-relaxed.picks, kind="stable")
    few, many = 0, within.size
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if _is_enough(within, order[:middle]) else (middle, many)
    return many


def _is_enough(within: Polyhedron, chosen: Ints) -> bool:
    left_out = np.ones(within.width, dtype=np.bool_)
    left_out[chosen] = left_out[within.size :] = False
    lower, upper = np.where(left_out, 0.0, within.lower), np.where(left_out, 0.0, within.upper)
    if (left_out & ((within.lower > 0) | (within.upper < 0))).any():
        return False
    nothing = np.zeros(within.size)
    some = replace(within, lower=lower, upper=upper)
    return _solved(some, np.zeros(within.width), nothing, within.size, in_parts=True).picks is not None


def best_names(programme: Programme, names: int) -> Point:
    """Return the best point of a linear programme with so many weights that are not zero.

    Raises
    ------
    NoPoint
        There is none, or none was found within the limit on nodes.
    """
    within = programme.within
    found = _solved(within, programme.vector / scale_of(programme), np.zeros(within.size), names)
    if found.values is None or found.picks is None:
        raise NoPoint(f"highs mixed-integer: no {names} names keep to all limits", is_empty=True)
    values = found.values
    values[: within.size][found.picks < 0.5] = 0.0
    return Point(values=values, solver="highs", exact=found.is_proven)


@dataclass(frozen=True, slots=True)
class _Found:
    """`at_least` is below the objective of any point: infinite where there is none."""

    values: Floats | None
    picks: Floats | None
    at_least: float
    is_proven: bool = True


_NONE: Final = _Found(None, None, np.inf)


def _solved(
    within: Polyhedron, prices: Floats, picks: Floats, names: int, *, in_parts: bool = False
) -> _Found:
    """Minimise prices'x + picks'z, z being 1 where a weight may differ from zero, or part of 1."""
    size, width = within.size, within.width
    lower, upper = within.lower.copy(), within.upper.copy()
    lower[:size] = np.maximum(lower[:size], -_FARTHEST)
    upper[:size] = np.minimum(upper[:size], _FARTHEST)
    if (lower > upper).any():
        return _NONE
    count = np.concatenate([np.zeros(width), np.ones(size)])
    found = optimize.milp(
        np.concatenate([prices, picks]),
        integrality=np.zeros(len(count)) if in_parts else count,
        bounds=optimize.Bounds(
            np.concatenate([lower, _held(lower[:size], upper[:size])]), np.concatenate([upper, np.ones(size)])
        ),
        constraints=_constraints(within, lower[:size], upper[:size], count, names),
        options={"node_limit": max(_NODES // size, 1), "mip_rel_gap": _GAP},
    )
    if found.status == _INFEASIBLE:
        return _NONE
    at_least = found.fun if in_parts else found.mip_dual_bound
    known = -np.inf if at_least is None else np.ceil(float(at_least) - _ROUNDING)
    if found.x is None:
        return _Found(None, None, known, is_proven=False)
    return _Found(np.array(found.x[:width]), np.array(found.x[width:]), known, found.status == 0)


def _constraints(
    within: Polyhedron, lower: Floats, upper: Floats, count: Floats, names: int
) -> list[optimize.LinearConstraint]:
    size = within.size
    rows = sparse.hstack([sparse.csr_array(within.rows), sparse.csr_array((len(within.row_lower), size))])
    pick = sparse.eye_array(size, within.width)
    above = sparse.hstack([pick, -sparse.diags_array(upper)])
    below = sparse.hstack([pick, -sparse.diags_array(lower)])
    return [
        optimize.LinearConstraint(rows, within.row_lower, within.row_upper),
        optimize.LinearConstraint(above, -np.inf, np.zeros(size)),
        optimize.LinearConstraint(below, np.zeros(size), np.inf),
        optimize.LinearConstraint(count, 0, names),
    ]


def _held(lower: Floats, upper: Floats) -> Floats:
    """Return 1 for weights that cannot be zero."""
    return ((lower > 0) | (upper < 0)).astype(np.float64)
