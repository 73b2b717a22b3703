"""The drawings of an optimisation, one function each."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from application.optimization.answer import MethodResult, OutOfSample
from application.optimization.report import most_weighted
from infrastructure.report import wording
from infrastructure.report.drawing import ACCENT, BENCHMARK, INK, LOSS, MUTED, PORTFOLIO, RULE, canvas, svg
from infrastructure.report.markup import Markup

MOST_ASSETS: Final = 30
MOST_LINES: Final = 5
MOST_LEAVES: Final = 60
LONGEST_NAME: Final = 24
ROW: Final = 0.27
"""Height of a row, in inches."""
DARK: Final = 0.55
"""Share of the strongest color from which on text on it is white."""
PERCENT = PercentFormatter(1, decimals=0, symbol=" %")
COLORS: Final = (PORTFOLIO, ACCENT, LOSS, "#7a3e9d", "#8a6d1a")
SHADES = LinearSegmentedColormap.from_list("weights", ["#a9430c", "#f6c9a8", "#ffffff", "#a9c6f0", "#123f82"])


def weights(results: Mapping[str, MethodResult]) -> Markup:
    """Weights of every method side by side, deeper colors for larger ones, negative ones in orange."""
    assets = most_weighted(results, MOST_ASSETS)
    cells = _matrix([one.weights or {} for one in results.values()], assets)
    largest = ", ".join(
        f"{method} {assets[int(np.argmax(column))]} {wording.percent(column.max(), 0)}"
        for method, column in zip(results, cells.T, strict=True)
    )
    return _heat("weights", list(results), assets, cells, f"Weights by method and asset; largest: {largest}.")


def contributions(results: Mapping[str, MethodResult]) -> Markup | None:
    """Share of risk that each asset brings, method by method."""
    known = {name: one for name, one in results.items() if one.risk_contributions}
    if not known:
        return None
    assets = most_weighted(known, MOST_ASSETS)
    cells = _matrix([one.risk_contributions or {} for one in known.values()], assets)
    largest = ", ".join(
        f"{method} {assets[int(np.argmax(column))]} {wording.percent(column.max(), 0)}"
        for method, column in zip(known, cells.T, strict=True)
    )
    told = f"Share of variance by method and asset; largest: {largest}."
    return _heat("contributions", list(known), assets, cells, told)


def plane(results: Mapping[str, MethodResult]) -> Markup | None:
    """Expected return against volatility, a mark for each method, the efficient frontier where one was computed."""
    marks = {
        name: (one.metrics.volatility, one.metrics.expected_return)
        for name, one in results.items()
        if one.metrics and one.metrics.volatility is not None and one.metrics.expected_return is not None
    }
    if not marks:
        return None
    with canvas(max(3.6, 0.9 + 0.2 * len(marks))) as (figure, (axes,)):
        _frontier(axes, results)
        for at, place in enumerate(marks.values()):
            axes.plot(*place, "D", color=COLORS[0] if at == 0 else MUTED, markersize=6.5, zorder=4)
        _around(axes, list(marks.values()))
        _list_names(axes, marks)
        axes.set_xlabel("volatility")
        axes.set_ylabel("expected return")
        axes.xaxis.set_major_formatter(PERCENT)
        axes.yaxis.set_major_formatter(PERCENT)
        axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
        told = "; ".join(
            f"{name} {wording.percent(y, 1)} at {wording.percent(x, 1)}" for name, (x, y) in marks.items()
        )
        return svg(figure, "plane", f"Expected return at volatility: {told}.")


def growth(results: Mapping[str, MethodResult]) -> Markup | None:
    """Growth of 100 out of sample, and below it the distance from the last peak; the best few methods."""
    tested = {
        name: one.out_of_sample
        for name, one in results.items()
        if one.out_of_sample and one.out_of_sample.growth
    }
    shown = dict(list(tested.items())[:MOST_LINES])
    if not shown:
        return None
    with canvas(5.0, rows=(2.3, 1.0)) as (figure, (above, below)):
        lines = [
            (name, _growth(one), color) for (name, one), color in zip(shown.items(), COLORS, strict=False)
        ]
        first = next(iter(shown.values()))
        when = _when(first)
        against = np.array([np.nan if p.benchmark is None else p.benchmark for p in first.growth])
        if np.isfinite(against).all():
            lines.append(("Benchmark", against, BENCHMARK))
        for name, line, color in lines:
            above.plot(when[: len(line)], 100 * line, color=color, label=name)
            fall = line / np.maximum.accumulate(np.maximum(line, 1.0)) - 1
            below.plot(when[: len(line)], fall, color=color, linewidth=1.1)
        _over_time(above, below, dated=when.dtype.kind == "M")
        above.axhline(100, color=MUTED, linewidth=0.8)
        above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
        below.yaxis.set_major_formatter(PERCENT)
        below.yaxis.set_major_locator(MaxNLocator(3))
        below.set_ylim(top=0)
        figure.legend(*above.get_legend_handles_labels(), loc="outside upper left", ncols=len(lines))
        told = "; ".join(f"{name} {wording.number(100 * line[-1], 1)}" for name, line, _ in lines)
        return svg(figure, "growth", f"Growth of 100 out of sample: {told}.")


def risk_shares(name: str, result: MethodResult) -> Markup | None:
    """Weights of one method, and the share of risk that each brings."""
    shares = result.risk_contributions
    if not shares:
        return None
    assets = most_weighted({name: result}, MOST_ASSETS)
    with canvas(0.95 + ROW * len(assets)) as (figure, (axes,)):
        places = np.arange(len(assets))
        held = result.weights or {}
        axes.barh(places, [held[one] for one in assets], height=0.58, color=PORTFOLIO, label="Weight")
        risks = [shares.get(one, 0.0) for one in assets]
        axes.plot(risks, places, "D", color=LOSS, markersize=5, linestyle="none", label="Share of risk")
        _rows(axes, assets)
        axes.axvline(0, color=MUTED, linewidth=0.9)
        axes.xaxis.set_major_formatter(PERCENT)
        figure.legend(loc="outside upper left", ncols=2)
        told = ", ".join(
            f"{one} {wording.percent(held[one], 1)} of weight and {wording.percent(shares.get(one), 1)} of risk"
            for one in assets[:3]
        )
        return svg(figure, f"shares-{name}", f"{name}: {told}.")


def dendrogram(name: str, result: MethodResult, assets: Sequence[str]) -> Markup | None:
    """The tree that a method made of the assets, in the order that its numbers mean, with clusters in colors."""
    tree = result.dendrogram or None
    if not tree or not tree.get("linkage") or len(tree["leaves"]) > MOST_LEAVES:
        return None
    leaves, clusters = list(tree["leaves"]), result.clusters or {}
    with canvas(3.2) as (figure, (axes,)):
        for xs, ys, color in _branches(tree["linkage"], leaves, assets, clusters):
            axes.plot(xs, ys, color=color, linewidth=1.2, solid_joinstyle="miter")
        axes.set_xticks(range(len(leaves)), [_short(one) for one in leaves], rotation=90)
        axes.tick_params(axis="x", labelcolor=INK, labelsize=8.5)
        axes.grid(visible=False, axis="x")
        axes.set_ylim(bottom=0)
        axes.set_ylabel("distance")
        count = len(set(clusters.values()))
        groups = f" in {count} clusters" if count else ""
        return svg(figure, f"tree-{name}", f"Tree of {len(leaves)} assets{groups}: {', '.join(leaves)}.")


def _heat(
    name: str, columns: Sequence[str], rows: Sequence[str], cells: np.ndarray, alternative: str
) -> Markup:
    strongest = max(float(np.abs(cells).max(initial=0.0)), 1e-9)
    with canvas(1.3 + ROW * len(rows)) as (figure, (axes,)):
        edges = (np.arange(len(columns) + 1) - 0.5, np.arange(len(rows) + 1) - 0.5)
        axes.pcolormesh(
            *edges, cells, cmap=SHADES, vmin=-strongest, vmax=strongest, edgecolors="white", linewidth=0.8
        )
        for row, column in np.argwhere(np.abs(cells) >= 0.0005):
            value = cells[row, column]
            color = "white" if abs(value) > DARK * strongest else INK
            text = wording.number(100 * value, 1 if len(columns) <= 12 else 0)
            cell = axes.text(column, row, text, ha="center", va="center", fontsize=7.5, color=color)
            cell.set_in_layout(False)  # it is inside anyway, and there are hundreds
        _rows(axes, rows)
        axes.set_xticks(range(len(columns)), columns, rotation=38, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        axes.tick_params(axis="x", labelcolor=INK, labelsize=8.5)
        axes.grid(visible=False)
        return svg(figure, name, alternative)


def _matrix(by_method: Sequence[Mapping[str, float]], assets: Sequence[str]) -> np.ndarray:
    return np.array([[one.get(asset, 0.0) for one in by_method] for asset in assets])


def _frontier(axes: Axes, results: Mapping[str, MethodResult]) -> None:
    exact = results.get("CriticalLineAlgorithm")
    found = (exact and exact.frontier) or next(
        (one.frontier for one in results.values() if one.frontier), None
    )
    if found:
        means = np.array([point.expected_return for point in found])
        spreads = np.array([point.volatility for point in found])
        if exact and exact.frontier:
            means, spreads = _between(means[::-1], spreads[::-1])
        axes.plot(spreads, means, color=BENCHMARK, linewidth=1.4, label="efficient frontier")
        axes.legend(loc="lower right")


def _between(means: np.ndarray, spreads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points between turning points, lowest return first, where a straight line would cut the corner.

    Between two of them the variance is a parabola of the return; its slope is zero where variance is least and has no
    jumps. Where rounding spoils that, the turning points alone have to do.
    """
    variances, slope = spreads**2, 0.0
    drawn_means, drawn_variances = [means[:1]], [variances[:1]]
    share = np.linspace(0, 1, 13)[1:]
    for low, high, first, last in zip(means, means[1:], variances, variances[1:], strict=False):
        width = high - low
        if width <= 0:
            continue
        bend = (last - first - slope * width) / width**2
        steps = share * width
        drawn_means.append(low + steps)
        drawn_variances.append(first + slope * steps + bend * steps**2)
        slope += 2 * bend * width
    smooth = np.concatenate(drawn_variances)
    if slope < 0 or (np.diff(smooth) < -1e-12).any():
        return means, spreads
    return np.concatenate(drawn_means), np.sqrt(smooth)


