"""Against skfolio, by hand, and any other portfolio."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.optimization_limits import best_of, random_portfolios
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import reference, sp500_returns, weights_by

from analytics.optimization import min_cdar
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

TIGHT = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12}


def weights(sample: Sample, limits: Limits | None = None, **options: Any) -> Floats:
    return min_cdar.fit(sample, limits or Limits.long_only(sample.size), **options).weights


def cdar(returns: Floats, held: Floats, beta: float) -> float:
    """The definition: the mean of the worst T(1−β) falls from the highest point so far, the last of them in part."""
    level = np.concatenate([[0.0], np.cumsum(returns @ held)])
    falls = np.sort((np.maximum.accumulate(level) - level)[1:])[::-1]
    shares = np.clip(len(falls) * (1 - beta) - np.arange(len(falls)), 0.0, 1.0)
    return float(falls @ shares / shares.sum())


def by_skfolio(returns: Floats, beta: float, **limits: Any) -> Floats:
    risk = reference("skfolio").RiskMeasure.CDAR
    model = reference("skfolio.optimization").MeanRisk(
        risk_measure=risk, cdar_beta=beta, solver_params=TIGHT, **limits
    )
    return weights_by(model, returns)


@pytest.mark.parametrize("beta", [0.8, 0.95, 0.99])
def test_twenty_stocks_have_the_weights_that_skfolio_finds(beta: float) -> None:
    # skfolio 1.12.2, its solver at 1e-12; ours differ by 1e-10.
    returns = sp500_returns()

    assert weights(a_sample(returns), beta=beta) == pytest.approx(by_skfolio(returns, beta), abs=1e-7)


def test_limits_are_part_of_the_problem() -> None:
    returns = sp500_returns(500)
    limits = replace(Limits.long_only(20), lower=np.full(20, -0.1), upper=np.full(20, 0.15))

    found = weights(a_sample(returns), limits)

    assert found == pytest.approx(by_skfolio(returns, 0.95, min_weights=-0.1, max_weights=0.15), abs=1e-7)


def test_the_worst_fall_of_two_assets_is_least_where_their_falls_are_alike() -> None:
    # A falls by 0.04 and comes back; B rises by 0.02 and falls by 0.06. With w > 1/3 in A the start is the peak:
    # 0.06w − 0.02 is lost after the first period, 0.04 − 0.04w after the second, the same 0.016 where w = 0.6.
    sample = a_sample(np.array([[-0.04, 0.02], [0.04, -0.06]]))

    found = weights(sample, beta=0.5)

    assert found == pytest.approx([0.6, 0.4], abs=1e-8)
    assert cdar(sample.history, found, 0.5) == pytest.approx(0.016, abs=1e-9)


def test_a_fall_from_the_very_start_counts() -> None:
    # A only falls, at once; B rises and falls by less than it rose. Were the start no peak, A's fall would not count.
    sample = a_sample(np.array([[-0.10, 0.05], [0.0, -0.04]]))

    assert weights(sample, beta=0.5)[1] > 0.5


def test_returns_are_added_up_and_not_compounded() -> None:
    # What halves twice has lost 75 %, less than what loses 80 % at once; by sums it is 100 %.
    sample = a_sample(np.array([[-0.5, 0.0], [-0.5, -0.8]]))

    assert weights(sample, beta=0.5) == pytest.approx([0.0, 1.0], abs=1e-8)


@settings(max_examples=40)
@given(sample=samples, beta=st.sampled_from([0.5, 0.9, 0.99]), seed=st.integers(0, 1000))
def test_no_other_portfolio_falls_less(sample: Sample, beta: float, seed: int) -> None:
    cap = max(0.4, 1.5 / sample.size)
    limits = replace(Limits.long_only(sample.size), upper=np.full(sample.size, cap))

    found = weights(sample, limits, beta=beta)

    assert found.sum() == pytest.approx(1, abs=1e-9)
    assert (found >= -1e-9).all()
    assert (found <= cap + 1e-9).all()
    others = random_portfolios(limits, seed, count=60)
    least = best_of(lambda held: cdar(sample.history, held, beta), others)
    assert cdar(sample.history, found, beta) <= least * (1 + 1e-9)


@settings(max_examples=30)
@given(sample=samples, seed=st.integers(0, 1000))
def test_the_order_of_assets_does_not_matter_and_that_of_periods_does(sample: Sample, seed: int) -> None:
    columns = np.random.default_rng(seed).permutation(sample.size)

    # Drawdowns can be flat around their optimum: weights differ where the measure does not.
    assert weights(a_sample(sample.history[:, columns])) == pytest.approx(weights(sample)[columns], abs=1e-4)


def test_the_same_periods_in_another_order_have_other_weights() -> None:
    returns = sp500_returns(500)

    backwards = weights(a_sample(np.ascontiguousarray(returns[::-1])))

    assert np.abs(backwards - weights(a_sample(returns))).max() > 0.05


@settings(max_examples=30)
@given(sample=samples, factor=st.sampled_from([1e-3, 0.1, 10.0, 1e3]))
def test_the_unit_of_returns_does_not_matter(sample: Sample, factor: float) -> None:
    assert weights(a_sample(sample.history * factor)) == pytest.approx(weights(sample), abs=1e-6)


def test_returns_that_only_rise_end_in_equal_weights() -> None:
    rising = np.abs(normal_returns(seed=2, assets=4, periods=40))

    assert weights(a_sample(rising)) == pytest.approx(np.full(4, 0.25), abs=1e-5)


def test_moments_alone_are_refused() -> None:
    sample = replace(a_sample(normal_returns(seed=1, assets=3)), returns=None)

    with pytest.raises(CannotFit) as refusal:
        min_cdar.fit(sample, Limits.long_only(3))

    assert refusal.value.code == "needs_returns"
