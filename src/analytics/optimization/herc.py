"""Hierarchical equal risk contribution: the weight goes down the tree to its clusters, then to the assets in each.

1. The tree: distances √((1 − ρ)/2), joined by `linkage`; cut into `clusters`, or into as many as the second difference
   of the dispersion within clusters chooses (see `clusters`).
2. The risk of each cluster: that of its assets weighted inversely to their own risk, which is the variance, or the CVaR
   at 95 % of the loss in one period.
3. From the root down, the left branch gets the share 1 − R₁/(R₁ + R₂) and the right branch the rest, where R is the sum
   of the risks of the clusters below; it ends at clusters, in which assets are weighted inversely to their risk.

Traps: the number of clusters changes the answer more than anything else. A branch of many clusters counts with the sum
of their risks, so that a lone cluster beside it gets much, however risky it is. With variance it is variance that is
inverted, not volatility. CVaR needs returns, and cannot share out where even the worst periods of an asset gain.

References
----------
Raffinot, "The Hierarchical Equal Risk Contribution Portfolio", 2018.
"""

from dataclasses import dataclass

import numpy as np

from analytics.optimization import clusters as cut
from analytics.optimization.cluster_risk import Risk, inverse, risk_named, share_of_first
from analytics.optimization.dendrogram import Dendrogram, dendrogram
from analytics.optimization.fit import Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Ints, Sample


@dataclass(frozen=True, slots=True)
class Allocation:
    """A tree, the number of each asset's cluster, from 1, each cluster's weight, and the weights within clusters."""

    tree: Dendrogram
    numbers: Ints
    of_clusters: Floats
    within: Floats

    def fit(self, within: Floats, sample: Sample) -> Fit:
        """Return the weights, given those of assets within their clusters."""
        return Fit(
            weights=within * self.of_clusters[self.numbers - 1],
            solver="recursive bisection",
            extras={
                "clusters": cut.told(self.numbers, sample.assets),
                "dendrogram": self.tree.told(sample.assets),
            },
        )


def fit(
    sample: Sample,
    limits: Limits,
    *,
    linkage: str = "ward",
    clusters: int | None = None,
    risk_measure: str = "variance",
) -> Fit:
    """Return weights inverse to risk within clusters, and to the risk of branches between them.

    Raises
    ------
    CannotFit
        `constant` for an asset that never moves, `too_many_clusters`, `needs_returns` or `no_tail_loss` for CVaR.
    """
    found = allocation("HERC", sample, linkage=linkage, clusters=clusters, risk_measure=risk_measure)
    return found.fit(found.within, sample)


def allocation(
    method: str, sample: Sample, *, linkage: str, clusters: int | None, risk_measure: str
) -> Allocation:
    """Return what each cluster gets; `method` names the options in what is refused."""
    tree = dendrogram(sample, linkage=linkage)
    numbers = cut.labels(tree, clusters, option=f"options.{method}.clusters")
    risk = risk_named(risk_measure, sample, option=f"options.{method}.risk_measure")
    within, risks = _within(risk, cut.members(numbers))
    return Allocation(tree, numbers, _between(tree, numbers, risks), within)


def _within(risk: Risk, groups: list[Ints]) -> tuple[Floats, Floats]:
    """Return the weight of each asset within its cluster, and the risk of each cluster."""
    within, risks = np.empty(sum(map(len, groups))), np.empty(len(groups))
    for place, group in enumerate(groups):
        within[group] = weights = inverse(risk.of_assets[group])
        risks[place] = risk.of_portfolio(group, weights)
    return within, risks


def _between(tree: Dendrogram, numbers: Ints, risks: Floats) -> Floats:
    """Return the weight of each cluster."""
    weights = np.ones(len(risks))
    along = numbers[tree.leaves] - 1
    waiting = [tree.root]
    while waiting:
        node = waiting.pop()
        if len(np.unique(along[tree.span(node)])) > 1:
            left, right = tree.children(node)
            first, second = np.unique(along[tree.span(left)]), np.unique(along[tree.span(right)])
            share = share_of_first(float(risks[first].sum()), float(risks[second].sum()))
            weights[first] *= share
            weights[second] *= 1 - share
            waiting += (left, right)
    return weights
