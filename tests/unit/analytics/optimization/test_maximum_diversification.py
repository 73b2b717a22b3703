"""Against the papers' examples, skfolio, and any other portfolio."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.optimization_limits import best_of, random_portfolios
from tests.support.optimization_samples import a_sample, samples
from tests.support.reference_libraries import reference, sp500_returns, weights_by

from analytics.optimization import maximum_diversification
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample


def weights(sample: Sample, limits: Limits | None = None) -> Floats:
    return maximum_diversification.fit(sample, limits or Limits.long_only(sample.size)).weights


def diversification(sample: Sample, held: Floats) -> float:
    return float(sample.volatility @ held / np.sqrt(held @ sample.covariance @ held))


def assets_with(covariance: list[list[float]]) -> Sample:
    names = tuple(f"A{at}" for at in range(len(covariance)))
    return Sample(assets=names, mean=np.zeros(len(names)), covariance=np.array(covariance))


def test_the_papers_example_of_two_close_assets_and_a_distant_one() -> None:
    # Choueifaty and Coignard (2008), example 2: volatilities of 10 %, correlations 0.9, 0.1 and 0.1.
    found = weights(assets_with([[0.01, 0.009, 0.001], [0.009, 0.01, 0.001], [0.001, 0.001, 0.01]]))

    assert np.round(100 * found, 1) == pytest.approx([25.7, 25.7, 48.6])


def test_the_papers_example_of_two_volatilities() -> None:
    # Choueifaty, Froidure and Reynier (2013), page 9: volatilities of 20 % and 10 %, correlation 0.5.
    assert weights(assets_with([[0.04, 0.01], [0.01, 0.01]])) == pytest.approx([0.33, 0.67], abs=5e-3)


def test_the_papers_mixture_of_assets_gets_nothing() -> None:
    # The same paper, page 10, printed to four digits: a third asset that is a mixture of the first two.
    mixed = [[0.04, 0.01, 0.0225], [0.01, 0.01, 0.0075], [0.0225, 0.0075, 0.0131]]

    assert weights(assets_with(mixed)) == pytest.approx([0.33, 0.67, 0.0], abs=5e-3)


def test_twenty_stocks_have_the_weights_that_skfolio_finds() -> None:
    # skfolio 1.12.2 on returns in percent, its solver at 1e-12.
    returns = sp500_returns()
    tight = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12}
    model = reference("skfolio.optimization").MaximumDiversification(solver_params=tight)

    assert weights(a_sample(returns)) == pytest.approx(weights_by(model, returns), abs=1e-6)


def test_what_is_held_is_equally_correlated_with_the_portfolio_and_nothing_else_less() -> None:
    sample = a_sample(sp500_returns())

    found = weights(sample)

    correlations = sample.covariance @ found / sample.volatility / np.sqrt(found @ sample.covariance @ found)
    held = found > 0
    assert correlations[held] == pytest.approx(
        np.full(held.sum(), 1 / diversification(sample, found)), abs=1e-10
    )
    assert correlations[~held].min() > correlations[held].max()


@given(st.floats(0.05, 0.5), st.floats(0.05, 0.5), st.floats(-0.95, 0.95))
def test_two_assets_are_weighted_by_inverse_volatility(a: float, b: float, rho: float) -> None:
    found = weights(assets_with([[a**2, rho * a * b], [rho * a * b, b**2]]))

    assert found == pytest.approx([b / (a + b), a / (a + b)], abs=1e-8)


@given(samples, st.integers(0, 1_000))
def test_no_other_portfolio_is_more_diversified(sample: Sample, seed: int) -> None:
    limits = replace(Limits.long_only(sample.size), upper=np.full(sample.size, max(0.4, 1.5 / sample.size)))

    found = weights(sample, limits)

    others = random_portfolios(limits, seed, 100)
    assert (
        -diversification(sample, found) <= best_of(lambda one: -diversification(sample, one), others) + 1e-9
    )
    assert found.sum() == pytest.approx(1, abs=1e-10)
    assert (found >= -1e-10).all()
    assert (found <= limits.upper + 1e-10).all()


@given(samples, st.randoms(use_true_random=False))
def test_leverage_of_an_asset_does_not_change_what_it_stands_for(sample: Sample, chance: Any) -> None:
    leverage = np.array([chance.uniform(0.5, 2) for _ in range(sample.size)])
    geared = replace(sample, covariance=sample.covariance * np.outer(leverage, leverage))

    exposure = weights(geared) * leverage

    assert exposure / exposure.sum() == pytest.approx(weights(sample), abs=1e-7)


def test_assets_that_do_not_move_cannot_be_diversified() -> None:
    with pytest.raises(CannotFit) as refusal:
        weights(assets_with([[0.0, 0.0], [0.0, 0.0]]))

    assert refusal.value.code == "no_volatility"
