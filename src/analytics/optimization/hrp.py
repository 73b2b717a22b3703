"""Hierarchical risk parity: a tree puts assets that move alike side by side, and halves share out the weight.

1. The tree: distances √((1 − ρ)/2), joined by `linkage` (single is the paper's).
2. The order: the tree's leaves from left to right.
3. The weights: the list is cut in the middle; the left half gets the share 1 − V₁/(V₁ + V₂) and the right half the
   rest, where V = v'Σv is the variance of a half whose weights v are inverse to variances; halves are cut likewise.

Nothing is inverted, so that Σ may be singular. Two assets are weighted inversely to their variances.

Traps: one input has several answers. The paper clusters the square matrix of distances as if its columns were points
(`square`), others the distances themselves (`condensed`); some also turn branches so that neighbours are close
(`leaf_order` optimal). Cuts are in the middle of the list, not of the tree; where one goes through a pair, the order in
which assets were sent decides which of the two is left. It knows no limits: weights are between 0 and 1 and sum to 1.

References
----------
López de Prado, "Building Diversified Portfolios that Outperform Out-of-Sample", Journal of Portfolio Management 42(4),
2016.
"""

from collections.abc import Iterator

import numpy as np

from analytics.optimization import clusters
from analytics.optimization.cluster_risk import inverse, share_of_first, variance_of
from analytics.optimization.dendrogram import dendrogram
from analytics.optimization.fit import Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Ints, Sample


def fit(
    sample: Sample,
    limits: Limits,
    *,
    linkage: str = "single",
    distance: str = "square",
    leaf_order: str = "none",
) -> Fit:
    """Return weights by recursive bisection; the clusters beside them take no part in it.

    Raises
    ------
    CannotFit
        `constant` for an asset that never moves.
    """
    tree = dendrogram(sample, linkage=linkage, distance=distance, leaf_order=leaf_order)
    numbers = clusters.labels(tree, None, option="options.HRP")
    return Fit(
        weights=limits.budget * bisected(sample.covariance, tree.leaves),
        solver="recursive bisection",
        extras={"clusters": clusters.told(numbers, sample.assets), "dendrogram": tree.told(sample.assets)},
    )


def bisected(covariance: Floats, leaves: Ints) -> Floats:
    """Return the weights of assets that stand in the order of `leaves`."""
    ordered = covariance[np.ix_(leaves, leaves)]
    weights = np.ones(len(leaves))
    for start, middle, end in _cuts(0, len(leaves)):
        share = share_of_first(_variance(ordered, start, middle), _variance(ordered, middle, end))
        weights[start:middle] *= share
        weights[middle:end] *= 1 - share
    back = np.empty_like(weights)
    back[leaves] = weights
    return back


def _cuts(start: int, end: int) -> Iterator[tuple[int, int, int]]:
    if end - start > 1:
        middle = start + (end - start) // 2
        yield start, middle, end
        yield from _cuts(start, middle)
        yield from _cuts(middle, end)


def _variance(ordered: Floats, start: int, end: int) -> float:
    """Return the variance of some assets, weighted inversely to theirs."""
    part = ordered[start:end, start:end]
    return variance_of(part, inverse(part.diagonal()))
