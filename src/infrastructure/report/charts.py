"""The report's drawings, one function each."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from application.report.content import Attribution, Drift, Factors, Performance, Regime, Risk
from infrastructure.report import wording
from infrastructure.report.drawing import (
    ACCENT,
    BAND,
    BENCHMARK,
    INK,
    LOSS,
    MUTED,
    PORTFOLIO,
    canvas,
    svg,
)
from infrastructure.report.markup import Markup

ROW = 0.285
"""Height of one bar with its gap, in inches."""
MOST_BARS = 20
LONGEST_NAME = 32
CONFIDENCE = 1.96
PERCENT = PercentFormatter(1, decimals=0, symbol=" %")
TENTHS = PercentFormatter(1, decimals=1, symbol=" %")


def equity(performance: Performance) -> Markup:
    """Growth of 100 against the benchmark, and below it, on the same days, the distance from the last peak."""
    days, name = _days(performance.days), performance.benchmark or "Benchmark"
    with canvas(5.0, rows=(2.3, 1.0)) as (figure, (above, below)):
        lines = [(np.asarray(performance.growth), np.asarray(performance.drawdown), "Portfolio", PORTFOLIO)]
        if performance.benchmark_growth is not None and performance.benchmark_drawdown is not None:
            other = (np.asarray(performance.benchmark_growth), np.asarray(performance.benchmark_drawdown))
            lines.insert(0, (*other, name, BENCHMARK))
        for growth, drawdown, label, color in lines:
            above.plot(days, 100 * growth, color=color, label=label)
            below.plot(days, drawdown, color=color, linewidth=1.1)
        below.fill_between(days, lines[-1][1], 0, color=PORTFOLIO, alpha=0.18, linewidth=0)
        _over_time(above, below)
        above.axhline(100, color=MUTED, linewidth=0.8)
        above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
        below.yaxis.set_major_formatter(PERCENT)
        below.yaxis.set_major_locator(MaxNLocator(3))
        below.set_ylim(top=0)
        _name_ends(above, days[-1], [(100 * growth[-1], label, color) for growth, _, label, color in lines])
        said = [
            f"{label} {wording.number(100 * growth[-1], 1)}, at worst {wording.percent(drawdown.min())} below a peak"
            for growth, drawdown, label, _ in lines
        ]
        alternative = (
            f"Growth of 100 from {performance.days[0]} to {performance.days[-1]}: {'; '.join(said)}."
        )
        return svg(figure, "equity", alternative)


def drift(shown: Drift) -> Markup:
    """Weights with their bands: a bar for the band, a line for the target, a dot for the weight."""
    rows = shown.rows[:MOST_BARS]
    with canvas(0.7 + ROW * len(rows)) as (figure, (axes,)):
        _rows(axes, [wording.title(row.bucket) for row in rows])
        for place, row in enumerate(rows):
            low, high = max(row.lower, 0.0), row.upper
            axes.barh(place, high - low, left=low, height=0.56, color=BAND)
            axes.plot([row.target] * 2, [place - 0.28, place + 0.28], color=INK, linewidth=1.4)
            color = LOSS if row.breached else PORTFOLIO
            axes.plot(row.actual, place, "D" if row.breached else "o", color=color, markersize=7.5)
        axes.xaxis.set_major_formatter(PERCENT)
        axes.set_xlim(left=min(0.0, *(row.actual for row in rows)))
        out = [wording.title(row.bucket) for row in rows if row.breached]
        told = f"Outside their bands: {', '.join(out)}." if out else "All weights are inside their bands."
        return svg(figure, "drift", f"Weights of {len(rows)} buckets against targets and bands. {told}")


def attribution(shown: Attribution) -> Markup:
    """Allocation, selection and interaction of each bucket, side by side from zero."""
    effects = sorted(shown.effects, key=lambda one: -abs(one.total))[:MOST_BARS]
    parts = {"allocation": PORTFOLIO, "selection": ACCENT, "interaction": "#8a6d1a"}
    if shown.currency_effect is not None:
        parts["currency"] = "#7a3e9d"
    with canvas(0.95 + ROW * len(effects)) as (figure, (axes,)):
        _rows(axes, [wording.title(one.bucket) for one in effects])
        positive, negative = np.zeros(len(effects)), np.zeros(len(effects))
        for name, color in parts.items():
            values = np.array([getattr(one, name) for one in effects])
            start = np.where(values >= 0, positive, negative)
            axes.barh(
                range(len(effects)), values, left=start, height=0.56, color=color, label=name.capitalize()
            )
            positive, negative = positive + np.maximum(values, 0), negative + np.minimum(values, 0)
        totals = [one.total for one in effects]
        axes.plot(
            totals, range(len(effects)), "|", color=INK, markersize=13, markeredgewidth=2, label="Total"
        )
        axes.axvline(0, color=MUTED, linewidth=0.9)
        axes.xaxis.set_major_formatter(TENTHS)
        figure.legend(loc="outside upper left", ncols=4)
        told = ", ".join(f"{wording.title(one.bucket)} {wording.percent(one.total)}" for one in effects[:3])
        return svg(figure, "attribution", f"Effects on active return by {shown.grouping}; largest: {told}.")


def contributions(risk: Risk) -> Markup:
    """Share of value at risk beside weight, position by position."""
    rows = sorted(risk.contributions, key=lambda one: -abs(one.share))[:MOST_BARS]
    with canvas(0.95 + ROW * len(rows)) as (figure, (axes,)):
        _rows(axes, [row.name for row in rows])
        places = np.arange(len(rows))
        shares = [row.share for row in rows]
        colors = [PORTFOLIO if share >= 0 else ACCENT for share in shares]
        axes.barh(places, shares, height=0.56, color=colors, label="Share of value at risk")
        weights = [row.weight for row in rows]
        axes.plot(weights, places, "D", color=LOSS, markersize=5, label="Weight", linestyle="none")
        axes.axvline(0, color=MUTED, linewidth=0.9)
        axes.xaxis.set_major_formatter(PERCENT)
        figure.legend(loc="outside upper left", ncols=2)
        told = ", ".join(f"{row.name} {wording.percent(row.share, 1)}" for row in rows[:3])
        return svg(figure, "contributions", f"Share of one-day value at risk by position; largest: {told}.")


def regime(shown: Regime) -> Markup:
    """Filtered probability of turbulence over time."""
    with canvas(1.9) as (figure, (axes,)):
        _over_time(axes)
        days = _days(shown.days)
        axes.fill_between(days, np.asarray(shown.probability), 0, color=LOSS, alpha=0.28, linewidth=0)
        axes.plot(days, np.asarray(shown.probability), color=LOSS, linewidth=0.9)
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_formatter(PERCENT)
        last = wording.percent(shown.probability[-1], 0)
        return svg(
            figure, "regime", f"Probability of a turbulent market, day by day; {last} on the last day."
        )


def loadings(factors: Factors) -> Markup:
    """Joint loadings with intervals of 95 % confidence."""
    rows = factors.loadings
    with canvas(0.6 + 0.34 * len(rows)) as (figure, (axes,)):
        _rows(axes, [wording.title(row.factor_name) for row in rows])
        for place, row in enumerate(rows):
            reach = CONFIDENCE * row.std_error
            sure = abs(row.loading) > reach
            color = PORTFOLIO if sure else BENCHMARK
            axes.plot([row.loading - reach, row.loading + reach], [place] * 2, color=color, linewidth=2.2)
            axes.plot(
                row.loading, place, "o", color=color, markersize=8, markerfacecolor=color if sure else "white"
            )
        axes.axvline(0, color=MUTED, linewidth=0.9)
        told = ", ".join(f"{wording.title(row.factor_name)} {wording.number(row.loading)}" for row in rows)
        return svg(figure, "loadings", f"Factor loadings with 95 % confidence: {told}.")


def _over_time(*drawn: Axes) -> None:
    for axes in drawn:
        locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        formatter = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(formatter)
        axes.grid(visible=False, axis="x")
        axes.margins(x=0)
    for axes in drawn[:-1]:
        axes.tick_params(labelbottom=False)


def _rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.grid(visible=False, axis="y")
    axes.spines["bottom"].set_visible(False)


def _name_ends(axes: Axes, day: np.datetime64, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write each line's name at its end, apart from each other, so that no legend has to be matched by color."""
    low, high = axes.get_ylim()
    apart = (high - low) * 0.075
    placed: list[float] = []
    for value, label, color in sorted(ends):
        at = max(value, placed[-1] + apart) if placed else value
        placed.append(at)
        axes.annotate(
            _short(label),
            (day, at),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=color,
            fontweight="bold",
        )


def _short(name: str) -> str:
    """Return a name that leaves room for the drawing; tables have the whole."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _days(days: Sequence[date]) -> np.ndarray:
    return np.array(days, dtype="datetime64[D]")
