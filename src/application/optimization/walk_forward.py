"""How a method would have fared: weights fitted on the past alone, held through what came next."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

import numpy as np

from analytics.optimization.figures import walk as walking
from analytics.optimization.figures.walk import Step, Walk
from analytics.optimization.fit import CannotFit, Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample
from analytics.performance.growth import total_return, until_ruin, wealth
from application.optimization.annualised import held
from application.optimization.answer import GrowthPoint, OutOfSample, Split
from application.optimization.dataset import Dataset
from application.optimization.metrics import NO_RETURNS, relative_of
from domain.unavailable import Missing

POINTS_MAX: Final = 120


def out_of_sample(
    dataset: Dataset, sample: Sample, limits: Limits, fit: Callable[[Sample, Limits], Fit], *, cost: float
) -> OutOfSample | Missing:
    """Return figures of periods that the weights had not seen, or why there are none.

    cost : of a unit traded, one way, a fraction; taken off where weights change, not where they drift.
    """
    if sample.returns is None:
        return NO_RETURNS
    tests = walking.tests(dataset.periods, sample.size)
    if not tests:
        detail = (
            f"{dataset.periods} periods are too few to fit {sample.size} assets on some and test on others."
        )
        return Missing(code="short_history", detail=detail)
    try:
        walked = walking.walk(sample, limits, fit, tests, cost=cost)
    except CannotFit as refusal:
        detail = f"Fitted on the first {tests[0].start} periods alone: {refusal}"
        return Missing(code=refusal.code, detail=detail)
    return _told(dataset, sample, walked)


def _told(dataset: Dataset, sample: Sample, walked: Walk) -> OutOfSample:
    tested = slice(walked.steps[0].start, walked.steps[-1].stop)
    benchmark = None if sample.benchmark is None else sample.benchmark[tested]
    fields, _ = relative_of(
        walked.returns, benchmark, sample.periods_per_year, sample.risk_free,
        invested=float(walked.steps[0].weights.sum()),
    )  # fmt: skip
    moves = [step.turnover for step in walked.steps if step.turnover is not None]
    return OutOfSample(
        **fields,
        splits=list(_splits(dataset, walked)),
        turnover=float(np.mean(moves)) if moves else None,
        costs=walked.costs,
        growth=list(_growth(dataset, walked, benchmark)),
    )


def _splits(dataset: Dataset, walked: Walk) -> Iterator[Split]:
    first = walked.steps[0].start
    for step in walked.steps:
        returns = walked.returns[step.start - first : step.stop - first]
        yield Split(
            train_start=0,
            train_end=step.start - 1,
            test_start=step.start,
            test_end=step.stop - 1,
            train_from=_day(dataset, 0),
            train_to=_day(dataset, step.start - 1),
            test_from=_day(dataset, step.start),
            test_to=_day(dataset, step.stop - 1),
            weights=held(dict(zip(dataset.names, step.weights.tolist(), strict=True))),
            turnover=step.turnover,
            total_return=total_return(until_ruin(returns)),
            note=_note(step),
        )


def _note(step: Step) -> str | None:
    if step.failed is None:
        return None
    return f"The weights of the split before stay: {step.failed}"


def _growth(dataset: Dataset, walked: Walk, benchmark: Floats | None) -> Iterator[GrowthPoint]:
    first = walked.steps[0].start
    ours = wealth(until_ruin(walked.returns))
    theirs = None if benchmark is None else wealth(benchmark)
    count = min(POINTS_MAX, len(ours))
    for at in np.unique(np.linspace(0, len(ours) - 1, count).round().astype(int)).tolist():
        yield GrowthPoint(
            period=first + at,
            day=_day(dataset, first + at),
            value=float(ours[at]),
            benchmark=None if theirs is None else float(theirs[at]),
        )


def _day(dataset: Dataset, period: int) -> date | None:
    return dataset.days[period] if dataset.days else None
