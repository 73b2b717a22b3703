"""Hierarchical equal risk contribution with equal weights inside each cluster.

Clusters get what `herc` gives them, by the risk of their assets weighted inversely to it; within a cluster every asset
then has the same weight. Small differences of risk within a cluster, mostly noise, cause no trades.

Traps: those of `herc`. The risk by which a cluster is weighted is not that of the equal weights it ends up with.

References
----------
Raffinot, "The Hierarchical Equal Risk Contribution Portfolio", 2018; the variant HERC2 of Riskfolio-Lib.
"""

import numpy as np

from analytics.optimization.fit import Fit
from analytics.optimization.herc import allocation
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


def fit(
    sample: Sample,
    limits: Limits,
    *,
    linkage: str = "ward",
    clusters: int | None = None,
    risk_measure: str = "variance",
) -> Fit:
    """Return the weights of clusters, inverse to the risk of branches, in equal parts to their assets.

    Raises
    ------
    CannotFit
        As `herc` does.
    """
    found = allocation("HERC2", sample, linkage=linkage, clusters=clusters, risk_measure=risk_measure)
    sizes = np.bincount(found.numbers)
    return found.fit(1 / sizes[found.numbers], sample)
