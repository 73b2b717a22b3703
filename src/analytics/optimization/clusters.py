"""How many groups a tree of assets falls into, and which asset is in which.

The number is the k for which the dispersion W falls much on the way to k clusters and little beyond: the largest
second difference W(k−1) − 2W(k) + W(k+1), where W(k) is the sum over the k clusters of the mean distance within each.
At most max(8, √n) clusters are looked at, the least of equals is taken, and two assets are two clusters.

References
----------
Yue, Wang and Wei, "Application of two-order difference to gap statistic", 2009.
"""

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
from scipy.cluster.hierarchy import fcluster  # type: ignore[import-untyped]

from analytics.optimization.dendrogram import Dendrogram
from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats, Ints

LOOKED_AT_MIN = 8


def labels(tree: Dendrogram, count: int | None, *, option: str) -> Ints:
    """Return the number of each asset's cluster, from 1 in the order of leaves.

    count : how many clusters to cut the tree into, fewer where joins are equally far; None chooses it
    option : the field of the request that `count` came from

    Raises
    ------
    CannotFit
        `too_many_clusters` for more clusters than assets.
    """
    if count is not None and count > tree.size:
        detail = f"{tree.size} assets cannot fall into {count} clusters."
        raise CannotFit("too_many_clusters", detail, field=option)
    if tree.size == 1:
        return np.ones(1, dtype=np.intp)
    wanted = best_count(tree) if count is None else count
    return np.asarray(fcluster(tree.linkage, wanted, "maxclust"), dtype=np.intp)


def members(numbers: Ints) -> list[Ints]:
    """Return the assets of each cluster, in the order of clusters."""
    return [np.flatnonzero(numbers == cluster) for cluster in range(1, int(numbers.max()) + 1)]


def told(numbers: Ints, assets: Sequence[str]) -> dict[str, int]:
    """Return the number of each asset's cluster by the asset's name."""
    return dict(zip(assets, numbers.tolist(), strict=True))


def best_count(tree: Dendrogram) -> int:
    """Return the number of clusters with the largest second difference of dispersion."""
    if tree.size <= 3:
        return min(tree.size, 2)
    dispersion = np.fromiter(_dispersions(tree), dtype=np.float64)
    return int(np.argmax(dispersion[2:] + dispersion[:-2] - 2 * dispersion[1:-1])) + 2


def _dispersions(tree: Dendrogram) -> Iterator[float]:
    """Yield the dispersion of one cluster, of two, and so on: the last join is undone first."""
    looked_at = min(tree.size, max(LOOKED_AT_MIN, round(sqrt(tree.size))))
    ordered = tree.distance[np.ix_(tree.leaves, tree.leaves)]
    spreads = {tree.root: _spread(tree, tree.root, ordered)}
    yield spreads[tree.root]
    for node in range(tree.root, tree.root - looked_at + 1, -1):
        del spreads[node]
        spreads |= {child: _spread(tree, child, ordered) for child in tree.children(node)}
        yield sum(spreads.values())


def _spread(tree: Dendrogram, node: int, ordered: Floats) -> float:
    """Return the mean distance of two assets below a node."""
    span = tree.span(node)
    count = span.stop - span.start
    return float(ordered[span, span].sum() / (count * (count - 1))) if count > 1 else 0.0
