"""Drawings of methods that look at tails, and of shared risk."""

from dataclasses import replace
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from methods_style import (
    ACCENT,
    BAND,
    BENCHMARK,
    INK,
    LOSS,
    MUTED,
    PALETTE,
    PERCENT,
    PORTFOLIO,
    Data,
    Drawing,
    bars,
    named,
)

from analytics.optimization.risk_shares import contributions
from analytics.optimization.sample import Floats

BETA: Final = 0.95
SHOWN: Final = 120
"""How many of the worst days are drawn."""
RADII: Final = np.geomspace(1e-4, 0.02, 33)
MARKED: Final = (0.0001, 0.0003, 0.001, 0.003, 0.01)
CAP: Final = 0.06


def min_cvar(figure: Figure, shown: Data) -> str:
    """Draw the worst days of three portfolios."""
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.25))
    best, calm, even = (shown.fit(one).weights for one in ("MinCVaR", "MinVol", "EquiWeighted"))
    bars(left, shown, {"MinCVaR": best, "MinVol": calm}, colors=(PORTFOLIO, ACCENT))
    tail = len(shown.sample.history) * (1 - BETA)
    right.axvspan(0, tail, color=BAND)
    means = []
    for name, weights, color in (
        ("EquiWeighted", even, BENCHMARK),
        ("MinVol", calm, ACCENT),
        ("MinCVaR", best, PORTFOLIO),
    ):
        losses = np.sort(-shown.sample.history @ weights)[::-1]
        means.append(float(losses[: round(tail)].mean()))
        right.plot(
            np.arange(1, SHOWN + 1), losses[:SHOWN], color=color, label=f"{name}: {100 * means[-1]:.2f} %"
        )
    right.set_xlabel("days, the worst first; shaded: the worst 5 %")
    right.set_ylabel("loss")
    right.set_xlim(1, SHOWN)
    right.yaxis.set_major_formatter(PERCENT)
    right.legend(loc="upper right", fontsize=8.5, title="mean of the worst 5 %", title_fontsize=8.5)
    return (
        f"MinCVaR: largest weights {named(shown, best)}; on the worst 5 % of days it loses "
        f"{100 * means[2]:.2f} % on average, minimum variance {100 * means[1]:.2f} % and equal weights "
        f"{100 * means[0]:.2f} %."
    )


def min_cdar(figure: Figure, shown: Data) -> str:
    """Draw how far two portfolios were below their highest point, day by day."""
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.6))
    best, even = (shown.fit(one).weights for one in ("MinCDaR", "EquiWeighted"))
    bars(left, shown, {"weight": best})
    worst = []
    for name, weights, color in (("EquiWeighted", even, BENCHMARK), ("MinCDaR", best, PORTFOLIO)):
        below = _falls(shown, weights)
        worst.append(float(np.sort(below)[::-1][: round(len(below) * (1 - BETA))].mean()))
        right.fill_between(shown.days, -below, 0, color=color, alpha=0.3, linewidth=0)
        right.plot(shown.days, -below, color=color, linewidth=0.9, label=f"{name}: {100 * worst[-1]:.1f} %")
        right.axhline(-worst[-1], color=color, linewidth=0.9, linestyle="--")
    right.set_ylabel("below the highest point so far")
    right.yaxis.set_major_formatter(PERCENT)
    right.legend(loc="lower left", fontsize=8.5, title="mean of the deepest 5 % (dashed)", title_fontsize=8.5)
    return (
        f"MinCDaR: largest weights {named(shown, best)}; the deepest 5 % of its drawdowns are "
        f"{100 * worst[1]:.1f} % on average, those of equal weights {100 * worst[0]:.1f} %."
    )


def _falls(shown: Data, weights: Floats) -> Floats:
    level = np.concatenate([[0.0], np.cumsum(shown.sample.history @ weights)])
    return np.asarray((np.maximum.accumulate(level) - level)[1:])


def robust(figure: Figure, shown: Data) -> str:
    """Draw weights over the radius of the ball."""
    axes = figure.subplots()
    weights = np.array(
        [shown.fit("DistributionallyRobustCVaR", radius=float(radius)).weights for radius in RADII]
    )
    order = np.argsort(-np.round(weights[0], 9), kind="stable")
    colors = [PALETTE[place % len(PALETTE)] for place in range(len(order))]
    axes.stackplot(RADII, weights[:, order].T, colors=colors, alpha=0.8, linewidth=0.4, edgecolor="white")
    heights = np.cumsum(weights[0, order])
    for place, asset in enumerate(order):
        if weights[0, asset] > 0.03:
            middle = heights[place] - weights[0, asset] / 2
            axes.text(RADII[0] * 1.05, middle, shown.assets[asset], fontsize=8, color="white", va="center")
    axes.set_xscale("log")
    axes.set_xticks(MARKED, [f"{radius:g}" for radius in MARKED])
    axes.minorticks_off()
    axes.set_xlim(RADII[0], RADII[-1])
    axes.set_ylim(0, 1)
    axes.set_xlabel("radius, in daily return")
    axes.set_ylabel("weights")
    axes.yaxis.set_major_formatter(PERCENT)
    axes.grid(visible=False)
    held = [int((row > 1e-6).sum()) for row in (weights[0], weights[-1])]
    return (
        f"DistributionallyRobustCVaR over its radius: from {held[0]} names, {named(shown, weights[0])}, to all "
        f"{held[1]} with {100 * weights[-1].max():.1f} % each."
    )


def risk_budgeting(figure: Figure, shown: Data) -> str:
    """Draw weights and shares of risk, without limits and with one."""
    left, right = figure.subplots(1, 2)
    free = shown.fit("RiskBudgeting").weights
    limits = replace(shown.limits, upper=np.full(len(free), CAP))
    capped = shown.fit("RiskBudgeting", limits=limits).weights
    for axes, weights, title in (
        (left, free, "equal budgets"),
        (right, capped, f"at most {CAP:.0%} each".replace("%", " %")),
    ):
        shares = contributions(shown.sample, weights, "variance")
        bars(axes, shown, {"weight": weights, "share of risk": shares}, colors=(PORTFOLIO, LOSS))
        axes.set_title(title, fontsize=9.5, color=INK)
        axes.axvline(1 / len(free), color=MUTED, linewidth=0.9, linestyle="--")
        axes.set_xlim(0, 0.095)
    least, most = free.min(), free.max()
    return (
        f"RiskBudgeting: with equal budgets weights from {100 * least:.1f} % to {100 * most:.1f} % carry 5.0 % "
        f"of the risk each; with at most 6 % each, shares of risk move away from 5 %."
    )


DRAWINGS: dict[str, Drawing] = {
    "min-cvar": min_cvar,
    "min-cdar": min_cdar,
    "distributionally-robust-cvar": robust,
    "risk-budgeting": risk_budgeting,
}
