import empyrical
import numpy as np
import pytest

from analytics.risk.concentration import herfindahl, top_weight
from analytics.risk.discount_rate import rate_sensitivity
from analytics.risk.liquidity import days_to_liquidate, liquid_share
from analytics.risk.ratios import (
    beta,
    correlation,
    max_drawdown,
    ratio,
    sortino_ratio,
    volatility,
)

CHANCE = np.random.default_rng(11)
RETURNS = CHANCE.normal(0.0005, 0.011, 400)
BENCHMARK = 0.7 * RETURNS + CHANCE.normal(0, 0.006, 400)


def test_ratios_are_those_of_empyrical() -> None:
    free = 0.0001

    assert volatility(RETURNS, 252) == pytest.approx(empyrical.annual_volatility(RETURNS))
    assert ratio(RETURNS - free, 252) == pytest.approx(empyrical.sharpe_ratio(RETURNS, risk_free=free))
    assert sortino_ratio(RETURNS - free, 252) == pytest.approx(
        empyrical.sortino_ratio(RETURNS, required_return=free)
    )
    assert beta(RETURNS, BENCHMARK) == pytest.approx(empyrical.beta(RETURNS, BENCHMARK))
    assert max_drawdown(RETURNS) == pytest.approx(empyrical.max_drawdown(RETURNS))
    assert ratio(RETURNS - BENCHMARK, 1) == pytest.approx(empyrical.excess_sharpe(RETURNS, BENCHMARK))


def test_a_fall_from_the_start_is_a_drawdown() -> None:
    assert max_drawdown(np.array([-0.1, 0.05, -0.2])) == pytest.approx(0.9 * 1.05 * 0.8 - 1)
    assert max_drawdown(np.array([0.1, 0.2])) == 0


def test_without_spread_there_is_no_ratio() -> None:
    flat = np.full(30, 0.01)

    assert ratio(flat, 252) is None
    assert sortino_ratio(flat, 252) is None
    assert beta(RETURNS[:30], flat) is None


def test_correlations_are_those_of_numpy_and_unknown_where_nothing_moves() -> None:
    columns = np.column_stack([RETURNS, BENCHMARK, np.zeros(400)])

    matrix = correlation(columns)

    assert matrix[:2, :2] == pytest.approx(np.corrcoef(columns[:, :2].T))
    assert np.isnan(matrix[2]).all()
    assert matrix[0, 0] == 1.0


def test_concentration_of_equal_and_of_signed_weights() -> None:
    assert herfindahl(np.full(4, 0.25)) == pytest.approx(0.25)
    assert top_weight(np.array([0.5, -0.3, 0.4, 0.1]), 2) == pytest.approx(0.9)
    assert top_weight(np.array([0.5, 0.2]), 5) == pytest.approx(0.7)


def test_selling_a_tenth_of_the_volume_a_day() -> None:
    days = days_to_liquidate(np.array([1000.0, -50.0, 10.0]), np.array([2000.0, 1000.0, 0.0]), 0.1)

    assert days == pytest.approx([5.0, 0.5, np.inf])
    assert liquid_share(np.array([100.0, 100.0, 200.0]), days, 1) == pytest.approx((20 + 100 + 0) / 400)


def test_a_bond_falls_by_its_duration_when_its_yield_rises() -> None:
    changes = CHANCE.normal(0, 0.0005, 200)
    changes[3] = np.nan

    assert rate_sensitivity(np.nan_to_num(-7.0 * changes), changes) == pytest.approx(-7.0)
