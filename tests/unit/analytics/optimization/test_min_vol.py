"""Against skfolio, PyPortfolioOpt, closed forms, and any other portfolio."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.optimization_limits import best_of, random_portfolios
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import min_variance, reference, sp500_returns, weights_by

from analytics.optimization import min_vol
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

TIGHT = {"tol_gap_abs": 1e-14, "tol_gap_rel": 1e-13, "tol_feas": 1e-13}


def weights(sample: Sample, limits: Limits | None = None) -> Floats:
    return min_vol.fit(sample, limits or Limits.long_only(sample.size)).weights


def variance(sample: Sample, held: Floats) -> float:
    return float(held @ sample.covariance @ held)


def by_skfolio(returns: Floats, **limits: Any) -> Floats:
    return weights_by(reference("skfolio.optimization").MeanRisk(solver_params=TIGHT, **limits), returns)


def test_twenty_stocks_have_the_weights_that_skfolio_finds() -> None:
    # skfolio 1.12.2 with its solver at 1e-14.
    returns = sp500_returns()

    assert weights(a_sample(returns)) == pytest.approx(weights_by(min_variance(), returns), abs=1e-6)


def test_assets_without_a_place_have_exactly_no_weight() -> None:
    found = weights(a_sample(sp500_returns()))

    assert np.count_nonzero(found) == 7
    assert found.sum() == pytest.approx(1, abs=1e-15)


def test_pyportfolioopt_finds_the_same_weights() -> None:
    # PyPortfolioOpt with its solver at 1e-13; at its usual tolerance weights are off by 1e-4.
    sample = a_sample(sp500_returns())
    frontier = reference("pypfopt").EfficientFrontier(
        sample.mean * 252, sample.covariance * 252, solver="CLARABEL", solver_options=TIGHT
    )

    frontier.min_volatility()

    expected = np.array(list(frontier.clean_weights(cutoff=0, rounding=12).values()))
    assert weights(sample) == pytest.approx(expected, abs=1e-6)
    assert variance(sample, weights(sample)) <= variance(sample, expected / expected.sum()) + 1e-15


def test_turnover_from_the_current_weights_is_limited_as_in_skfolio() -> None:
    # skfolio limits each asset's change; half the sum of changes is ours, so one asset alone is compared.
    returns = sp500_returns()
    current = np.full(20, 0.05)
    limits = replace(Limits.long_only(20), current=current, max_turnover=0.2)

    found = weights(a_sample(returns), limits)

    assert 0.5 * np.abs(found - current).sum() == pytest.approx(0.2, abs=1e-10)
    free = weights(a_sample(returns))
    partway = current + 0.2 / (0.5 * np.abs(free - current).sum()) * (free - current)
    assert variance(a_sample(returns), found) < variance(a_sample(returns), partway)


def test_a_target_return_has_the_weights_that_skfolio_finds() -> None:
    returns = sp500_returns()
    sample = a_sample(returns)
    target = 0.001

    found = weights(sample, replace(Limits.long_only(20), target_return=target))

    assert found == pytest.approx(by_skfolio(returns, min_return=100 * target), abs=1e-6)
    assert sample.mean @ found == pytest.approx(target, abs=1e-12)


def test_with_a_budget_alone_weights_are_those_of_the_closed_form() -> None:
    sample = a_sample(normal_returns(5, 9, 300))
    free = Limits(lower=np.full(9, -10.0), upper=np.full(9, 10.0))

    closed = np.linalg.solve(sample.covariance, np.ones(9))

    assert weights(sample, free) == pytest.approx(closed / closed.sum(), abs=1e-10)


@given(st.floats(0.05, 0.5), st.floats(0.05, 0.5), st.floats(-0.95, 0.95))
def test_two_assets_have_the_weights_of_the_textbook(a: float, b: float, rho: float) -> None:
    cross = rho * a * b
    sample = Sample(assets=("A", "B"), mean=np.zeros(2), covariance=np.array([[a**2, cross], [cross, b**2]]))
    spread = a**2 + b**2 - 2 * cross
    first = 0.5 if spread < 1e-12 else float(np.clip((b**2 - cross) / spread, 0.0, 1.0))

    assert variance(sample, weights(sample)) == pytest.approx(
        variance(sample, np.array([first, 1 - first])), rel=1e-9
    )


@given(samples, st.integers(0, 1_000))
def test_no_other_portfolio_has_less_variance(sample: Sample, seed: int) -> None:
    limits = replace(Limits.long_only(sample.size), upper=np.full(sample.size, max(0.4, 1.5 / sample.size)))

    found = weights(sample, limits)

    others = random_portfolios(limits, seed, 100)
    assert variance(sample, found) <= best_of(lambda one: variance(sample, one), others) * (1 + 1e-9)
    assert found.sum() == pytest.approx(1, abs=1e-10)
    assert (found >= -1e-10).all()
    assert (found <= limits.upper + 1e-10).all()


@given(samples, st.randoms(use_true_random=False))
def test_the_order_of_assets_does_not_matter(sample: Sample, chance: Any) -> None:
    order = list(range(sample.size))
    chance.shuffle(order)
    chosen = np.array(order)

    assert weights(sample.of_assets(chosen)) == pytest.approx(weights(sample)[chosen], abs=1e-8)


@given(samples, st.floats(1e-3, 1e3))
def test_the_unit_of_returns_does_not_matter(sample: Sample, unit: float) -> None:
    scaled = replace(sample, covariance=unit**2 * sample.covariance)

    assert weights(scaled) == pytest.approx(weights(sample), abs=1e-8)


@pytest.mark.parametrize(
    "kind", ["copies", "mixtures", "fewer periods than assets", "two periods", "one asset still"]
)
def test_a_singular_covariance_is_answered(kind: str) -> None:
    returns = normal_returns(2, 10, 300)
    if kind == "copies":
        returns[:, 5:] = returns[:, :5]
    elif kind == "mixtures":
        returns[:, 9] = 0.5 * returns[:, 0] + 0.5 * returns[:, 1]
    elif kind == "fewer periods than assets":
        returns = returns[:6]
    elif kind == "two periods":
        returns = returns[:2]
    else:
        returns[:, 3] = 0.0
    sample = a_sample(returns)

    found = weights(sample)

    assert found.sum() == pytest.approx(1, abs=1e-9)
    assert (found >= -1e-9).all()
    others = random_portfolios(Limits.long_only(10), 1, 200)
    assert variance(sample, found) <= best_of(lambda one: variance(sample, one), others) + 1e-12


def test_five_hundred_assets_are_as_exact_as_twenty() -> None:
    sample = a_sample(normal_returns(4, 500, 1_000))

    found = weights(sample)

    # Karush-Kuhn-Tucker: what is held has one marginal variance, and nothing else has less.
    marginal = sample.covariance @ found
    held = found > 0
    assert marginal[held] == pytest.approx(np.full(held.sum(), marginal[held].mean()), rel=1e-8)
    assert marginal[~held].min() >= marginal[held].mean() * (1 - 1e-9)


def test_figures_that_are_none_fail_at_once_and_say_whom_was_asked() -> None:
    sample = Sample(assets=("A", "B"), mean=np.zeros(2), covariance=np.full((2, 2), np.nan))

    with pytest.raises(CannotFit) as refusal:
        weights(sample)

    assert refusal.value.code == "solver_failed"
    assert "clarabel" in str(refusal.value)
