"""Against skfolio, regression, and any other portfolio."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.optimization_limits import best_of, random_portfolios
from tests.support.optimization_samples import a_sample, normal_returns
from tests.support.reference_libraries import reference, sp500_index_returns, sp500_returns

from analytics.optimization import benchmark_tracker
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample


def weights(sample: Sample, limits: Limits | None = None) -> Floats:
    return benchmark_tracker.fit(sample, limits or Limits.long_only(sample.size)).weights


def test_twenty_stocks_follow_the_index_with_the_weights_that_skfolio_finds() -> None:
    # skfolio 1.12.2, its solver at 1e-12, on returns in percent.
    returns, index = sp500_returns(), sp500_index_returns()
    tight = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12}
    tracker = reference("skfolio.optimization").BenchmarkTracker(solver_params=tight)

    expected = tracker.fit(100 * returns, 100 * index).weights_

    assert weights(a_sample(returns, benchmark=index)) == pytest.approx(expected, abs=1e-6)


def test_with_bounds_that_do_not_bind_the_weights_are_those_of_a_regression() -> None:
    returns = normal_returns(7, 6, 500)
    mixed = returns @ np.array([0.3, 0.2, 0.1, 0.25, 0.1, 0.05])
    benchmark = mixed + np.random.default_rng(1).normal(0, 0.001, 500)
    free = Limits(lower=np.full(6, -5.0), upper=np.full(6, 5.0))

    # With a budget: regress what is left after the last asset on differences to it.
    left, away = benchmark - returns[:, -1], returns[:, :-1] - returns[:, [-1]]
    design = np.column_stack([away, np.ones(500)])
    slopes = np.linalg.lstsq(design, left, rcond=None)[0][:-1]

    found = weights(a_sample(returns, benchmark=benchmark), free)
    assert found == pytest.approx([*slopes, 1 - slopes.sum()], abs=1e-9)


@given(st.integers(0, 10_000), st.integers(2, 10))
def test_a_benchmark_made_of_the_assets_is_found_again(seed: int, size: int) -> None:
    returns = normal_returns(seed, size, 100)
    made = np.random.default_rng(seed).dirichlet(np.ones(size))

    fitted = benchmark_tracker.fit(a_sample(returns, benchmark=returns @ made), Limits.long_only(size))

    assert fitted.extras["tracking_error"] == pytest.approx(0, abs=1e-7)
    assert returns @ fitted.weights == pytest.approx(returns @ made, abs=1e-6)


@given(st.integers(0, 10_000), st.integers(2, 10))
def test_no_other_portfolio_follows_more_closely(seed: int, size: int) -> None:
    returns = normal_returns(seed, size)
    benchmark = normal_returns(seed + 1, 1)[:, 0]
    limits = replace(Limits.long_only(size), upper=np.full(size, max(0.4, 1.5 / size)))

    def error(held: Floats) -> float:
        return float((returns @ held - benchmark).std(ddof=1))

    fitted = benchmark_tracker.fit(a_sample(returns, benchmark=benchmark), limits)

    assert error(fitted.weights) <= best_of(error, random_portfolios(limits, seed, 100)) + 1e-10
    assert fitted.extras["tracking_error"] == pytest.approx(error(fitted.weights), rel=1e-9)


def test_fewer_names_follow_less_closely() -> None:
    sample = a_sample(sp500_returns(), benchmark=sp500_index_returns())

    def error(names: int) -> float:
        limits = replace(Limits.long_only(20), max_names=names)
        fitted = benchmark_tracker.fit(sample, limits)
        assert np.count_nonzero(fitted.weights) <= names
        return float(fitted.extras["tracking_error"])

    assert error(4) > error(8) > error(16)


def test_there_has_to_be_something_to_follow() -> None:
    sample = a_sample(normal_returns(1, 3))

    with pytest.raises(CannotFit) as no_benchmark:
        weights(sample)
    with pytest.raises(CannotFit) as no_returns:
        weights(replace(sample, returns=None, benchmark=None))

    assert no_benchmark.value.code == "needs_benchmark"
    assert no_returns.value.code == "needs_returns"
