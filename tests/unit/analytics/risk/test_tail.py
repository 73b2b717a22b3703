import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.risk.tail import Method, tail_risk

METHODS: tuple[Method, ...] = ("historical", "parametric", "cornish_fisher", "monte_carlo")
series = arrays(
    np.float64,
    st.integers(5, 60),
    elements=st.integers(-4000, 4000).map(lambda units: units / 20_000),
)


def test_a_historical_quantile_lies_between_two_observations() -> None:
    returns = np.array([0.03, -0.05, 0.01, -0.02, 0.02])

    found = tail_risk(returns, 0.9, "historical")

    # Type 7: (5 - 1) * 0.1 = 0.4 of the way from -0.05 to -0.02, and one return at or below it.
    assert found.var == pytest.approx(0.038)
    assert found.cvar == pytest.approx(0.05)


def test_an_observation_on_the_quantile_belongs_to_the_tail() -> None:
    returns = np.arange(-10, 11) / 100

    # (21 - 1) * 0.1 = 2: the third worst itself, though 1 - 0.9 is a little less than 0.1 in binary.
    found = tail_risk(returns, 0.9, "historical")

    assert found.var == 0.08
    assert found.cvar == pytest.approx(0.09)


@given(series, st.sampled_from((0.9, 0.95, 0.99)))
def test_the_historical_quantile_is_that_of_numpy(returns: np.ndarray, confidence: float) -> None:
    assert tail_risk(returns, confidence).var == pytest.approx(
        -np.quantile(returns, 1 - confidence), abs=1e-12
    )


@given(series, st.sampled_from(METHODS))
def test_the_shortfall_is_no_smaller_than_the_value_at_risk(returns: np.ndarray, method: Method) -> None:
    found = tail_risk(returns, 0.95, method)
    assert found.cvar >= found.var - 1e-12


@given(series, st.sampled_from(METHODS), st.floats(0.1, 20))
def test_losses_scale_with_the_position(returns: np.ndarray, method: Method, times: float) -> None:
    once, often = tail_risk(returns, 0.95, method), tail_risk(times * returns, 0.95, method)

    assert often.var == pytest.approx(times * once.var, rel=1e-7, abs=1e-9)
    assert often.cvar == pytest.approx(times * once.cvar, rel=1e-7, abs=1e-9)


@given(series, st.sampled_from(METHODS), st.floats(-0.05, 0.05))
def test_a_sure_gain_lowers_losses_by_as_much(returns: np.ndarray, method: Method, gain: float) -> None:
    if returns.std() < 1e-6:
        return
    plain, richer = tail_risk(returns, 0.95, method), tail_risk(returns + gain, 0.95, method)
    assert richer.var == pytest.approx(plain.var - gain, abs=1e-9)


@given(series, st.sampled_from(METHODS), st.randoms(use_true_random=False))
def test_the_order_of_observations_does_not_matter(
    returns: np.ndarray, method: Method, chance: object
) -> None:
    shuffled = returns.tolist()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert tail_risk(np.array(shuffled), 0.95, method).cvar == pytest.approx(
        tail_risk(returns, 0.95, method).cvar, abs=1e-9
    )


def test_simulation_agrees_with_the_formula_and_repeats_itself() -> None:
    returns = np.random.default_rng(1).normal(0.0004, 0.012, 500)

    first = tail_risk(returns, 0.99, "monte_carlo", seed=7)

    assert first == tail_risk(returns, 0.99, "monte_carlo", seed=7)
    assert first != tail_risk(returns, 0.99, "monte_carlo", seed=8)
    assert first.var == pytest.approx(tail_risk(returns, 0.99, "parametric").var, rel=0.02)
    assert first.cvar == pytest.approx(tail_risk(returns, 0.99, "parametric").cvar, rel=0.02)


def test_returns_that_never_change_have_no_spread_to_lose() -> None:
    for method in METHODS:
        assert tail_risk(np.full(10, 0.1), 0.95, method).var == pytest.approx(-0.1)


@pytest.mark.parametrize("method", ["historical", "parametric", "cornish_fisher", "monte_carlo"])
def test_the_highest_confidence_below_one_has_a_tail(method: Method) -> None:
    found = tail_risk(np.array([0.01, 0.02, -0.03]), math.nextafter(1.0, 0.0), method)
    assert math.isfinite(found.var)
    assert found.cvar >= found.var
