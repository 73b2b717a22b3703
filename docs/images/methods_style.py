"""What the drawings of methods share: the data, the colors, and parts of a picture.

A drawing is a function `(figure, data) -> sentence`: it draws on an empty figure and says what is to be seen, for
whoever cannot see it. Its file has `DRAWINGS: dict[str, Drawing]`, by the name of the page, such as `min-vol`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from analytics.optimization.fit import Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample
from application.optimization.options import MethodOptions
from bootstrap import bundled
from infrastructure.report.drawing import ACCENT, BAND, BENCHMARK, INK, LOSS, MUTED, PORTFOLIO, RULE

__all__ = ["ACCENT", "BAND", "BENCHMARK", "INK", "LOSS", "MUTED", "PORTFOLIO", "RULE"]

YEAR: Final = 252
YEARS: Final = 5
RISK_FREE: Final = 0.02
PALETTE: Final = (PORTFOLIO, ACCENT, LOSS, "#8a6d1a", "#7a3e9d", BENCHMARK, "#3b7d3b", "#b03060")
"""Colors of clusters, states and the like, in this order."""
PERCENT: Final = PercentFormatter(1, decimals=0, symbol=" %")


@dataclass(frozen=True, slots=True)
class Data:
    """The twenty bundled stocks over the last five years of the data, daily, with the index as their benchmark."""

    sample: Sample
    limits: Limits
    days: Floats

    @property
    def assets(self) -> tuple[str, ...]:
        """Tickers."""
        return self.sample.assets

    def fit(self, method: Any, *, limits: Limits | None = None, **options: Any) -> Fit:
        """Return what a method answers, with its default options but for those named."""
        from analytics.optimization import methods

        known = {**MethodOptions().of(method).given(), **options}
        return methods.fit(method, self.sample, limits or self.limits, known)

    def volatility(self, weights: Floats) -> float:
        """Return the annual volatility of weights."""
        return float(np.sqrt(weights @ self.sample.covariance @ weights * YEAR))

    def expected(self, weights: Floats) -> float:
        """Return the annual expected return of weights."""
        return float(weights @ self.sample.mean * YEAR)

    def contributions(self, weights: Floats) -> Floats:
        """Return the share of each asset in the variance; they add up to 1."""
        marginal = self.sample.covariance @ weights
        return np.asarray(weights * marginal / (weights @ marginal))


Drawing: TypeAlias = Callable[[Figure, Data], str]


@cache
def data() -> Data:
    """Return what all methods are drawn on."""
    stocks, index = bundled._table(bundled.STOCKS), bundled._table(bundled.INDEX)
    rows = slice(-YEARS * YEAR - 1, None)
    prices = np.array([[float(cell) for cell in column[rows]] for column in stocks.prices.values()]).T
    levels = np.array([float(cell) for cell in index.prices[bundled.INDEX_TICKER][rows]])
    returns = np.ascontiguousarray(prices[1:] / prices[:-1] - 1)
    sample = Sample(
        assets=tuple(stocks.prices),
        mean=returns.mean(axis=0),
        covariance=np.cov(returns, rowvar=False),
        returns=returns,
        benchmark=levels[1:] / levels[:-1] - 1,
        risk_free=RISK_FREE / YEAR,
        periods_per_year=YEAR,
        estimator=Empirical(),
    )
    days = np.array(stocks.days[rows][1:], dtype="datetime64[D]")
    return Data(sample, Limits.long_only(len(sample.assets)), days)


class Empirical:
    """Means and covariances as they were."""

    def __call__(self, returns: Floats) -> tuple[Floats, Floats]:
        """Return mean and covariance per period."""
        return returns.mean(axis=0), np.cov(returns, rowvar=False)

    def of_assets(self, chosen: Any) -> "Empirical":
        """Return the same."""
        return self

    def of_portfolios(self) -> "Empirical":
        """Return the same."""
        return self


def bars(
    axes: Axes, data: Data, shown: Mapping[str, Floats], *, colors: Sequence[str] = (PORTFOLIO, LOSS)
) -> None:
    """Draw figures by asset, the largest of the first on top; a bar for the first, dots for what follows."""
    (label, first), *others = shown.items()
    order = np.argsort(-np.round(first, 9), kind="stable")
    places = np.arange(len(order))
    axes.barh(places, first[order], height=0.62, color=colors[0], label=label)
    for (name, values), color in zip(others, colors[1:], strict=False):
        axes.plot(values[order], places, "D", color=color, markersize=4.5, linestyle="none", label=name)
    axes.set_yticks(places, [data.assets[at] for at in order])
    axes.tick_params(axis="y", labelsize=8, labelcolor=INK)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(PERCENT)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.grid(visible=False, axis="y")
    axes.axvline(0, color=MUTED, linewidth=0.9)
    if others:
        axes.legend(loc="lower right", fontsize=8.5)


def plane(axes: Axes, data: Data, *, names: bool = False) -> None:
    """Draw the assets by volatility and expected return, both annual."""
    axes.plot(
        data.sample.volatility * np.sqrt(YEAR), data.sample.mean * YEAR, "o", color=BENCHMARK, markersize=4
    )
    if names:
        for asset, x, y in zip(data.assets, data.sample.volatility, data.sample.mean, strict=True):
            axes.annotate(
                asset, (x * np.sqrt(YEAR), y * YEAR), xytext=(4, 3), textcoords="offset points", fontsize=7
            )
    axes.set_xlabel("volatility, a year")
    axes.set_ylabel("expected return, a year")
    axes.xaxis.set_major_formatter(PERCENT)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(5))


def mark(axes: Axes, data: Data, weights: Floats, label: str, color: str = PORTFOLIO) -> None:
    """Mark a portfolio in the plane, named."""
    at = (data.volatility(weights), data.expected(weights))
    axes.plot(*at, "D", color=color, markersize=7, zorder=5)
    axes.annotate(
        label, at, xytext=(8, -3), textcoords="offset points", color=color, fontweight="bold", zorder=6
    )


def frontier(axes: Axes, data: Data) -> None:
    """Draw the efficient frontier of what is sold short nowhere."""
    points = data.fit("CriticalLineAlgorithm").extras["frontier"]
    line = _between([np.asarray(weights) for weights, *_ in points])
    axes.plot(
        [data.volatility(one) for one in line],
        [data.expected(one) for one in line],
        color=MUTED,
        linewidth=1.2,
        label="efficient frontier",
    )


def _between(corners: Sequence[Floats]) -> list[Floats]:
    """Return portfolios along the frontier: between turning points weights change in a straight line."""
    steps = np.linspace(0, 1, 8, endpoint=False)
    line = [a + t * (b - a) for a, b in pairwise(corners) for t in steps]
    return [*line, corners[-1]]


def named(data: Data, values: Floats, count: int = 3) -> str:
    """Return the largest of figures by asset in words."""
    order = np.argsort(-np.abs(np.round(values, 9)), kind="stable")[:count]
    return ", ".join(f"{data.assets[at]} {100 * values[at]:.1f} %" for at in order)
