import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.risk.arrays import Floats
from analytics.risk.components import marginals
from analytics.risk.tail import Method, tail_risk

METHODS: tuple[Method, ...] = ("historical", "parametric", "cornish_fisher", "monte_carlo")


def some_returns(n_assets: int = 6, n_observations: int = 250) -> Floats:
    chance = np.random.default_rng(n_assets)
    market = chance.standard_t(4, n_observations) * 0.008
    return market[:, None] * chance.uniform(0.5, 1.5, n_assets) + chance.normal(
        0, 0.01, (n_observations, n_assets)
    )


signed_weights = arrays(np.float64, 6, elements=st.floats(-1, 1).filter(lambda weight: abs(weight) > 1e-3))


@given(signed_weights, st.sampled_from(METHODS), st.sampled_from((0.9, 0.95, 0.99)), st.sampled_from((0, 1)))
def test_components_sum_to_the_total(weights: Floats, method: Method, confidence: float, ddof: int) -> None:
    returns = some_returns()

    slopes = marginals(returns, weights, confidence, method, ddof=ddof)

    total = tail_risk(returns @ weights, confidence, method, ddof=ddof)
    assert weights @ slopes.var == pytest.approx(total.var, rel=1e-12, abs=1e-14)
    assert weights @ slopes.cvar == pytest.approx(total.cvar, rel=1e-12, abs=1e-14)
    assert slopes.volatility is not None
    assert weights @ slopes.volatility == pytest.approx(
        (returns @ weights).std(ddof=ddof), rel=1e-12, abs=1e-14
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("figure", ["var", "cvar"])
def test_a_marginal_figure_is_the_slope_of_the_total(method: Method, figure: str) -> None:
    returns, weights = some_returns(), np.array([0.3, 0.1, 0.25, -0.2, 0.4, 0.15])
    step = 1e-7

    slopes = getattr(marginals(returns, weights, 0.95, method), figure)

    for asset in range(6):
        more, less = weights.copy(), weights.copy()
        more[asset] += step
        less[asset] -= step
        rise = getattr(tail_risk(returns @ more, 0.95, method), figure) - getattr(
            tail_risk(returns @ less, 0.95, method), figure
        )
        assert slopes[asset] == pytest.approx(rise / (2 * step), abs=1e-6)


@given(st.permutations(range(6)), st.sampled_from(METHODS))
def test_the_order_of_assets_does_not_matter(order: list[int], method: Method) -> None:
    returns, weights = some_returns(), np.array([0.3, 0.1, 0.25, -0.2, 0.4, 0.15])

    straight = marginals(returns, weights, 0.95, method)
    turned = marginals(returns[:, order], weights[order], 0.95, method)

    assert turned.var == pytest.approx(straight.var[order], abs=1e-12)


@given(signed_weights, signed_weights)
def test_volatility_is_subadditive(one: Floats, other: Floats) -> None:
    returns = some_returns()
    both = (returns @ (one + other)).std()
    assert both <= (returns @ one).std() + (returns @ other).std() + 1e-15


def test_where_nothing_moves_there_is_no_volatility_to_share() -> None:
    slopes = marginals(np.full((5, 2), 0.01), np.array([0.5, 0.5]), 0.95, "parametric")

    assert slopes.volatility is None
    assert slopes.var == pytest.approx([-0.01, -0.01])
