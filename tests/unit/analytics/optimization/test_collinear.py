import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.optimization_samples import normal_returns

from analytics.optimization.collinear import REPETITIONS_MAX, Repetition, repetitions


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(3, 60))
def test_columns_drawn_independently_repeat_nothing(seed: int, assets: int, periods: int) -> None:
    assert repetitions(normal_returns(seed, assets, periods)) == []


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e6])
def test_a_combination_of_columns_and_a_constant_is_found(scale: float) -> None:
    returns = normal_returns(1, 4)
    returns[:, 3] = 0.3 * returns[:, 0] - 2 * returns[:, 2] + 0.01
    assert repetitions(returns * scale) == [Repetition(3, (0, 2))]


def test_every_repetition_is_found_and_none_of_them_explains_another() -> None:
    returns = normal_returns(1, 3)
    doubled = np.column_stack((returns[:, 0], 2 * returns[:, 0], returns, returns.sum(axis=1)))
    found = repetitions(doubled)
    assert found == [Repetition(1, (0,)), Repetition(2, (0,)), Repetition(5, (0, 3, 4))]


def test_with_few_periods_only_copies_count() -> None:
    returns = normal_returns(2, 6, periods=5)
    assert repetitions(returns) == []
    returns[:, 4] = -3 * returns[:, 1] + 0.02
    assert repetitions(returns) == [Repetition(4, (1,))]


def test_two_periods_say_nothing() -> None:
    assert repetitions(np.array([[0.1, 0.2, 0.1], [0.3, 0.1, 0.3]])) == []


def test_of_very_many_the_first_are_named() -> None:
    returns = np.repeat(normal_returns(1, 1, 300), 250, axis=1)
    found = repetitions(returns)
    assert len(found) == REPETITIONS_MAX
    assert found[-1] == Repetition(REPETITIONS_MAX, (0,))
