"""HERC and HERC2 against skfolio and closed forms."""

from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import reference, sp500_returns

from analytics.optimization import herc, herc2
from analytics.optimization.cluster_risk import cvar
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample

OPTIONS = [
    {"linkage": linkage, "clusters": clusters, "risk_measure": measure}
    for linkage in ("single", "complete", "average", "ward")
    for clusters in (None, 4, 20)
    for measure in ("variance", "cvar")
]


def weights(method: ModuleType, sample: Sample, **options: Any) -> NDArray[np.float64]:
    found: NDArray[np.float64] = method.fit(sample, Limits.long_only(sample.size), **options).weights
    return found


def by_skfolio(returns: NDArray[np.float64], *, linkage: str, clusters: int | None, risk_measure: str) -> Any:
    cluster = reference("skfolio.cluster")
    return (
        reference("skfolio.optimization")
        .HierarchicalEqualRiskContribution(
            risk_measure=getattr(reference("skfolio").RiskMeasure, risk_measure.upper()),
            hierarchical_clustering_estimator=cluster.HierarchicalClustering(
                max_clusters=clusters, linkage_method=getattr(cluster.LinkageMethod, linkage.upper())
            ),
        )
        .fit(returns)
    )


@pytest.mark.parametrize("options", OPTIONS, ids=lambda one: "-".join(map(str, one.values())))
def test_weights_are_those_of_skfolio(options: dict[str, Any]) -> None:
    returns = sp500_returns()
    theirs = by_skfolio(returns, **options)

    ours = herc.fit(a_sample(returns), Limits.long_only(20), **options)
    assert ours.weights == pytest.approx(theirs.weights_, abs=1e-8)
    labels = theirs.hierarchical_clustering_estimator_.labels_
    assert list(ours.extras["clusters"].values()) == (labels + 1).tolist()


@pytest.mark.parametrize("measure", ["variance", "cvar"])
def test_herc2_spreads_each_cluster_of_skfolio_equally(measure: str) -> None:
    returns = sp500_returns()
    theirs = by_skfolio(returns, linkage="ward", clusters=None, risk_measure=measure)
    labels = theirs.hierarchical_clustering_estimator_.labels_
    spread = np.array([theirs.weights_[labels == one].mean() for one in labels])

    assert weights(herc2, a_sample(returns), risk_measure=measure) == pytest.approx(spread, abs=1e-8)


@pytest.mark.parametrize("method", [herc, herc2])
@given(samples, st.sampled_from(["variance", "cvar"]))
def test_weights_are_positive_and_sum_to_one(method: ModuleType, sample: Sample, measure: str) -> None:
    found = weights(method, sample, risk_measure=measure)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert (found > 0).all()


@pytest.mark.parametrize("method", [herc, herc2])
@given(st.integers(0, 10_000))
def test_two_assets_are_weighted_inversely_to_their_variances(method: ModuleType, seed: int) -> None:
    sample = a_sample(normal_returns(seed, 2))
    inverse = 1 / np.diag(sample.covariance)
    assert weights(method, sample) == pytest.approx(inverse / inverse.sum(), rel=1e-9)


@pytest.mark.parametrize("method", [herc, herc2])
@given(st.integers(0, 10_000), st.permutations(range(9)))
def test_the_order_of_assets_does_not_matter(method: ModuleType, seed: int, order: list[int]) -> None:
    returns = normal_returns(seed, 9)
    one, other = (weights(method, a_sample(part)) for part in (returns, returns[:, order]))
    assert other == pytest.approx(one[order], rel=1e-9)


@pytest.mark.parametrize("method", [herc, herc2])
@given(samples, st.sampled_from(["variance", "cvar"]), st.sampled_from([0.5, 2.0, 1024.0]))
def test_the_unit_of_returns_does_not_matter(
    method: ModuleType, sample: Sample, measure: str, scale: float
) -> None:
    scaled = a_sample(sample.history * scale)
    one = weights(method, sample, risk_measure=measure)
    assert weights(method, scaled, risk_measure=measure) == pytest.approx(one, rel=1e-9)


def test_one_cluster_is_inverse_variance_and_equal_weights() -> None:
    sample = a_sample(normal_returns(4, 7))
    inverse = 1 / np.diag(sample.covariance)
    assert weights(herc, sample, clusters=1) == pytest.approx(inverse / inverse.sum())
    assert weights(herc2, sample, clusters=1) == pytest.approx(np.full(7, 1 / 7))


def test_cvar_counts_part_of_the_last_period_of_the_tail() -> None:
    # 5 % of 30 periods are one period and a half.
    returns = np.array([-0.3, -0.1, *[0.01] * 28])
    assert float(cvar(returns)) == pytest.approx((0.3 + 0.1 / 2) / 1.5)
    assert float(cvar(returns[:4])) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("sample", "code", "field"),
    [
        (
            lambda: replace(a_sample(normal_returns(1, 3)), returns=None),
            "needs_returns",
            "options.HERC.risk_measure",
        ),
        (lambda: a_sample(normal_returns(1, 3) + 1), "no_tail_loss", "options.HERC.risk_measure"),
    ],
    ids=["moments", "gains only"],
)
def test_cvar_that_cannot_be_computed_is_refused(sample: Any, code: str, field: str) -> None:
    with pytest.raises(CannotFit) as refusal:
        weights(herc, sample(), risk_measure="cvar")
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_too_many_clusters_are_refused_by_the_name_of_the_method() -> None:
    with pytest.raises(CannotFit) as refusal:
        weights(herc2, a_sample(normal_returns(1, 3)), clusters=9)
    assert refusal.value.field == "options.HERC2.clusters"
