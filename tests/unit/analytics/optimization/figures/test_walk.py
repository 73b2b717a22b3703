from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.optimization_samples import a_sample, normal_returns
from tests.support.reference_libraries import reference

from analytics.optimization.figures import walk as walking
from analytics.optimization.fit import CannotFit, Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


def by_mean(sample: Sample, limits: Limits) -> Fit:
    """Everything into what did best so far: weights that show at once what a fit has seen."""
    return Fit(weights=np.eye(sample.size)[int(np.argmax(sample.mean))], solver="test")


def even(sample: Sample, limits: Limits) -> Fit:
    return Fit(weights=np.full(sample.size, 1 / sample.size), solver="test")


def failing(sample: Sample, limits: Limits) -> Fit:
    raise CannotFit("no_excess_return", "Nothing earns anything.")


def test_the_splits_are_those_of_scikit_learn() -> None:
    splitter = reference("sklearn.model_selection").TimeSeriesSplit(n_splits=4)
    theirs = [(test[0], test[-1] + 1) for _, test in splitter.split(np.zeros(1_256))]

    ours = walking.tests(1_256, 20)

    assert [(test.start, test.stop) for test in ours] == theirs


@given(periods=st.integers(1, 3_000), assets=st.integers(2, 400))
def test_tests_follow_each_other_to_the_end_and_leave_enough_to_fit(periods: int, assets: int) -> None:
    tests = walking.tests(periods, assets)

    if tests:
        assert len(tests) == walking.SPLITS
        assert tests[-1].stop == periods
        assert tests[0].start >= assets + 2
        assert all(one.stop == after.start for one, after in pairwise(tests))
        assert len({test.stop - test.start for test in tests}) == 1


def test_no_fit_sees_what_comes_after_it() -> None:
    returns = normal_returns(1, 4, periods=100)
    tests = walking.tests(100, 4)
    changed = returns.copy()
    changed[tests[2].start :] = -changed[tests[2].start :] - 0.05
    limits = Limits.long_only(4)

    before = walking.walk(a_sample(returns), limits, by_mean, tests)
    after = walking.walk(a_sample(changed), limits, by_mean, tests)

    for one, other in zip(before.steps[:3], after.steps[:3], strict=True):
        assert one.weights.tolist() == other.weights.tolist()
    assert before.returns[: 2 * 20].tolist() == after.returns[: 2 * 20].tolist()
    assert before.returns[2 * 20 :].tolist() != after.returns[2 * 20 :].tolist()


def test_each_fit_sees_all_periods_before_its_test_and_no_other() -> None:
    returns, seen = normal_returns(2, 3, periods=50), []

    def watched(sample: Sample, limits: Limits) -> Fit:
        seen.append(sample.history)
        return even(sample, limits)

    walking.walk(a_sample(returns), Limits.long_only(3), watched, walking.tests(50, 3))

    assert [len(rows) for rows in seen] == [10, 20, 30, 40]
    assert all((rows == returns[: len(rows)]).all() for rows in seen)


def test_returns_are_those_of_weights_held_through_each_test() -> None:
    returns = normal_returns(3, 3, periods=50)

    walked = walking.walk(a_sample(returns), Limits.long_only(3), even, walking.tests(50, 3))

    assert walked.returns == pytest.approx(returns[10:].mean(axis=1))
    assert [step.turnover for step in walked.steps] == [None, 0.0, 0.0, 0.0]


def test_what_is_traded_costs_where_weights_change() -> None:
    returns = normal_returns(4, 3, periods=50)
    plain = walking.walk(a_sample(returns), Limits.long_only(3), even, walking.tests(50, 3))

    paid = walking.walk(a_sample(returns), Limits.long_only(3), even, walking.tests(50, 3), cost=0.01)

    assert paid.costs == pytest.approx(0.01)
    assert (plain.returns - paid.returns).tolist() == pytest.approx([0.01] + [0.0] * 39)


def test_turnover_is_limited_from_the_split_before() -> None:
    told: list[tuple[list[float], float | None]] = []

    def watched(sample: Sample, limits: Limits) -> Fit:
        assert limits.current is not None
        told.append((limits.current.tolist(), limits.max_turnover))
        return by_mean(sample, limits)

    sample = replace(a_sample(normal_returns(5, 3, periods=50)), current=np.array([0.2, 0.3, 0.5]))
    limits = replace(Limits.long_only(3), max_turnover=0.1, current=sample.current)
    walked = walking.walk(sample, limits, watched, walking.tests(50, 3))

    assert told[0] == ([0, 0, 0], None)
    assert told[1:] == [(step.weights.tolist(), 0.1) for step in walked.steps[:-1]]


def test_a_fit_that_fails_leaves_the_weights_of_the_split_before() -> None:
    def once(sample: Sample, limits: Limits) -> Fit:
        return even(sample, limits) if len(sample.history) == 10 else failing(sample, limits)

    sample = a_sample(normal_returns(6, 3, periods=50))
    walked = walking.walk(sample, Limits.long_only(3), once, walking.tests(50, 3))

    assert [step.failed is None for step in walked.steps] == [True, False, False, False]
    assert walked.steps[3].weights.tolist() == walked.steps[0].weights.tolist()


def test_a_walk_whose_first_fit_fails_has_no_returns() -> None:
    with pytest.raises(CannotFit):
        walking.walk(
            a_sample(normal_returns(7, 3, periods=50)), Limits.long_only(3), failing, walking.tests(50, 3)
        )
