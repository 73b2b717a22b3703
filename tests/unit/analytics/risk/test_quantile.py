import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.risk.quantile import empirical_tail

with_ties = arrays(np.float64, st.integers(1, 60), elements=st.integers(-5, 5).map(float))


@given(with_ties, st.floats(0, 1))
def test_the_tail_is_the_first_of_all_observations_in_order(returns: np.ndarray, tail: float) -> None:
    order = np.argsort(returns, kind="stable")

    found = empirical_tail(returns, tail)

    assert found.members.tolist() == order[: np.count_nonzero(returns <= found.quantile)].tolist()
    assert {found.lower, found.upper} <= set(order.tolist())
    assert returns[found.lower] <= found.quantile <= returns[found.upper]


@given(with_ties)
def test_of_equal_observations_the_earlier_comes_first(returns: np.ndarray) -> None:
    assert empirical_tail(returns, 0.0).lower == returns.argmin()
    assert empirical_tail(returns, 1.0).lower == np.argsort(returns, kind="stable")[-1]
