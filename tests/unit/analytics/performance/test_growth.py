"""Drawdowns, and what holds of every series."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.performance import dispersion, growth, ratios, relative, rolling
from analytics.performance.growth import Drawdown, drawdown_table

returns_of = st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=60).map(np.array)


def test_drawdowns_are_told_worst_first_with_both_ends_counted() -> None:
    table = drawdown_table(np.array([0.10, -0.10, -0.10, 0.30, -0.05, 0.01]))
    assert table == [
        Drawdown(depth=pytest.approx(-0.19), start=1, trough=2, end=3, length=3, to_trough=2, recovery=1),
        Drawdown(
            depth=pytest.approx(-0.05), start=4, trough=4, end=None, length=2, to_trough=1, recovery=None
        ),
    ]


def test_a_loss_in_the_first_period_is_a_drawdown_from_the_start() -> None:
    (only,) = drawdown_table(np.array([-0.2, 0.25]))
    assert (only.start, only.trough, only.end, only.length) == (0, 0, 1, 2)
    assert growth.max_drawdown(np.array([-0.2, 0.25])) == pytest.approx(-0.2)


@given(returns_of)
def test_the_deepest_drawdown_heads_the_table(returns: np.ndarray) -> None:
    table = drawdown_table(returns)
    assert (table[0].depth if table else 0.0) == growth.max_drawdown(returns)
    assert all(one.recovery is None or one.length == one.to_trough + one.recovery for one in table)
    assert [one.depth for one in table] == sorted(one.depth for one in table)


@given(returns_of, st.floats(0.1, 3.0))
def test_scaling_returns_scales_risk_and_leaves_ratios(returns: np.ndarray, factor: float) -> None:
    wider = returns * factor
    for risk in (dispersion.value_at_risk, dispersion.conditional_value_at_risk):
        assert risk(wider) == pytest.approx(factor * risk(returns), rel=1e-9, abs=1e-12)
    volatility = dispersion.annual_volatility(returns, 12)
    assert dispersion.annual_volatility(wider, 12) == pytest.approx(factor * volatility, rel=1e-9, abs=1e-12)
    if volatility > 1e-6:
        assert ratios.sharpe_ratio(wider, 12) == pytest.approx(
            ratios.sharpe_ratio(returns, 12), rel=1e-6, abs=1e-9
        )


@given(returns_of, st.floats(-0.2, 0.2))
def test_a_shift_moves_the_loss_at_risk_and_not_the_volatility(returns: np.ndarray, shift: float) -> None:
    moved = returns + shift
    assert dispersion.value_at_risk(moved) == pytest.approx(
        dispersion.value_at_risk(returns) - shift, abs=1e-12
    )
    assert dispersion.annual_volatility(moved, 12) == pytest.approx(
        dispersion.annual_volatility(returns, 12), abs=1e-9
    )


@given(returns_of, st.randoms(use_true_random=False))
def test_the_order_of_periods_changes_no_total_and_no_volatility(returns: np.ndarray, random: object) -> None:
    shuffled = returns.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert growth.total_return(shuffled) == pytest.approx(growth.total_return(returns), rel=1e-9, abs=1e-12)
    assert dispersion.skewness(shuffled) == pytest.approx(
        dispersion.skewness(returns), rel=1e-5, abs=1e-5, nan_ok=True
    )


@given(returns_of)
def test_a_portfolio_that_is_its_benchmark_has_beta_one_and_nothing_active(returns: np.ndarray) -> None:
    assert relative.tracking_error(returns, returns, 12) == 0
    assert math.isnan(relative.information_ratio(returns, returns, 12))
    if np.ptp(returns) > 1e-6:
        assert relative.beta(returns, returns) == pytest.approx(1)
        assert relative.alpha(returns, returns, 12) == pytest.approx(0, abs=1e-12)


def test_equal_returns_have_no_dispersion_and_no_ratio() -> None:
    flat = np.full(30, 0.1)
    assert dispersion.annual_volatility(flat, 12) == 0
    assert all(
        math.isnan(figure)
        for figure in (
            ratios.sharpe_ratio(flat, 12),
            dispersion.skewness(flat),
            ratios.calmar_ratio(flat, 12),
        )
    )


@pytest.mark.parametrize("at_once", [1, 50, 1 << 20])
def test_rolling_figures_equal_those_of_each_window(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "NUMBERS_AT_ONCE", at_once)
    draw = np.random.default_rng(3)
    own, market = draw.normal(0, 0.01, 50), draw.normal(0, 0.01, 50)
    for at in (0, 17, 30):
        mine, theirs = own[at : at + 20], market[at : at + 20]
        assert rolling.rolling_return(own, 20)[at] == pytest.approx(growth.total_return(mine))
        assert rolling.rolling_volatility(own, 20, 252)[at] == pytest.approx(
            dispersion.annual_volatility(mine, 252)
        )
        assert rolling.rolling_sharpe(own, 20, 252)[at] == pytest.approx(ratios.sharpe_ratio(mine, 252))
        assert rolling.rolling_beta(own, market, 20)[at] == pytest.approx(relative.beta(mine, theirs))
    assert len(rolling.rolling_return(own, 20)) == 31
    assert not len(rolling.rolling_return(own, 51))


@pytest.mark.parametrize("returns", [[0.01, 0.02, 0.03], [0.1, 0.1, 0.1]])
def test_returns_that_do_not_follow_the_benchmark_have_no_treynor_ratio(returns: list[float]) -> None:
    # The products cancel exactly; in floating point a beta of 1e-17 was left, and a ratio of 1e15 over it.
    benchmark = np.array([0.01, 0.02, 0.01])
    assert relative.beta(np.array(returns), benchmark) == 0
    assert math.isnan(relative.treynor_ratio(np.array(returns), benchmark, 12))
