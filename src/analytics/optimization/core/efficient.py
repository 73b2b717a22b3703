"""Points of the efficient frontier within any limits."""

from dataclasses import replace
from typing import TypeAlias

import numpy as np

from analytics.optimization.core import linear, quadratic
from analytics.optimization.core.keeping import without_dust
from analytics.optimization.core.polyhedron import current_weights
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

Efficient: TypeAlias = tuple[Floats, float, float]
"""Weights, expected return and volatility, both per period."""
_FLAT = 1e-9


def frontier(sample: Sample, limits: Limits, *, points: int) -> list[Efficient]:
    """Return the least volatile weights for returns spread evenly from the highest down to that of the least variance.

    Expected returns are less trading costs where they decide what is reached, and before costs in the answer.
    """
    still = np.zeros(sample.size)
    low = quadratic.minimise(sample.covariance, still, limits, sample)
    high = linear.minimise(-sample.mean, limits, sample, charge=1.0)
    bottom, top = _net(low.weights, limits, sample), -high.value
    span = max(0.0, top - bottom)
    found = [_point(low.weights, sample, limits)]
    if span > _FLAT * max(abs(top), abs(bottom)):
        for share in np.linspace(0.0, 1.0, points)[1:]:
            # The very top may have no interior; a hair below it there is one.
            asked = replace(limits, target_return=bottom + span * min(float(share), 1 - _FLAT))
            try:
                solved = quadratic.minimise(sample.covariance, still, asked, sample)
            except CannotFit:
                continue
            found.append(_point(solved.weights, sample, limits))
    return found[::-1]


def volatility(weights: Floats, sample: Sample) -> float:
    """Return the standard deviation of weights per period."""
    return float(np.sqrt(max(0.0, float(weights @ sample.covariance @ weights))))


def _point(weights: Floats, sample: Sample, limits: Limits) -> Efficient:
    clean = without_dust(weights, limits)
    return clean, float(sample.mean @ clean), volatility(clean, sample)


def _net(weights: Floats, limits: Limits, sample: Sample) -> float:
    return float(sample.mean @ weights) - trading_cost(weights, limits, sample)


def trading_cost(weights: Floats, limits: Limits, sample: Sample) -> float:
    """Return what it costs to get to weights from those held now."""
    if limits.cost is None:
        return 0.0
    return float(np.abs(weights - current_weights(limits, sample)) @ limits.cost)
