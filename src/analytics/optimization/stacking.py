"""A portfolio of portfolios: several methods choose weights, and a last one mixes the methods.

1. Each of `methods` chooses weights on the whole sample: the columns of W.
2. The returns of each method are computed in `folds` stretches of the sample, with weights that it chose from the other
   stretches; with 0 folds, in sample.
3. The method `final` chooses shares s from those returns. The weights are Ws.

Traps: in sample, MinVol as the last method gives everything to the method that is nearest to MinVol itself; folds are
there against that. They are shared out in order and learn from later periods, too: fair to methods, no test of the mix.
Methods that stand for limits choose within them (all but the number of assets, and the targets, which hold for the mix
alone); the mix of what lies within convex limits lies within them.

References
----------
Wolpert, "Stacked generalization", Neural Networks 5, 1992; the class StackingOptimization of skfolio.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analytics.optimization.fit import CannotFit, Fit
from analytics.optimization.limits import Limits
from analytics.optimization.portfolios import Inside, Options, of_portfolios, predicted
from analytics.optimization.sample import Floats, Sample


def fit(
    sample: Sample,
    limits: Limits,
    *,
    methods: Sequence[str] = ("InverseVolatility", "MinVol", "HRP"),
    final: str = "MinVol",
    folds: int = 5,
    inner_options: Options | None = None,
) -> Fit:
    """Return the weights of the methods, mixed by the last one.

    inner_options : options of `methods` and `final` by their names

    Raises
    ------
    CannotFit
        `needs_returns` for folds without returns, `folds`, `short_history`, and as the methods inside do.
    """
    names, inside = tuple(dict.fromkeys(methods)), Inside(inner_options or {})
    each = replace(limits, max_names=None, target_return=None, target_volatility=None)
    chosen = _chosen(inside, names, sample, each)
    shares = _shares(inside, (names, final), sample, each, chosen, folds)
    return Fit(
        weights=chosen @ shares,
        solver=inside.solver,
        status=inside.status,
        fallbacks=inside.fallbacks,
        extras={"stack": dict(zip(names, shares.tolist(), strict=True))},
    )


def _chosen(inside: Inside, names: Sequence[str], sample: Sample, limits: Limits) -> Floats:
    """Return the weights of each method as a column, shape (n, k)."""
    return np.column_stack([inside.weights(name, sample, limits) for name in names])


def _shares(
    inside: Inside,
    mixed: tuple[Sequence[str], str],
    sample: Sample,
    limits: Limits,
    chosen: Floats,
    folds: int,
) -> Floats:
    """Return the share of each method."""
    names, final = mixed
    if len(names) == 1:
        return np.ones(1)
    returns = None
    if folds:
        if sample.returns is None:
            detail = "Folds are of returns, not of moments; 0 is in sample."
            raise CannotFit("needs_returns", detail, field="options.StackingOptimization.folds")
        others = Inside(inside.options)
        returns = predicted(
            sample,
            folds,
            lambda known: _chosen(others, names, known, limits),
            option="options.StackingOptimization.folds",
        )
    return inside.weights(final, of_portfolios(sample, names, chosen, returns), Limits.long_only(len(names)))
