"""Nested clusters against skfolio, and where they are known in closed form."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import min_variance, reference, sp500_returns, weights_by

from analytics.optimization import methods, nco
from analytics.optimization.estimators import estimator
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


def weights(sample: Sample, **options: Any) -> NDArray[np.float64]:
    return nco.fit(sample, Limits.long_only(sample.size), **options).weights


def by_skfolio(returns: NDArray[np.float64], inner: Any, outer: Any, folds: int) -> NDArray[np.float64]:
    library = reference("skfolio.optimization").NestedClustersOptimization(
        inner_estimator=inner, outer_estimator=outer, cv=folds or "ignore"
    )
    return weights_by(library, returns)


@pytest.mark.parametrize("folds", [0, 2, 5])
def test_weights_in_closed_form_are_those_of_skfolio(folds: int) -> None:
    library = reference("skfolio.optimization")
    returns = sp500_returns()
    theirs = by_skfolio(
        returns, library.InverseVolatility(), library.HierarchicalEqualRiskContribution(), folds
    )
    ours = weights(a_sample(returns), inner="InverseVolatility", outer="HERC", folds=folds)
    assert ours == pytest.approx(theirs, abs=1e-8)


@pytest.mark.parametrize("folds", [0, 5])
def test_minimum_variance_within_and_between_is_that_of_skfolio(folds: int) -> None:
    returns = sp500_returns()
    theirs = by_skfolio(returns, min_variance(), min_variance(), folds)
    assert weights(a_sample(returns), folds=folds) == pytest.approx(theirs, abs=1e-6)


@settings(max_examples=20)
@given(samples, st.sampled_from([0, 3]))
def test_weights_are_not_negative_and_sum_to_one(sample: Sample, folds: int) -> None:
    found = weights(sample, inner="HRP", outer="InverseVolatility", folds=folds)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert (found >= 0).all()


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.permutations(range(8)))
def test_the_order_of_assets_does_not_matter(seed: int, order: list[int]) -> None:
    returns = normal_returns(seed, 8)
    one, other = (weights(a_sample(part)) for part in (returns, returns[:, order]))
    assert other == pytest.approx(one[order], abs=1e-7)


@settings(max_examples=10)
@given(samples, st.sampled_from([0.5, 2.0]))
def test_the_unit_of_returns_does_not_matter(sample: Sample, scale: float) -> None:
    assert weights(a_sample(sample.history * scale)) == pytest.approx(weights(sample), abs=1e-7)


def test_two_blocks_without_correlation_between_them_are_the_minimum_variance_portfolio() -> None:
    block = np.array([[4.0, 1.8, 1.6], [1.8, 1.0, 0.7], [1.6, 0.7, 2.0]]) * 1e-4
    covariance = np.block([[block, np.zeros((3, 3))], [np.zeros((3, 3)), 2 * block]])
    sample = Sample(assets=tuple("ABCDEF"), mean=np.zeros(6), covariance=covariance)
    nested = nco.fit(sample, Limits.long_only(6), clusters=2)
    assert nested.extras["clusters"] == {"A": 1, "B": 1, "C": 1, "D": 2, "E": 2, "F": 2}

    at_once = methods.fit("MinVol", sample, Limits.long_only(6), {}).weights
    assert nested.weights == pytest.approx(at_once, abs=1e-8)
    assert nested.extras["cluster_weights"] == pytest.approx({"1": 2 / 3, "2": 1 / 3})


def test_one_cluster_is_the_inner_method_and_as_many_as_assets_the_outer_one() -> None:
    sample = a_sample(normal_returns(1, 6))
    limits = Limits.long_only(6)
    inner, outer = (methods.fit(name, sample, limits, {}).weights for name in ("HRP", "InverseVolatility"))
    assert weights(sample, inner="HRP", outer="InverseVolatility", clusters=1) == pytest.approx(inner)
    assert weights(sample, inner="HRP", outer="InverseVolatility", clusters=6) == pytest.approx(outer)


def test_methods_inside_take_their_own_options() -> None:
    sample = a_sample(sp500_returns(500))
    one, other = (
        weights(sample, inner="HERC", clusters=2, inner_options={"HERC": {"clusters": count}})
        for count in (1, 30)
    )
    assert np.abs(one - other).max() > 1e-3


def test_a_risk_budget_goes_to_the_clusters_its_assets_are_in() -> None:
    sample = a_sample(normal_returns(2, 6))
    budget = {name: 10.0 if name == "A0" else 1.0 for name in sample.assets}
    plain, tilted = (
        weights(
            sample,
            inner="RiskBudgeting",
            outer="EquiWeighted",
            clusters=2,
            inner_options={"RiskBudgeting": one},
        )
        for one in ({}, {"risk_budget": budget})
    )
    assert tilted[0] > plain[0] + 0.01


def test_market_weights_are_those_of_the_assets_and_not_of_clusters() -> None:
    moments = estimator(expected_returns="equilibrium", market_weights=np.arange(1.0, 7.0))
    returns = normal_returns(3, 6)
    mean, covariance = moments(returns)
    sample = a_sample(returns, estimator=moments, mean=mean, covariance=covariance)
    assert weights(sample, outer="MVO", folds=3).sum() == pytest.approx(1)


def test_the_budget_is_invested() -> None:
    sample = a_sample(normal_returns(1, 6))
    found = nco.fit(sample, replace(Limits.long_only(6), budget=0.5))
    assert found.weights.sum() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("periods", "options", "code", "field"),
    [
        (60, {"folds": 1}, "folds", "options.NCO.folds"),
        (6, {"folds": 7}, "short_history", "options.NCO.folds"),
        (3, {"folds": 2}, "short_history", "options.NCO.folds"),
        (60, {"clusters": 7}, "too_many_clusters", "options.NCO.clusters"),
        (0, {"folds": 2}, "needs_returns", "options.NCO.folds"),
    ],
)
def test_what_cannot_be_computed_is_refused(periods: int, options: Any, code: str, field: str) -> None:
    sample = a_sample(normal_returns(1, 6, periods or 60))
    with pytest.raises(CannotFit) as refusal:
        weights(sample if periods else replace(sample, returns=None, estimator=None), **options)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_a_method_that_fails_inside_is_named() -> None:
    sample = replace(a_sample(normal_returns(1, 6)), returns=None, estimator=None)
    with pytest.raises(CannotFit, match="HERC, inside") as refusal:
        weights(sample, inner="HERC", clusters=2, inner_options={"HERC": {"risk_measure": "cvar"}})
    assert refusal.value.code == "needs_returns"
