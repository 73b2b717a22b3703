"""Nested clustered optimisation: within clusters first, then between them, as if each cluster were one asset.

1. The clusters: a tree of distances √((1 − ρ)/2) with Ward's linkage, cut into `clusters`, or into as many as the
   second difference of the dispersion within clusters chooses (see `clusters`).
2. Within each cluster of several assets the method `inner` chooses weights: the columns of W.
3. Between clusters the method `outer` chooses ω from the moments of the clusters' portfolios, W'μ and W'ΣW (`folds` 0);
   with `folds`, from their returns in each fold when `inner` saw the other folds only.
4. The weights are Wω.

Σ is inverted in blocks in which assets are alike, and between blocks that are not: errors stay where they are.

Traps: the clusters themselves are always those of the whole sample. Within and between clusters nothing is sold short,
and no other limits hold; the weights are moved to the nearest within limits afterwards. Σ that is block-diagonal in the
clusters makes MinVol within and between the minimum variance portfolio; any other Σ makes it something else.

References
----------
López de Prado, "A Robust Estimator of the Efficient Frontier", 2016; "Machine Learning for Asset Managers", 2020,
section 7.
"""

import numpy as np

from analytics.optimization import clusters as cut
from analytics.optimization.dendrogram import dendrogram
from analytics.optimization.fit import CannotFit, Fit
from analytics.optimization.limits import Limits
from analytics.optimization.portfolios import Inside, Options, of_portfolios, predicted
from analytics.optimization.sample import Floats, Ints, Sample


def fit(
    sample: Sample,
    limits: Limits,
    *,
    inner: str = "MinVol",
    outer: str = "MinVol",
    clusters: int | None = None,
    folds: int = 0,
    inner_options: Options | None = None,
) -> Fit:
    """Return weights within clusters times weights of clusters.

    inner_options : options of `inner` and `outer` by their names

    Raises
    ------
    CannotFit
        `constant` for an asset that never moves, `too_many_clusters`, `needs_returns` for folds without returns,
        `folds`, `short_history`, and as the methods inside do.
    """
    tree = dendrogram(sample, linkage="ward")
    numbers = cut.labels(tree, clusters, option="options.NCO.clusters")
    groups = cut.members(numbers)
    inside = Inside(inner_options or {})
    within = _within(inside, inner, sample, groups)
    between = _between(inside, (inner, outer), sample, groups, within, folds)
    return Fit(
        weights=limits.budget * (within @ between),
        solver=inside.solver or "closed form",
        status=inside.status,
        fallbacks=inside.fallbacks,
        extras={
            "clusters": cut.told(numbers, sample.assets),
            "cluster_weights": dict(zip(_names(groups), between.tolist(), strict=True)),
            "dendrogram": tree.told(sample.assets),
        },
    )


def _within(inside: Inside, method: str, sample: Sample, groups: list[Ints]) -> Floats:
    """Return the weights of assets, shape (n, k), in each of k clusters."""
    weights = np.zeros((sample.size, len(groups)))
    for column, group in enumerate(groups):
        alone = len(group) == 1
        weights[group, column] = (
            1.0 if alone else inside.weights(method, sample.of_assets(group), Limits.long_only(len(group)))
        )
    return weights


def _between(
    inside: Inside, pair: tuple[str, str], sample: Sample, groups: list[Ints], within: Floats, folds: int
) -> Floats:
    """Return the weight of each cluster."""
    inner, outer = pair
    if len(groups) == 1:
        return np.ones(1)
    returns = None
    if folds:
        if sample.returns is None:
            detail = "Folds are of returns, not of moments; 0 is in sample."
            raise CannotFit("needs_returns", detail, field="options.NCO.folds")
        others = Inside(inside.options)
        returns = predicted(
            sample, folds, lambda known: _within(others, inner, known, groups), option="options.NCO.folds"
        )
    whole = of_portfolios(sample, _names(groups), within, returns)
    return inside.weights(outer, whole, Limits.long_only(len(groups)))


def _names(groups: list[Ints]) -> list[str]:
    return [str(number) for number in range(1, len(groups) + 1)]