def _around(axes: Axes, places: Sequence[tuple[float | None, float | None]]) -> None:
    """Show the surroundings of the marks; a frontier may go on beyond."""
    low, high = np.array(places, dtype=float).min(axis=0), np.array(places, dtype=float).max(axis=0)
    room = np.maximum(0.12 * (high - low), 0.005)
    axes.set_xlim(low[0] - room[0], high[0] + room[0])
    axes.set_ylim(low[1] - room[1], high[1] + room[1])


def _list_names(axes: Axes, marks: Mapping[str, tuple[float | None, float | None]]) -> None:
    """List names beside the drawing, each with a line to its mark: marks may lie as close as they like."""
    names = sorted(marks, key=lambda name: (marks[name][1] or 0.0, name))
    heights = (np.arange(len(names)) + 0.5) / len(names)
    first = next(iter(marks))
    for name, height in zip(names, heights, strict=True):
        color, weight, line = (COLORS[0], "bold", COLORS[0]) if name == first else (INK, "normal", RULE)
        axes.annotate(
            name,
            marks[name],
            xytext=(1.03, height),
            textcoords="axes fraction",
            va="center",
            fontsize=8.5,
            color=color,
            fontweight=weight,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": line, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0},
        )


def _growth(tested: OutOfSample) -> np.ndarray:
    return np.array([point.value for point in tested.growth])


