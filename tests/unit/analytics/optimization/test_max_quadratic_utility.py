"""Against skfolio, PyPortfolioOpt, the closed form, and any other portfolio."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.optimization_limits import best_of, random_portfolios
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import reference, sp500_returns, weights_by

from analytics.optimization import max_quadratic_utility
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

TIGHT = {"tol_gap_abs": 1e-14, "tol_gap_rel": 1e-13, "tol_feas": 1e-13}


def weights(sample: Sample, risk_aversion: float, limits: Limits | None = None) -> Floats:
    limits = limits or Limits.long_only(sample.size)
    return max_quadratic_utility.fit(sample, limits, risk_aversion=risk_aversion).weights


def utility(sample: Sample, held: Floats, risk_aversion: float) -> float:
    return float(sample.mean @ held - 0.5 * risk_aversion * held @ sample.covariance @ held)


@pytest.mark.parametrize("risk_aversion", [1.0, 3.0, 10.0])
def test_skfolio_finds_the_same_weights_for_half_the_aversion(risk_aversion: float) -> None:
    # skfolio 1.12.2 has no ½ before the variance; in percent, variance is 100 times as large against returns. With a
    # low aversion the optimum is flat, and its solver stops a few millionths away from it, not always in one place.
    skfolio = reference("skfolio.optimization")
    model = skfolio.MeanRisk(
        objective_function=skfolio.ObjectiveFunction.MAXIMIZE_UTILITY,
        risk_aversion=risk_aversion / 2 / 100,
        solver_params=TIGHT,
    )
    returns = sp500_returns()

    expected = weights_by(model, returns)

    assert weights(a_sample(returns), risk_aversion) == pytest.approx(expected, abs=1e-5)


def test_pyportfolioopt_finds_the_same_weights_for_the_same_aversion() -> None:
    sample = a_sample(sp500_returns())
    frontier = reference("pypfopt").EfficientFrontier(
        sample.mean * 252, sample.covariance * 252, solver="CLARABEL", solver_options=TIGHT
    )

    frontier.max_quadratic_utility(risk_aversion=3)

    expected = np.array(list(frontier.clean_weights(cutoff=0, rounding=12).values()))
    assert weights(sample, 3) == pytest.approx(expected, abs=1e-6)


def test_with_a_budget_alone_weights_are_those_of_the_closed_form() -> None:
    sample = a_sample(normal_returns(6, 7, 300))
    free = Limits(lower=np.full(7, -10.0), upper=np.full(7, 10.0))
    inverse = np.linalg.inv(sample.covariance)
    ones = np.ones(7)

    price = (ones @ inverse @ sample.mean - 20) / (ones @ inverse @ ones)

    expected = inverse @ (sample.mean - price * ones) / 20
    assert weights(sample, 20, free) == pytest.approx(expected, abs=1e-9)


@given(
    st.floats(0.05, 0.5), st.floats(0.05, 0.5), st.floats(-0.9, 0.9), st.floats(-0.2, 0.2), st.floats(0.5, 20)
)
def test_two_assets_have_the_weights_of_the_textbook(
    a: float, b: float, rho: float, more: float, aversion: float
) -> None:
    cross = rho * a * b
    sample = Sample(
        assets=("A", "B"), mean=np.array([more, 0.0]), covariance=np.array([[a**2, cross], [cross, b**2]])
    )

    first = (more / aversion + b**2 - cross) / (a**2 + b**2 - 2 * cross)

    assert weights(sample, aversion)[0] == pytest.approx(np.clip(first, 0, 1), abs=1e-7)


@given(samples, st.integers(0, 1_000), st.floats(0.1, 100))
def test_no_other_portfolio_has_a_higher_utility(sample: Sample, seed: int, aversion: float) -> None:
    limits = replace(Limits.long_only(sample.size), upper=np.full(sample.size, max(0.4, 1.5 / sample.size)))

    found = weights(sample, aversion, limits)

    others = random_portfolios(limits, seed, 100)
    assert (
        -utility(sample, found, aversion)
        <= best_of(lambda one: -utility(sample, one, aversion), others) + 1e-10
    )
    assert found.sum() == pytest.approx(1, abs=1e-10)
    assert (found >= -1e-10).all()
    assert (found <= limits.upper + 1e-10).all()


def test_costs_above_what_trading_gains_end_all_trading() -> None:
    sample = a_sample(sp500_returns())
    current = np.full(20, 0.05)
    limits = replace(Limits.long_only(20), current=current, cost=np.full(20, 0.1))

    assert weights(sample, 3, limits) == pytest.approx(current, abs=1e-9)


def test_a_limit_on_volatility_is_met_exactly_where_it_binds() -> None:
    sample = a_sample(sp500_returns())
    limits = replace(Limits.long_only(20), target_volatility=0.0115)

    found = weights(sample, 0.01, limits)

    assert np.sqrt(found @ sample.covariance @ found) == pytest.approx(0.0115, abs=1e-12)
    # Nothing gains return without more volatility: on the frontier the optimum for some aversion is the same.
    assert found == pytest.approx(weights(sample, _aversion_at(sample, 0.0115)), abs=1e-6)


def _aversion_at(sample: Sample, volatility: float) -> float:
    low, high = 0.01, 1_000.0
    for _ in range(80):
        middle = np.sqrt(low * high)
        found = weights(sample, middle)
        low, high = (
            (middle, high) if np.sqrt(found @ sample.covariance @ found) > volatility else (low, middle)
        )
    return float(low)
