"""Against the paper's own example, skfolio and PyPortfolioOpt."""

import random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import reference, sp500_returns

from analytics.optimization import hrp
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample

LINKAGES = ("single", "complete", "average", "ward")
PUBLISHED = [7.00, 7.59, 10.84, 19.03, 9.72, 10.19, 6.62, 9.10, 7.12, 12.79]


def weights(sample: Sample, **options: Any) -> NDArray[np.float64]:
    return hrp.fit(sample, Limits.long_only(sample.size), **options).weights


def test_the_papers_example_has_the_published_weights() -> None:
    # López de Prado (2016), numerical example: 10,000 draws of five independent series and five noisy copies. The
    # copies are of those that Python 2's `random.randint` chose; the first row of the covariance is printed, too.
    draws = np.random.RandomState(12345)
    independent = draws.normal(0, 1, size=(10_000, 5))
    chance = random.Random(12345)
    copied = independent[:, [int(chance.random() * 5) for _ in range(5)]]
    sample = a_sample(np.hstack((independent, copied + draws.normal(0, 0.25, size=(10_000, 5)))))
    assert sample.covariance[0, :3] == pytest.approx([1.000647799, -0.003050479, 0.010033224], abs=1e-9)

    assert 100 * weights(sample) == pytest.approx(PUBLISHED, abs=0.00501)


@pytest.mark.parametrize("linkage", LINKAGES)
def test_condensed_distances_give_the_weights_of_pyportfolioopt(linkage: str) -> None:
    returns = sp500_returns()
    library = reference("pypfopt").HRPOpt(pd.DataFrame(returns, columns=range(returns.shape[1])))
    theirs = library.optimize(linkage_method=linkage)

    ours = weights(a_sample(returns), linkage=linkage, distance="condensed")
    assert ours == pytest.approx(np.array([theirs[at] for at in range(20)]), abs=1e-12)


@pytest.mark.parametrize("linkage", LINKAGES)
@pytest.mark.parametrize("leaf_order", ["optimal", "none"])
def test_the_tree_of_distances_gives_the_weights_of_skfolio(linkage: str, leaf_order: str) -> None:
    returns = sp500_returns()
    cluster, seriation = reference("skfolio.cluster"), reference("skfolio.seriation")
    order = seriation.HierarchicalSeriation(
        hierarchical_clustering_estimator=cluster.HierarchicalClustering(
            linkage_method=getattr(cluster.LinkageMethod, linkage.upper())
        ),
        optimal_ordering=leaf_order == "optimal",
    )
    theirs = (
        reference("skfolio.optimization")
        .HierarchicalRiskParity(seriation_estimator=order)
        .fit(returns)
        .weights_
    )

    ours = weights(a_sample(returns), linkage=linkage, distance="condensed", leaf_order=leaf_order)
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_branches_are_turned_for_square_distances_too() -> None:
    sample = a_sample(sp500_returns())
    turned = hrp.fit(sample, Limits.long_only(20), leaf_order="optimal")
    plain = hrp.fit(sample, Limits.long_only(20))
    assert turned.extras["dendrogram"]["leaves"] != plain.extras["dendrogram"]["leaves"]
    assert turned.weights != pytest.approx(plain.weights, abs=1e-3)


@given(samples)
def test_weights_are_positive_and_sum_to_one(sample: Sample) -> None:
    found = weights(sample)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert (found > 0).all()


@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_two_assets_are_weighted_inversely_to_their_variances(seed: int, scale: float) -> None:
    sample = a_sample(normal_returns(seed, 2) * scale)
    inverse = 1 / np.diag(sample.covariance)
    assert weights(sample) == pytest.approx(inverse / inverse.sum(), rel=1e-9)


@given(samples, st.sampled_from([0.5, 2.0, 1024.0]))
def test_the_unit_of_returns_does_not_matter(sample: Sample, scale: float) -> None:
    scaled = a_sample(sample.history * scale)
    assert weights(scaled) == pytest.approx(weights(sample), rel=1e-9)


@given(st.integers(0, 10_000), st.permutations(range(8)))
def test_the_order_of_assets_does_not_matter_where_the_order_of_leaves_is_chosen(
    seed: int, order: list[int]
) -> None:
    # Read backwards, a list of 2, 4 or 8 leaves is cut at the same places.
    returns = normal_returns(seed, 8)
    one, other = (weights(a_sample(part), leaf_order="optimal") for part in (returns, returns[:, order]))
    assert other == pytest.approx(one[order], rel=1e-9)


def test_copies_of_one_asset_share_its_weight() -> None:
    returns = normal_returns(1, 2)
    found = weights(a_sample(returns[:, [0, 0, 1, 1]]))
    alone = weights(a_sample(returns))
    assert found == pytest.approx(alone[[0, 0, 1, 1]] / 2, rel=1e-9)


def test_more_assets_than_periods_are_no_obstacle() -> None:
    found = weights(a_sample(normal_returns(3, 40, periods=10)))
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert (found > 0).all()


def test_halves_that_hedge_themselves_away_share_equally() -> None:
    one, other = normal_returns(5, 2).T
    sample = a_sample(np.column_stack((one, -one, other, -other)))
    assert hrp.bisected(sample.covariance, np.arange(4)) == pytest.approx([0.25] * 4, abs=1e-9)


def test_one_asset_gets_everything() -> None:
    assert weights(a_sample(normal_returns(1, 1))) == pytest.approx([1])


def test_an_asset_that_never_moves_is_named() -> None:
    returns = normal_returns(1, 3)
    returns[:, 1] = 0.1
    with pytest.raises(CannotFit, match=r": A1\.") as refusal:
        weights(a_sample(returns))
    assert refusal.value.code == "constant"


def test_the_answer_draws_the_tree() -> None:
    sample = a_sample(normal_returns(2, 6))
    extras = hrp.fit(sample, Limits.long_only(6)).extras
    assert sorted(extras["dendrogram"]["leaves"]) == list(sample.assets)
    assert extras["dendrogram"]["linkage"][-1][3] == 6
    assert set(extras["clusters"]) == set(sample.assets)
