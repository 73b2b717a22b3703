"""Figures of returns against empyrical-reloaded and against the published figures of Bacon's example."""

import math

import empyrical
import numpy as np
import pytest

from analytics.performance import dispersion, growth, ratios, relative
from analytics.performance.arrays import Floats

PORTFOLIO = np.array(
    [
        0.003, 0.026, 0.011, -0.010, 0.015, 0.025, 0.016, 0.067, -0.014, 0.040, -0.005, 0.081,
        0.040, -0.037, -0.061, 0.017, -0.049, -0.022, 0.070, 0.058, -0.065, 0.024, -0.005, -0.009,
    ]
)  # fmt: skip
BENCHMARK = np.array(
    [
        0.002, 0.025, 0.018, -0.011, 0.014, 0.018, 0.014, 0.065, -0.015, 0.042, -0.006, 0.083,
        0.039, -0.038, -0.062, 0.015, -0.048, 0.021, 0.060, 0.056, -0.067, 0.019, -0.003, 0.000,
    ]
)  # fmt: skip
"""Monthly returns of C. Bacon, Practical Portfolio Performance Measurement and Attribution (2008), as in
PerformanceAnalytics' `portfolio_bacon`; its documentation prints the expected figures below."""
EMPYRICAL = {
    "annual_return": lambda r, _: growth.annual_return(r, 252),
    "annual_volatility": lambda r, _: dispersion.annual_volatility(r, 252),
    "sharpe_ratio": lambda r, _: ratios.sharpe_ratio(r, 252),
    "sortino_ratio": lambda r, _: ratios.sortino_ratio(r, 252),
    "calmar_ratio": lambda r, _: ratios.calmar_ratio(r, 252),
    "omega_ratio": lambda r, _: ratios.omega_ratio(r),
    "max_drawdown": lambda r, _: growth.max_drawdown(r),
    "downside_risk": lambda r, _: dispersion.downside_risk(r, 252),
    "tail_ratio": lambda r, _: dispersion.tail_ratio(r),
    "stability_of_timeseries": lambda r, _: dispersion.stability(r),
    "value_at_risk": lambda r, _: -dispersion.value_at_risk(r),
    "conditional_value_at_risk": lambda r, _: -dispersion.conditional_value_at_risk(r),
}
AGAINST_BENCHMARK = {
    "alpha": lambda r, b: relative.alpha(r, b, 252),
    "beta": lambda r, b: relative.beta(r, b),
    "excess_sharpe": lambda r, b: relative.information_ratio(r, b, 1),
}


def some_returns(seed: int) -> tuple[Floats, Floats]:
    draw = np.random.default_rng(seed)
    market = draw.standard_t(5, 700) * 0.008 + 0.0003
    return 0.9 * market + draw.normal(0.0001, 0.005, 700), market


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", EMPYRICAL)
def test_a_figure_equals_that_of_empyrical(name: str, seed: int) -> None:
    returns, market = some_returns(seed)
    assert EMPYRICAL[name](returns, market) == pytest.approx(getattr(empyrical, name)(returns), rel=1e-10)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["alpha", "beta", "excess_sharpe"])
def test_a_figure_against_a_benchmark_equals_that_of_empyrical(name: str, seed: int) -> None:
    returns, market = some_returns(seed)
    theirs = getattr(empyrical, name)(returns, market)
    assert AGAINST_BENCHMARK[name](returns, market) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_risk_free_and_threshold_enter_as_in_empyrical(seed: int) -> None:
    returns, market = some_returns(seed)
    free = np.full(len(returns), 0.0002)
    assert ratios.sharpe_ratio(returns, 252, risk_free=free) == pytest.approx(
        empyrical.sharpe_ratio(returns, risk_free=0.0002), rel=1e-10
    )
    assert ratios.sortino_ratio(returns, 252, mar=0.0005) == pytest.approx(
        empyrical.sortino_ratio(returns, required_return=0.0005), rel=1e-10
    )
    assert ratios.omega_ratio(returns, mar=0.0005) == pytest.approx(
        empyrical.omega_ratio(returns, required_return=0.0005, annualization=1), rel=1e-10
    )
    assert relative.alpha(returns, market, 252, risk_free=free) == pytest.approx(
        empyrical.alpha(returns, market, risk_free=0.0002), rel=1e-9
    )


@pytest.mark.parametrize(
    ("figure", "published", "places"),
    [
        (lambda: 1 + growth.total_return(PORTFOLIO), 1.218106, 6),
        (lambda: 1 + growth.total_return(BENCHMARK), 1.249887, 6),
        (lambda: relative.m_squared(PORTFOLIO, BENCHMARK, 12), 0.10062, 5),
        (lambda: dispersion.kurtosis(PORTFOLIO), -0.57, 2),
        (lambda: ratios.omega_ratio(PORTFOLIO), 1.78, 2),
        (lambda: dispersion.downside_risk(PORTFOLIO, 1, mar=0.5), 0.493, 3),
        (lambda: growth.annual_return(PORTFOLIO, 12) / growth.ulcer_index(PORTFOLIO), 1.70, 2),
    ],
)  # fmt: skip
def test_bacons_example_gives_the_published_figures(figure: object, published: float, places: int) -> None:
    assert figure() == pytest.approx(published, abs=1.01 * 10**-places)  # type: ignore[operator]


def test_geometric_ratios_take_compounded_rates() -> None:
    free = 0.001
    rate = math.prod(1 + PORTFOLIO - free) ** 0.5 - 1
    premium = growth.annual_return(PORTFOLIO, 12) - growth.annual_return(BENCHMARK, 12)
    spread = float(np.std(PORTFOLIO, ddof=1)) * math.sqrt(12)
    apart = float(np.std(PORTFOLIO - BENCHMARK, ddof=1)) * math.sqrt(12)
    slope = np.polyfit(BENCHMARK, PORTFOLIO, 1)[0]
    found = (
        ratios.sharpe_ratio(PORTFOLIO, 12, risk_free=free, annualisation="geometric"),
        relative.information_ratio(PORTFOLIO, BENCHMARK, 12, annualisation="geometric"),
        relative.treynor_ratio(PORTFOLIO, BENCHMARK, 12, risk_free=free, annualisation="geometric"),
    )
    assert found == pytest.approx((rate / spread, premium / apart, rate / slope), rel=1e-10)


def test_captures_compound_over_the_benchmarks_good_and_bad_periods() -> None:
    own, market = np.array([0.10, 0.05, -0.02, -0.04]), np.array([0.08, 0.04, -0.05, 0.0])
    assert relative.capture(own, market, up=True) == pytest.approx((1.1 * 1.05 - 1) / (1.08 * 1.04 - 1))
    assert relative.capture(own, market, up=False) == pytest.approx((0.98 * 0.96 - 1) / (0.95 - 1))
