"""Points of the efficient frontier within any limits."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from analytics.optimization.core import linear, quadratic
from analytics.optimization.core.active_set import Beside
from analytics.optimization.core.keeping import without_dust
from analytics.optimization.core.polyhedron import current_weights, polyhedron
from analytics.optimization.core.programme import NoPoint, Programme, Solver, answer, not_pinned
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

Efficient: TypeAlias = tuple[Floats, float, float]
"""Weights, expected return and volatility, both per period."""
_FLAT: Final = 1e-9


def frontier(sample: Sample, limits: Limits, *, points: int) -> list[Efficient]:
    """Return the least volatile weights for returns spread evenly from the highest down to that of the least variance.

    Expected returns are less trading costs where they decide what is reached, and before costs in the answer.
    """
    low = quadratic.minimise(sample.covariance, np.zeros(sample.size), limits, sample)
    high = linear.minimise(-sample.mean, limits, sample, charge=1.0)
    bottom, top = _net(low.weights, limits, sample), -high.value
    span = max(0.0, top - bottom)
    found = [_point(low.weights, sample, limits)]
    if span > _FLAT * max(abs(top), abs(bottom)):
        # The very top may have no interior; a hair below it there is one.
        asked = bottom + span * np.minimum(np.linspace(0.0, 1.0, points)[1:], 1 - _FLAT)
        found += [_point(weights, sample, limits) for weights in _along(asked, sample, limits)]
    return found[::-1]


def _along(returns: Floats, sample: Sample, limits: Limits) -> Iterator[Floats]:
    """Yield the least volatile weights for each of some returns; one optimum shows the way to the next."""
    within = polyhedron(replace(limits, target_return=float(returns[0])), sample)
    free = not_pinned(within)
    chain: tuple[Solver, ...] = quadratic.CHAIN
    for asked in returns:
        # The row of the target is the last one.
        target = np.append(within.row_lower[:-1], asked)
        programme = Programme(
            matrix=sample.covariance,
            vector=np.zeros(within.width),
            within=replace(within, row_lower=target),
        )
        try:
            point = answer(programme, chain)
        except (CannotFit, NoPoint):
            continue
        chain = (Beside(point.values[free]), *quadratic.CHAIN)
        yield point.values[: sample.size]


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
