"""Drawings of methods that put assets into a tree, and of stacks."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from methods_style import ACCENT, INK, LOSS, MUTED, PALETTE, PERCENT, PORTFOLIO, Data, Drawing, bars, named

from analytics.optimization.sample import Floats


def tree(axes: Axes, shown: Data, extras: Mapping[str, Any]) -> list[int]:
    """Draw a dendrogram from left to right, leaves colored by cluster; return the leaves from the top down."""
    joins, leaves = extras["dendrogram"]["linkage"], extras["dendrogram"]["leaves"]
    order = [shown.assets.index(name) for name in leaves]
    at = {asset: (0.0, float(place)) for place, asset in enumerate(order)}
    cluster: dict[int, int | None] = {asset: extras["clusters"][shown.assets[asset]] for asset in order}
    for row, (one, other, apart, _) in enumerate(joins):
        node = len(order) + row
        (x_one, y_one), (x_other, y_other) = at[one], at[other]
        cluster[node] = cluster[one] if cluster[one] == cluster[other] else None
        line = [x_one, apart, apart, x_other], [y_one, y_one, y_other, y_other]
        axes.plot(*line, color=color_of(cluster[node]), linewidth=1.3)
        at[node] = (apart, (y_one + y_other) / 2)
    axes.set_yticks(range(len(order)), leaves)
    for label, name in zip(axes.get_yticklabels(), leaves, strict=True):
        label.set_color(color_of(extras["clusters"][name]))
    axes.tick_params(axis="y", labelsize=8)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set_xlabel("distance")
    axes.invert_xaxis()
    axes.yaxis.tick_right()
    axes.grid(visible=False)
    return order


def color_of(cluster: int | None) -> str:
    """Return the color of a cluster, and that of joins of several."""
    return MUTED if cluster is None else PALETTE[(cluster - 1) % len(PALETTE)]


def tree_and_weights(method: Any, figure: Figure, shown: Data) -> str:
    """Draw the tree, and weights and shares of risk in its order."""
    fit = shown.fit(method)
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.2))
    order = tree(left, shown, fit.extras)
    places = np.arange(len(order))
    colors = [color_of(fit.extras["clusters"][shown.assets[at]]) for at in order]
    right.barh(places, fit.weights[order], height=0.62, color=colors, label="weight")
    shares = shown.contributions(fit.weights)
    right.plot(shares[order], places, "D", color=INK, markersize=4, linestyle="none", label="share of risk")
    right.set_yticks([])
    right.set_ylim(len(order) - 0.4, -0.6)
    right.xaxis.set_major_formatter(PERCENT)
    right.grid(visible=False, axis="y")
    right.legend(loc="upper right", fontsize=8.5)
    count = max(fit.extras["clusters"].values())
    return (
        f"{method}: a tree of the assets in {count} clusters, and weights in its order; the largest are "
        f"{named(shown, fit.weights)}, with {100 * shown.volatility(fit.weights):.1f} % volatility a year."
    )


def hrp(figure: Figure, shown: Data) -> str:
    """Draw hierarchical risk parity."""
    return tree_and_weights("HRP", figure, shown)


def herc(figure: Figure, shown: Data) -> str:
    """Draw hierarchical equal risk contribution."""
    return tree_and_weights("HERC", figure, shown)


def herc2(figure: Figure, shown: Data) -> str:
    """Draw the variant with equal weights in clusters."""
    return tree_and_weights("HERC2", figure, shown)


def nco(figure: Figure, shown: Data) -> str:
    """Draw nested clusters."""
    return tree_and_weights("NCO", figure, shown)


def stacking(figure: Figure, shown: Data) -> str:
    """Draw the shares of methods, and the weights they mix to, beside those of the method with the largest share."""
    fit = shown.fit("StackingOptimization")
    left, right = figure.subplots(1, 2, width_ratios=(0.8, 1.2))
    in_sample = shown.fit("StackingOptimization", folds=0).extras["stack"]
    names = list(fit.extras["stack"])
    places = np.arange(len(names))
    for offset, (label, shares, color) in enumerate(
        (("out of sample, 5 folds", fit.extras["stack"], PORTFOLIO), ("in sample", in_sample, LOSS))
    ):
        at = places + 0.36 * offset - 0.18
        left.barh(at, [shares[name] for name in names], height=0.32, color=color, label=label)
    left.set_yticks(places, names)
    left.tick_params(axis="y", labelsize=8)
    left.set_ylim(len(names) - 0.4, -0.6)
    left.xaxis.set_major_formatter(PERCENT)
    left.grid(visible=False, axis="y")
    left.set_xlabel("share of the method")
    left.legend(loc="lower right", fontsize=8.5)
    alone: Floats = shown.fit("MinVol").weights
    bars(right, shown, {"the stack": fit.weights, "MinVol alone": alone}, colors=(PORTFOLIO, ACCENT))
    parts = ", ".join(f"{name} {100 * share:.0f} %" for name, share in fit.extras["stack"].items())
    return f"StackingOptimization: shares {parts}; largest weights {named(shown, fit.weights)}."


DRAWINGS: Final[dict[str, Drawing]] = {
    "hrp": hrp,
    "herc": herc,
    "herc2": herc2,
    "nco": nco,
    "stacking-optimization": stacking,
}
