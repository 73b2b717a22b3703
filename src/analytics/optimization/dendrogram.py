"""Trees of assets: the two that are most alike are joined first, until all hang together.

The distance of two assets is √((1 − ρ)/2): 0 where they always move together, 1 where they always move apart.

References
----------
López de Prado, "Building Diversified Portfolios that Outperform Out-of-Sample", 2016.
Bar-Joseph, Gifford and Jaakkola, "Fast optimal leaf ordering for hierarchical clustering", 2001.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import linkage as linked  # type: ignore[import-untyped]
from scipy.cluster.hierarchy import optimal_leaf_ordering
from scipy.spatial.distance import pdist, squareform  # type: ignore[import-untyped]

from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats, Ints, Sample


@dataclass(frozen=True, slots=True, eq=False)
class Dendrogram:
    """A tree of n assets.

    distance : distances of assets, shape (n, n)
    linkage : shape (n − 1, 4), a row for each join: the two nodes, their distance, how many assets hang below. Assets
        are nodes 0 to n − 1, and the join in row i is node n + i.
    leaves : the assets from left to right
    first : for each node, the place in `leaves` of the first of its assets, which stand side by side
    """

    distance: Floats
    linkage: Floats
    leaves: Ints
    first: Ints

    @property
    def size(self) -> int:
        """How many assets there are."""
        return len(self.distance)

    @property
    def root(self) -> int:
        """The node that all assets hang below."""
        return 2 * self.size - 2

    def children(self, node: int) -> tuple[int, int]:
        """Return the two nodes below a join, left one first."""
        left, right = self.linkage[node - self.size, :2]
        return int(left), int(right)

    def span(self, node: int) -> slice:
        """Return where in `leaves` the assets below a node stand."""
        first = int(self.first[node])
        return slice(first, first + _count(self.linkage, node, self.size))

    def told(self, assets: Sequence[str]) -> dict[str, Any]:
        """Return the tree as an answer has it."""
        joins = [
            [int(one), int(other), apart, int(count)] for one, other, apart, count in self.linkage.tolist()
        ]
        return {"linkage": joins, "leaves": [assets[at] for at in self.leaves]}


def dendrogram(
    sample: Sample, *, linkage: str, distance: str = "condensed", leaf_order: str = "none"
) -> Dendrogram:
    """Return the tree of a sample's assets by their correlations.

    linkage : how far clusters are apart: single, complete, average or ward
    distance : `condensed` clusters by the distances of assets; `square` by the Euclidean distances of their columns in
        the matrix of distances, so that assets are alike which are equally far from all others
    leaf_order : `optimal` turns the tree's branches so that neighbours are as close as possible

    Raises
    ------
    CannotFit
        `constant` for an asset that never moves.
    """
    apart = distances(correlation(sample))
    tree = np.empty((0, 4))
    if sample.size > 1:
        between = squareform(apart, checks=False) if distance == "condensed" else pdist(apart)
        tree = linked(between, linkage)
        if leaf_order == "optimal":
            tree = optimal_leaf_ordering(tree, between)
    leaves, first = _laid_out(tree)
    return Dendrogram(apart, tree, leaves, first)


def correlation(sample: Sample) -> Floats:
    """Return the correlations that the covariance implies."""
    require_movement(sample)
    spread = sample.volatility
    correlations: Floats = np.clip(sample.covariance / spread / spread[:, None], -1, 1)
    np.fill_diagonal(correlations, 1.0)
    return correlations


def distances(correlations: Floats) -> Floats:
    """Return √((1 − ρ)/2)."""
    apart: Floats = np.sqrt((1 - correlations) / 2)
    return apart


def require_movement(sample: Sample) -> None:
    """Raise CannotFit, code `constant`, where the return of an asset never changes: it has no correlations."""
    still = np.diag(sample.covariance) < np.finfo(np.float64).tiny
    if sample.returns is not None:
        still |= sample.returns.min(axis=0) == sample.returns.max(axis=0)
    if still.any():
        names = ", ".join(sample.assets[at] for at in np.flatnonzero(still)[:10])
        raise CannotFit(
            "constant", f"Returns that never change have no correlation with others: {names}.", field="assets"
        )


def _count(tree: Floats, node: int, size: int) -> int:
    return 1 if node < size else int(tree[node - size, 3])


def _laid_out(tree: Floats) -> tuple[Ints, Ints]:
    """Return the leaves from left to right, and where each node's begin."""
    size = len(tree) + 1
    first = np.zeros(2 * size - 1, dtype=np.intp)
    for row in range(size - 2, -1, -1):  # from the root down: nobody hangs below a later join
        left, right = int(tree[row, 0]), int(tree[row, 1])
        first[left] = first[size + row]
        first[right] = first[left] + _count(tree, left, size)
    return np.argsort(first[:size], kind="stable"), first
