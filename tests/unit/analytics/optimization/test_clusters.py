"""The number of clusters and who is in which, against skfolio."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import reference, sp500_returns

from analytics.optimization import clusters
from analytics.optimization.dendrogram import dendrogram
from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Sample

LINKAGES = ("single", "complete", "average", "ward")
CUTS = [("stocks", linkage, count) for linkage in LINKAGES for count in (None, 1, 2, 7, 20)] + [
    (f"drawn {size}", linkage, None) for linkage in LINKAGES for size in (2, 3, 4, 9, 30, 90)
]


def some_sample(name: str) -> Sample:
    return a_sample(sp500_returns() if name == "stocks" else normal_returns(7, int(name.split()[1])))


@pytest.mark.parametrize(("name", "linkage", "count"), CUTS)
def test_clusters_are_those_of_skfolio(name: str, linkage: str, count: int | None) -> None:
    sample = some_sample(name)
    cluster = reference("skfolio.cluster")
    distance = reference("skfolio.distance").PearsonDistance().fit(sample.history).distance_
    method = getattr(cluster.LinkageMethod, linkage.upper())
    theirs = cluster.HierarchicalClustering(max_clusters=count, linkage_method=method).fit(distance)

    tree = dendrogram(sample, linkage=linkage)
    assert tree.linkage == pytest.approx(theirs.linkage_matrix_, abs=1e-10)
    assert clusters.labels(tree, count, option="clusters").tolist() == (theirs.labels_ + 1).tolist()


@given(samples)
def test_a_nodes_assets_stand_side_by_side(sample: Sample) -> None:
    tree = dendrogram(sample, linkage="average")
    below = {at: {at} for at in range(sample.size)}
    for row, (left, right, _, count) in enumerate(tree.linkage):
        node = sample.size + row
        below[node] = below[int(left)] | below[int(right)]
        assert set(tree.leaves[tree.span(node)]) == below[node]
        assert count == len(below[node])


@given(st.integers(0, 10_000), st.permutations(range(9)))
def test_the_order_of_assets_does_not_matter(seed: int, order: list[int]) -> None:
    returns = normal_returns(seed, 9)
    one, other = (
        clusters.labels(dendrogram(a_sample(part), linkage="ward"), None, option="clusters")
        for part in (returns, returns[:, order])
    )
    alike = one[order][:, None] == one[order]
    assert (alike == (other[:, None] == other)).all()


def test_members_are_told_by_cluster() -> None:
    found = clusters.members(np.array([2, 1, 2]))
    assert [one.tolist() for one in found] == [[1], [0, 2]]


def test_more_clusters_than_assets_are_refused() -> None:
    tree = dendrogram(a_sample(normal_returns(1, 3)), linkage="ward")
    with pytest.raises(CannotFit) as refusal:
        clusters.labels(tree, 4, option="options.HERC.clusters")
    assert (refusal.value.code, refusal.value.field) == ("too_many_clusters", "options.HERC.clusters")
