"""Walk-forward: weights fitted on what was known are held through the periods that come next, again and again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from analytics.optimization.figures.weights import turnover
from analytics.optimization.fit import CannotFit, Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

SPLITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Fitted on the periods before `start`, held through those before `stop`.

    weights : of shape (n,). turnover : one-way, from the step before; None for the first.
    failed : why the fit could not be made; the weights are then those of the step before.
    """

    start: int
    stop: int
    weights: Floats
    turnover: float | None = None
    failed: CannotFit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Steps, oldest first, and their returns one after another.

    returns : of the periods from the first step's start to the end, net of costs
    costs : what trading took off in all
    """

    steps: tuple[Step, ...]
    returns: Floats
    costs: float


def tests(periods: int, assets: int) -> list[slice]:
    """Return the periods of each test: of equal length, one after another, up to the last period.

    A fifth of the periods each, as scikit-learn's TimeSeriesSplit has it; less where the first fit would see no more
    periods than assets. Empty where not even that leaves a period to test.
    """
    length = min(periods // (SPLITS + 1), (periods - assets - 2) // SPLITS)
    if length < 1:
        return []
    starts = range(periods - SPLITS * length, periods, length)
    return [slice(start, start + length) for start in starts]


def walk(
    sample: Sample,
    limits: Limits,
    fit: Callable[[Sample, Limits], Fit],
    tests: list[slice],
    *,
    cost: float = 0.0,
) -> Walk:
    """Fit on everything before each test alone, and hold the weights through it, rebalanced in each period.

    Turnover counts from the weights of the step before, and so does its limit; nothing is held before the first.
    `cost` is a fraction of what is traded, both ways, taken off the first return of a test. Where a fit fails, the
    weights of the step before stay.

    Raises
    ------
    CannotFit
        Not even the first fit could be made.
    """
    steps: list[Step] = []
    returns: list[Floats] = []
    paid = 0.0
    for test in tests:
        step = _step(sample, limits, fit, test, steps[-1] if steps else None)
        earned = sample.history[test] @ step.weights
        fee = cost * _traded(step, steps[-1] if steps else None)
        earned[0] -= fee
        steps.append(step)
        returns.append(earned)
        paid += fee
    return Walk(steps=tuple(steps), returns=np.concatenate(returns), costs=paid)


def _step(
    sample: Sample, limits: Limits, fit: Callable[[Sample, Limits], Fit], test: slice, before: Step | None
) -> Step:
    held = None if before is None else before.weights
    known = replace(sample, current=held)
    try:
        weights = fit(known.during(slice(0, test.start)), _since(limits, held)).weights
    except CannotFit as refusal:
        if before is None:
            raise
        return Step(start=test.start, stop=test.stop, weights=before.weights, turnover=0.0, failed=refusal)
    moved = None if held is None else turnover(weights, held)
    return Step(start=test.start, stop=test.stop, weights=weights, turnover=moved)


def _since(limits: Limits, held: Floats | None) -> Limits:
    """The limits with what was held then; where that is nothing, no turnover is too much."""
    if held is None:
        return replace(limits, current=np.zeros_like(limits.lower), max_turnover=None)
    return replace(limits, current=held)


def _traded(step: Step, before: Step | None) -> float:
    held = np.zeros_like(step.weights) if before is None else before.weights
    return float(np.abs(step.weights - held).sum())
