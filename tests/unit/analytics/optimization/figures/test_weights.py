import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.optimization_samples import normal_returns
from tests.support.reference_libraries import reference, sp500_returns

from analytics.optimization.figures import weights as figures

COVARIANCE = np.array([[0.04, 0.006], [0.006, 0.09]])
HALVES = np.array([0.5, 0.5])


def test_two_assets_diversify_as_their_textbook_formula_says() -> None:
    # √(0.25·0.04 + 0.25·0.09 + 0.5·0.006) under 0.5·0.2 + 0.5·0.3.
    assert figures.diversification_ratio(HALVES, COVARIANCE) == pytest.approx(0.25 / 0.0355**0.5)


def test_equal_weights_count_as_many_as_they_are() -> None:
    assert figures.effective_number(np.full(8, 1 / 8)) == pytest.approx(8)
    assert figures.effective_number(np.array([1.0, 0.0])) == 1
    assert np.isnan(figures.effective_number(np.zeros(3)))


def test_turnover_counts_what_is_bought_where_as_much_is_sold() -> None:
    assert figures.turnover(np.array([0.2, 0.8]), np.array([0.5, 0.5])) == pytest.approx(0.3)


def test_nothing_at_risk_has_no_shares_of_it() -> None:
    assert figures.risk_contributions(np.zeros(2), COVARIANCE) is None
    assert np.isnan(figures.diversification_ratio(np.zeros(2), COVARIANCE))


@given(seed=st.integers(0, 1_000), assets=st.integers(2, 10))
def test_shares_of_risk_sum_to_one_and_know_no_scale(seed: int, assets: int) -> None:
    covariance = np.cov(normal_returns(seed, assets), rowvar=False)
    weights = np.random.default_rng(seed).dirichlet(np.ones(assets))

    shares = figures.risk_contributions(weights, covariance)

    assert shares is not None
    assert shares.sum() == pytest.approx(1, rel=1e-12)
    assert figures.risk_contributions(3 * weights, 7 * covariance) == pytest.approx(shares, rel=1e-9)
    assert figures.diversification_ratio(weights, covariance) >= 1 - 1e-12


def test_figures_are_those_of_skfolio() -> None:
    """Tolerance 1e-10: skfolio 1.12.2 takes the covariance of the returns, too (n - 1)."""
    returns = sp500_returns()
    weights = np.linspace(1, 20, 20) / 210
    portfolio = reference("skfolio").Portfolio(X=returns, weights=weights)
    covariance = np.cov(returns, rowvar=False)

    shares = figures.risk_contributions(weights, covariance)
    theirs = portfolio.contribution(reference("skfolio").RiskMeasure.STANDARD_DEVIATION)

    assert shares == pytest.approx(theirs / theirs.sum(), rel=1e-5)
    assert figures.effective_number(weights) == pytest.approx(portfolio.effective_number_assets, rel=1e-10)
    assert figures.diversification_ratio(weights, covariance) == pytest.approx(
        portfolio.diversification, rel=1e-10
    )
