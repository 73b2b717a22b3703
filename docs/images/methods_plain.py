"""Drawings of the highest Sharpe ratio, of few names, and of a tracker."""

from dataclasses import replace
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from methods_style import (
    ACCENT,
    INK,
    LOSS,
    MUTED,
    PALETTE,
    PERCENT,
    PORTFOLIO,
    RISK_FREE,
    YEAR,
    Data,
    Drawing,
    bars,
    frontier,
    mark,
    named,
    plane,
)

HURDLES: Final = np.linspace(0.0, 0.95, 20)
NAMES: Final = (2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20)


def mvo(figure: Figure, shown: Data) -> str:
    """Draw the line from the risk-free return that touches the frontier."""
    weights = shown.fit("MVO", points=0).weights
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.25))
    bars(left, shown, {"weight": weights, "share of risk": shown.contributions(weights)})
    plane(right, shown)
    frontier(right, shown)
    risk, gain = shown.volatility(weights), shown.expected(weights)
    ends = np.array([0.0, 1.6 * risk])
    right.plot(
        ends, RISK_FREE + ends * (gain - RISK_FREE) / risk, color=ACCENT, linewidth=1.2, label="highest ratio"
    )
    mark(right, shown, weights, "MVO")
    right.set_xlim(left=0)
    right.legend(loc="lower right", fontsize=8.5)
    return (
        f"Left: largest weights {named(shown, weights)}. Right: a line from the risk-free return of "
        f"{100 * RISK_FREE:.0f} % touches the efficient frontier at MVO, at {100 * risk:.1f} % volatility and "
        f"{100 * gain:.1f} % expected return; no asset or portfolio lies above it."
    )


def sparse(figure: Figure, shown: Data) -> str:
    """Draw how weights leave one after the other while the hurdle rises."""
    left, right = figure.subplots(1, 2, width_ratios=(1.4, 1.0))
    paths = np.array([shown.fit("SparseMarkowitzL1", hurdle=float(one)).weights for one in HURDLES])
    held = np.flatnonzero(paths.max(axis=0) > 0.005)
    left.stackplot(
        HURDLES, paths[:, held].T, colors=PALETTE, labels=[shown.assets[at] for at in held], alpha=0.9
    )
    left.set_xlim(0, HURDLES[-1])
    left.set_ylim(0, 1)
    left.xaxis.set_major_formatter(PERCENT)
    left.yaxis.set_major_formatter(PERCENT)
    left.set_xlabel("hurdle, as a share of the highest excess return")
    left.set_ylabel("weights")
    left.legend(loc="upper right", fontsize=8, frameon=True, framealpha=0.9)
    counts = (paths > 0).sum(axis=1)
    right.step(HURDLES, counts, where="mid", color=PORTFOLIO)
    right.set_xlabel("hurdle")
    right.set_ylabel("names")
    right.set_ylim(bottom=0)
    right.xaxis.set_major_formatter(PERCENT)
    return (
        f"While the hurdle rises from 0 to {100 * HURDLES[-1]:.0f} %, the number of names falls from {counts[0]} to "
        f"{counts[-1]}; the last one is {shown.assets[int(np.argmax(paths[-1]))]}."
    )


def tracker(figure: Figure, shown: Data) -> str:
    """Draw how closely so many names follow the index."""
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.25))
    best = shown.fit("BenchmarkTracker").weights
    bars(left, shown, {"weight": best})
    year = np.sqrt(YEAR)
    errors = [
        year
        * shown.fit("BenchmarkTracker", limits=replace(shown.limits, max_names=count)).extras[
            "tracking_error"
        ]
        for count in NAMES
    ]
    even = np.full(len(shown.assets), 1 / len(shown.assets))
    apart = shown.sample.history @ even - np.asarray(shown.sample.benchmark)
    right.plot(NAMES, errors, "o-", color=PORTFOLIO, markersize=4, label="best set of so many names")
    right.axhline(float(apart.std(ddof=1)) * year, color=LOSS, linewidth=1.2, label="equal weights in all")
    right.set_xticks(range(2, 21, 2))
    right.set_xlabel("names, at most")
    right.set_ylabel("tracking error, a year", color=INK)
    right.yaxis.set_major_formatter(PERCENT)
    right.set_ylim(bottom=0)
    right.grid(visible=True, color=MUTED, alpha=0.2)
    right.legend(loc="upper right", fontsize=8.5)
    return (
        f"Left: largest weights {named(shown, best)}. Right: tracking error falls from {100 * errors[0]:.1f} % with "
        f"{NAMES[0]} names to {100 * errors[-1]:.1f} % with all; equal weights in all are at "
        f"{100 * float(apart.std(ddof=1)) * year:.1f} %."
    )


DRAWINGS: Final[dict[str, Drawing]] = {
    "mvo": mvo,
    "sparse-markowitz-l1": sparse,
    "benchmark-tracker": tracker,
}
"""What is drawn for each page."""
