"""Stacks against skfolio, and where they are known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import min_variance, reference, sp500_returns, weights_by

from analytics.optimization import methods, stacking
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample

CONDENSED = {"HRP": {"distance": "condensed"}}


def weights(sample: Sample, **options: Any) -> NDArray[np.float64]:
    return stacking.fit(sample, Limits.long_only(sample.size), **options).weights


def by_skfolio(returns: NDArray[np.float64], final: Any, folds: int) -> NDArray[np.float64]:
    library = reference("skfolio.optimization")
    cluster, seriation = reference("skfolio.cluster"), reference("skfolio.seriation")
    single = cluster.HierarchicalClustering(linkage_method=cluster.LinkageMethod.SINGLE)
    order = seriation.HierarchicalSeriation(hierarchical_clustering_estimator=single, optimal_ordering=False)
    stack = library.StackingOptimization(
        estimators=[
            ("iv", library.InverseVolatility()),
            ("mv", min_variance()),
            ("hrp", library.HierarchicalRiskParity(seriation_estimator=order)),
        ],
        final_estimator=final,
        cv=folds or "ignore",
    )
    return weights_by(stack, returns)


@pytest.mark.parametrize("folds", [0, 2, 5, 7])
def test_a_stack_is_that_of_skfolio(folds: int) -> None:
    returns = sp500_returns()
    theirs = by_skfolio(returns, min_variance(), folds)
    assert weights(a_sample(returns), folds=folds, inner_options=CONDENSED) == pytest.approx(theirs, abs=1e-6)


def test_the_last_method_may_be_any() -> None:
    returns = sp500_returns()
    theirs = by_skfolio(returns, reference("skfolio.optimization").InverseVolatility(), 5)
    ours = weights(a_sample(returns), final="InverseVolatility", inner_options=CONDENSED)
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_in_sample_everything_goes_to_what_has_the_least_variance() -> None:
    found = stacking.fit(a_sample(sp500_returns()), Limits.long_only(20), folds=0)
    assert found.extras["stack"] == pytest.approx({"InverseVolatility": 0, "MinVol": 1, "HRP": 0}, abs=1e-6)


def test_one_method_is_itself() -> None:
    sample = a_sample(normal_returns(1, 6))
    found = stacking.fit(sample, Limits.long_only(6), methods=["HRP", "HRP"])
    assert found.weights == pytest.approx(methods.fit("HRP", sample, Limits.long_only(6), {}).weights)
    assert found.extras["stack"] == {"HRP": 1.0}


@settings(max_examples=15)
@given(samples, st.sampled_from([0, 3]))
def test_weights_are_not_negative_and_sum_to_one(sample: Sample, folds: int) -> None:
    found = weights(sample, folds=folds)
    assert found.sum() == pytest.approx(1, abs=1e-9)
    assert (found >= 0).all()


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.permutations(range(7)))
def test_the_order_of_assets_does_not_matter(seed: int, order: list[int]) -> None:
    returns = normal_returns(seed, 7)
    chosen = ["InverseVolatility", "HERC", "MinVol"]
    one, other = (weights(a_sample(part), methods=chosen) for part in (returns, returns[:, order]))
    assert other == pytest.approx(one[order], abs=1e-6)


def test_methods_choose_within_the_limits_so_that_the_mix_keeps_to_them() -> None:
    sample = a_sample(sp500_returns(500))
    tight = replace(Limits.long_only(20), upper=np.full(20, 0.08))
    found = stacking.fit(sample, tight)
    assert found.weights.max() <= 0.08 + 1e-8
    assert found.weights.sum() == pytest.approx(1)


def test_moments_alone_are_mixed_in_sample() -> None:
    sample = a_sample(normal_returns(1, 6))
    moments = replace(sample, returns=None, estimator=None)
    assert weights(moments, folds=0) == pytest.approx(weights(sample, folds=0), abs=1e-8)
    with pytest.raises(CannotFit) as refusal:
        weights(moments)
    assert (refusal.value.code, refusal.value.field) == (
        "needs_returns",
        "options.StackingOptimization.folds",
    )


def test_methods_inside_take_their_own_options() -> None:
    sample = a_sample(sp500_returns(500))
    plain, told = (weights(sample, inner_options=options) for options in ({}, CONDENSED))
    assert np.abs(plain - told).max() > 1e-3


@pytest.mark.parametrize(
    ("folds", "periods", "code"), [(1, 60, "folds"), (9, 8, "short_history"), (2, 3, "short_history")]
)
def test_folds_that_cannot_be_made_are_refused(folds: int, periods: int, code: str) -> None:
    with pytest.raises(CannotFit) as refusal:
        weights(a_sample(normal_returns(1, 4, periods)), folds=folds)
    assert (refusal.value.code, refusal.value.field) == (code, "options.StackingOptimization.folds")
