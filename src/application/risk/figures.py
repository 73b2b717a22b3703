"""Figures of the portfolio's own series of returns, each with a reason where it cannot be told."""

from collections.abc import Callable

import numpy as np

from analytics.risk import ratios
from application.market.history import Floats
from domain.unavailable import Missing

PERIODS_PER_YEAR = 252
NO_SPREAD = Missing(code="no_variation", detail="The returns it would be measured by never change.")


class Figures:
    """Figures by name, and why those that are None are."""

    def __init__(self) -> None:
        self.values: dict[str, float | None] = {}
        self.unavailable: dict[str, Missing] = {}

    def tell(self, name: str, value: float | None, missing: Missing = NO_SPREAD) -> None:
        """Note a figure; `missing` says why where it is None or no number."""
        known = value is not None and np.isfinite(value)
        self.values[name] = value if known else None
        if not known:
            self.unavailable[name] = missing

    def explain(self, name: str, part: object | None, missing: Missing) -> None:
        """Note why something other than a figure is None, where it is."""
        if part is None:
            self.unavailable[name] = missing

    def withhold(self, names: tuple[str, ...], missing: Missing) -> None:
        """Note that none of the figures can be told."""
        for name in names:
            self.tell(name, None, missing)


def daily_rate(annual: float) -> float:
    """Return the rate per trading day that compounds to the annual one."""
    return float((1 + annual) ** (1 / PERIODS_PER_YEAR) - 1)


def tell_ratios(figures: Figures, portfolio: Floats, risk_free: float) -> None:
    """Tell what follows from the portfolio's returns alone; at least two of them."""
    excess = portfolio - daily_rate(risk_free)
    figures.tell("volatility", ratios.volatility(portfolio, PERIODS_PER_YEAR))
    for name, days in (("portfolio_vol_30d", 30), ("portfolio_vol_90d", 90)):
        enough = len(portfolio) >= days
        value = ratios.volatility(portfolio[-days:], PERIODS_PER_YEAR) if enough else None
        figures.tell(name, value, too_few(len(portfolio), days))
    figures.tell("sharpe_ratio", ratios.ratio(excess, PERIODS_PER_YEAR))
    figures.tell("sortino_ratio", ratios.sortino_ratio(excess, PERIODS_PER_YEAR))
    figures.tell("max_drawdown", ratios.max_drawdown(portfolio))


def tell_relative(figures: Figures, portfolio: Floats, benchmark: Floats) -> None:
    """Tell what follows from both returns, on the days on which the benchmark's is known."""
    both = ~np.isnan(benchmark)
    names = ("tracking_error", "information_ratio", "beta")
    if both.sum() < 2:
        figures.withhold(names, too_few(int(both.sum()), 2))
        return
    own, other = portfolio[both], benchmark[both]
    measures: tuple[Callable[[], float | None], ...] = (
        lambda: ratios.volatility(own - other, PERIODS_PER_YEAR),
        lambda: ratios.ratio(own - other, PERIODS_PER_YEAR),
        lambda: ratios.beta(own, other),
    )
    for name, measure in zip(names, measures, strict=True):
        figures.tell(name, measure())


def too_few(known: int, needed: int) -> Missing:
    """Return the reason why so few returns are not enough."""
    return Missing(
        code="too_few_observations", detail=f"{known} daily returns are known; {needed} are needed."
    )