def _when(tested: OutOfSample) -> np.ndarray:
    """Return days where they are known, else the numbers of periods."""
    if all(point.day is not None for point in tested.growth):
        return np.array([point.day for point in tested.growth], dtype="datetime64[D]")
    return np.array([point.period for point in tested.growth])


def _over_time(*drawn: Axes, dated: bool) -> None:
    for axes in drawn:
        axes.grid(visible=False, axis="x")
        axes.margins(x=0)
        if dated:
            locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
            axes.xaxis.set_major_locator(locator)
            formatter = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
            axes.xaxis.set_major_formatter(formatter)
    for axes in drawn[:-1]:
        axes.tick_params(labelbottom=False)


def _rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.spines["bottom"].set_visible(False)


def _branches(
    linkage: Sequence[Sequence[float]],
    leaves: Sequence[str],
    assets: Sequence[str],
    clusters: Mapping[str, int],
) -> list[tuple[list[float], list[float], str]]:
    """Return each join of the tree as a line: up from the one, across, and down to the other."""
    place = {name: at for at, name in enumerate(leaves)}
    centre = {at: float(place[name]) for at, name in enumerate(assets)}
    height = dict.fromkeys(centre, 0.0)
    cluster: dict[int, int | None] = {at: clusters.get(name) for at, name in enumerate(assets)}
    lines = []
    for step, (one, other, distance, *_) in enumerate(linkage, len(assets)):
        a, b = int(one), int(other)
        same = cluster[a] if cluster[a] == cluster[b] else None
        color = MUTED if same is None else COLORS[(same - 1) % len(COLORS)]
        ys = [height[a], float(distance), float(distance), height[b]]
        lines.append(([centre[a], centre[a], centre[b], centre[b]], ys, color))
        centre[step], height[step], cluster[step] = (centre[a] + centre[b]) / 2, float(distance), same
    return lines


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
