"""Whether anything keeps to all limits, and what comes nearest."""

import numpy as np

from analytics.optimization.core import infeasible, quadratic
from analytics.optimization.limits import SLACK, Limits
from analytics.optimization.sample import Floats, Sample


def require(limits: Limits, sample: Sample) -> None:
    """Raise Infeasible with the smallest set of limits that cannot hold together, and what would help."""
    if limits.is_box and _box_holds(limits):
        return
    infeasible.explain(limits, sample)


def _box_holds(limits: Limits) -> bool:
    if (limits.lower > limits.upper).any():
        return False
    return bool(limits.lower.sum() <= limits.budget + SLACK and limits.upper.sum() >= limits.budget - SLACK)


def projected(weights: Floats, limits: Limits, sample: Sample) -> Floats:
    """Return the weights within the limits that are nearest in Euclidean distance.

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    """
    if limits.is_box and _box_holds(limits):
        return _in_box(weights, limits)
    return quadratic.minimise(np.eye(len(weights)), -weights, limits, sample).weights


def _in_box(weights: Floats, limits: Limits) -> Floats:
    """Return clip(w − λ), with λ found exactly between the points where another bound starts or ends to bind."""
    knots = np.unique(np.concatenate([weights - limits.lower, weights - limits.upper]))
    sums = np.clip(weights - knots[:, None], limits.lower, limits.upper).sum(axis=1)
    shift = float(np.interp(-limits.budget, -sums, knots))
    nearest: Floats = np.clip(weights - shift, limits.lower, limits.upper)
    return nearest
