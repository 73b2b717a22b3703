"""What becomes of weights before they are answered: zeros are exact, and limits hold."""

from dataclasses import replace
from typing import Final

import numpy as np

from analytics.optimization.core import feasible
from analytics.optimization.core.polyhedron import current_weights
from analytics.optimization.fit import CannotFit, Fit, Note
from analytics.optimization.limits import SLACK, Limits
from analytics.optimization.sample import Floats, Sample

DUST: Final = 1e-7
"""Weights below this share of the largest are zero."""
NOTHING: Final = 1e-10
"""Weights below this are zero whatever the others are: where nothing is held, solvers leave traces of everything."""
_NOTED: Final = 1e-6
"""Moves below this are rounding, and need no note."""


def kept(fit: Fit, limits: Limits, sample: Sample) -> Fit:
    """Return a fit without dust whose weights keep to the limits, moved as little as possible if they did not.

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    """
    if not np.isfinite(fit.weights).all():
        raise CannotFit("not_finite", "the figures are too extreme: weights came out infinite")
    weights = without_dust(fit.weights, limits)
    if missed(weights, limits, sample) <= SLACK:
        return replace(fit, weights=weights)
    near = without_dust(feasible.projected(fit.weights, limits, sample), limits)
    moved = 0.5 * float(np.abs(near - fit.weights).sum())
    if moved <= _NOTED:
        return replace(fit, weights=near)
    note = Note(
        code="projected",
        detail=(
            "the method itself knows nothing of these limits: its weights were moved to the nearest ones that keep to "
            f"them, {moved:.4f} of the portfolio in all"
        ),
    )
    return replace(fit, weights=near, notes=(*fit.notes, note))


def without_dust(weights: Floats, limits: Limits) -> Floats:
    """Return weights with exact zeros, and exactly at bounds that rounding missed; their sum stays the same."""
    size = np.abs(weights)
    dust = (
        (size < max(DUST * float(size.max(initial=0.0)), NOTHING)) & (limits.lower <= 0) & (limits.upper >= 0)
    )
    clean: Floats = np.where(dust, 0.0, weights)
    inside = np.clip(clean, limits.lower, limits.upper)
    clean = np.where(np.abs(inside - clean) <= SLACK, inside, clean)
    lacks = float(weights.sum() - clean.sum())
    if lacks:
        room = limits.upper - clean if lacks > 0 else clean - limits.lower
        room = np.where(clean == 0, 0.0, np.maximum(room, 0.0))
        free = float(room.sum())
        if free > 0:
            clean = clean + np.copysign(min(abs(lacks), free), lacks) * room / free
    return clean


def missed(weights: Floats, limits: Limits, sample: Sample) -> float:
    """By how much weights break the worst broken limit; 0 where they keep to all."""
    misses = [
        float((limits.lower - weights).max()),
        float((weights - limits.upper).max()),
        abs(float(weights.sum()) - limits.budget),
    ]
    for linear in limits.linear:
        value = float(linear.coefficients @ weights)
        misses += [linear.lower - value, value - linear.upper]
    return max(
        0.0, *misses, *_missed_by_sizes(weights, limits, sample), *_missed_targets(weights, limits, sample)
    )


def _missed_by_sizes(weights: Floats, limits: Limits, sample: Sample) -> list[float]:
    misses = []
    if limits.max_gross is not None:
        misses.append(float(np.abs(weights).sum()) - limits.max_gross)
    if limits.max_turnover is not None:
        misses.append(_traded(weights, limits, sample, 0.5) - limits.max_turnover)
    if limits.max_names is not None:
        misses.append(float(np.count_nonzero(weights) - limits.max_names))
    return misses


def _missed_targets(weights: Floats, limits: Limits, sample: Sample) -> list[float]:
    misses = []
    if limits.target_return is not None:
        cost = 0.0 if limits.cost is None else _traded(weights, limits, sample, limits.cost)
        misses.append(limits.target_return - (float(sample.mean @ weights) - cost))
    if limits.target_volatility is not None:
        volatility = float(np.sqrt(max(0.0, float(weights @ sample.covariance @ weights))))
        misses.append(volatility - limits.target_volatility)
    return misses


def _traded(weights: Floats, limits: Limits, sample: Sample, price: Floats | float) -> float:
    return float((np.abs(weights - current_weights(limits, sample)) * price).sum())
