from dataclasses import replace

import numpy as np
import pytest
from tests.support.optimization_samples import a_sample, normal_returns
from tests.support.reference_libraries import reference, sp500_index_returns, sp500_returns

from analytics.optimization.sample import Sample
from application.optimization.metrics import in_sample, metrics_of

EVEN = np.full(20, 1 / 20)


def a_year(**others: object) -> Sample:
    return a_sample(sp500_returns(), periods_per_year=252.0, **others)


def test_figures_of_real_returns_are_those_of_skfolio() -> None:
    """Tolerance 1e-9; skfolio 1.12.2 takes the deviation of the portfolio's returns, too (n - 1)."""
    portfolio = reference("skfolio").Portfolio(
        X=sp500_returns(), weights=EVEN, annualization_factor=252, risk_free_rate=0.02 / 252, compounded=True
    )

    metrics, _ = metrics_of(EVEN, a_year(risk_free=0.02 / 252))

    assert metrics.expected_return == pytest.approx(portfolio.annualized_mean, rel=1e-9)
    assert metrics.volatility == pytest.approx(portfolio.annualized_standard_deviation, rel=1e-9)
    assert metrics.sharpe_ratio == pytest.approx(portfolio.annualized_sharpe_ratio, rel=1e-9)
    assert metrics.max_drawdown == pytest.approx(-portfolio.max_drawdown, rel=1e-9)


def test_figures_against_a_benchmark_are_those_of_the_returns() -> None:
    index = sp500_index_returns()
    active = sp500_returns() @ EVEN - index

    metrics, unavailable = metrics_of(EVEN, a_year(benchmark=index))

    assert metrics.tracking_error == pytest.approx(active.std(ddof=1) * 252**0.5)
    assert metrics.active_return == pytest.approx(active.mean() * 252)
    assert metrics.information_ratio == pytest.approx(active.mean() / active.std(ddof=1) * 252**0.5)
    covariance = np.cov(sp500_returns() @ EVEN, index)
    assert metrics.beta == pytest.approx(covariance[0, 1] / covariance[1, 1])
    assert set(unavailable) == {"turnover"}


def test_what_cannot_be_told_says_why() -> None:
    sample = a_sample(normal_returns(1, 3))
    moments = replace(sample, returns=None, estimator=None)

    metrics, unavailable = metrics_of(np.array([0.2, 0.3, 0.5]), moments)

    assert metrics.expected_return == pytest.approx(float(sample.mean @ [0.2, 0.3, 0.5]))
    assert metrics.max_drawdown is None
    assert unavailable["max_drawdown"].code == "no_returns"
    assert unavailable["turnover"].code == "no_current_weights"
    assert in_sample(np.array([0.2, 0.3, 0.5]), moments) is None


def test_without_a_benchmark_nothing_is_compared() -> None:
    held = in_sample(EVEN, a_year())

    assert held is not None
    assert held.benchmark is None
    assert held.beta is None
    assert held.unavailable["beta"].code == "no_benchmark"


def test_the_benchmark_is_measured_over_the_same_periods() -> None:
    held = in_sample(EVEN, a_year(benchmark=sp500_index_returns()))

    assert held is not None
    assert held.benchmark is not None
    assert held.periods == held.benchmark.periods == 1_256
    assert held.benchmark.total_return == pytest.approx(np.prod(1 + sp500_index_returns()) - 1)
    assert held.annual_return == pytest.approx((1 + (held.total_return or 0)) ** (252 / 1_256) - 1)


def test_the_benchmark_pays_the_whole_risk_free_rate_whatever_is_invested() -> None:
    sample = a_year(benchmark=sp500_index_returns(), risk_free=0.03 / 252)

    whole, half = in_sample(EVEN, sample), in_sample(EVEN / 2, sample)

    assert whole is not None
    assert half is not None
    assert half.benchmark == whole.benchmark
    assert half.sharpe_ratio == pytest.approx(whole.sharpe_ratio)


def test_returns_of_years_are_annual_as_they_are() -> None:
    returns = np.array([[0.1, 0.0], [0.2, 0.1], [-0.1, 0.3]])

    held = in_sample(np.array([1.0, 0.0]), a_sample(returns, periods_per_year=1.0))

    assert held is not None
    assert held.annual_return == pytest.approx((1.1 * 1.2 * 0.9) ** (1 / 3) - 1)


def test_what_is_lost_with_borrowed_money_does_not_grow_back_by_another_loss() -> None:
    returns = np.array([[0.1, 0.0], [-0.6, 0.0], [-0.7, 0.01], [0.2, 0.02]])

    held = in_sample(np.array([2.0, -1.0]), a_sample(returns, periods_per_year=2.0))

    assert held is not None
    assert (held.total_return, held.annual_return, held.max_drawdown) == (-1, -1, -1)
    assert held.expected_return == pytest.approx(2 * (0.2 - 1.2 - 1.41 + 0.38) / 4)


def test_months_are_not_annualised_into_what_did_not_happen() -> None:
    held = in_sample(EVEN, replace(a_year(), returns=sp500_returns(100)))

    assert held is not None
    assert held.annual_return is None
    assert held.unavailable["annual_return"].code == "short_period"


def test_turnover_is_counted_from_what_is_held() -> None:
    current = np.zeros(20)
    current[0] = 1.0

    metrics, unavailable = metrics_of(EVEN, a_year(current=current))

    assert metrics.turnover == pytest.approx(0.95)
    assert "turnover" not in unavailable


def test_what_is_borrowed_costs_the_risk_free_rate() -> None:
    sample = a_sample(normal_returns(2, 2), risk_free=0.0001)
    once, twice = np.array([0.5, 0.5]), np.array([1.0, 1.0])

    assert metrics_of(twice, sample)[0].sharpe_ratio == pytest.approx(
        metrics_of(once, sample)[0].sharpe_ratio
    )
