"""The summary of a period: every figure, or the reason why it is not there."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from analytics.performance import dispersion, growth, ratios, relative
from analytics.performance.linked import annualised, modified_dietz
from analytics.performance.money_weighted import xirr_roots
from application.market.history import Days, Floats, RiskFreeRate
from application.performance.against import INCOMPLETE, Benchmark, returns_on
from application.performance.answer import PerformanceSummary
from application.performance.headline import NO_VALUE, TOO_SHORT
from application.performance.track import Track, as_date, clean_flows
from application.valuation.book import MONEY_DIGITS, Book
from domain.risk import UsedRate
from domain.unavailable import Missing

DAILY = 252.0
YEAR_DAYS = 365
TOO_FEW = Missing(code="too_few_observations", detail="At least two returns are needed.")
SHORT_PERIOD = Missing(
    code="short_period",
    detail="A return of less than a year is not annualised; it would claim what did not happen.",
)
NO_ROOT = Missing(
    code="no_root", detail="No annual rate between -100 % and 1,000 % makes the flows worth nothing."
)
UNDEFINED = Missing(code="undefined", detail="What it would be divided by is zero.")
AGAINST = ("beta", "alpha", "tracking_error", "information_ratio", "up_capture", "down_capture")


def periods_per_year(days: Days) -> float:
    """Returns per year: 252 for trading days, else as many as there are, where half a year or more tells.

    days : datetime64[D], the rows that have a return.
    """
    span = float((days[-1] - days[0]).astype(np.int64)) if len(days) > 1 else 0.0
    if span < YEAR_DAYS / 2:
        return DAILY
    per_year = (len(days) - 1) / span * YEAR_DAYS
    if per_year > 300:
        return float(YEAR_DAYS)
    return DAILY if per_year > 200 else float(max(1, round(per_year)))


def summary_of(
    book: Book, track: Track, benchmark: Benchmark, rate: RiskFreeRate
) -> tuple[PerformanceSummary, dict[str, Missing]]:
    """Return the summary of a book's whole length, and why figures in it are null."""
    year = periods_per_year(track.days)
    figures = _Figures()
    _values(figures, book, track)
    _returns(figures, book, track)
    returns = track.returns[~np.isnan(track.returns)]
    free = math.expm1(math.log1p(max(rate.value, -0.99)) / year)
    _own(figures, returns, year, free)
    _against(figures, track, benchmark, year, free)
    summary = PerformanceSummary(
        **figures.values,
        first_day=as_date(book.days[0]),
        last_day=as_date(book.days[-1]),
        n_observations=len(returns),
        left_out=len(track.returns) - 1 - len(returns),
        periods_per_year=year,
        risk_free_rate=UsedRate(
            value=rate.value, currency=rate.currency, source=rate.source, tenor=rate.tenor, date=rate.day
        ),
    )
    return summary, figures.unavailable


class _Figures:
    """Figures by name, and why those that are None are."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.unavailable: dict[str, Missing] = {}

    def tell(self, name: str, figure: float | None, missing: Missing = UNDEFINED) -> None:
        known = figure is not None and math.isfinite(figure)
        self.values[name] = figure if known else None
        if not known:
            self.unavailable[name] = missing


def money(amount: float) -> float:
    """An amount without the digits that floating point made up; zero has no sign."""
    return round(amount, MONEY_DIGITS) + 0.0


def _values(figures: _Figures, book: Book, track: Track) -> None:
    flows = float(track.flow.sum())
    start, end = float(book.total[0]), float(book.total[-1])
    income = np.nan_to_num(book.before * book.income * book.rate)[1:].sum()
    figures.values |= {
        "start_value": money(start),
        "end_value": money(end),
        "net_flows": money(flows),
        "income": money(float(income)),
        "gain": money(end - start - flows),
    }


def _returns(figures: _Figures, book: Book, track: Track) -> None:
    known = track.returns[~np.isnan(track.returns)]
    nothing = TOO_SHORT if len(book.days) < 2 else NO_VALUE
    total = growth.total_return(known)
    figures.tell("time_weighted_return", total, nothing)
    days = (as_date(book.days[-1]) - as_date(book.days[0])).days
    rate = annualised(total, days) if days >= YEAR_DAYS else None
    figures.tell("annualised_return", rate, SHORT_PERIOD if len(known) else nothing)
    ends = [(as_date(book.days[at]), float(book.total[at])) for at in (0, -1)]
    flows = [
        (as_date(day), float(amount))
        for day, amount in zip(book.days, clean_flows(book), strict=True)
        if amount
    ]
    figures.tell("modified_dietz", modified_dietz(ends, flows) if days else None, nothing)
    roots = xirr_roots([(ends[0][0], -ends[0][1]), *((day, -amount) for day, amount in flows), ends[1]])
    figures.values["money_weighted_roots"] = roots
    figures.tell("money_weighted_return", roots[0] if len(roots) == 1 else None, _no_single(roots))


def _no_single(roots: list[float]) -> Missing:
    if not roots:
        return NO_ROOT
    told = ", ".join(f"{root:.6g}" for root in roots)
    detail = f"The flows change sign more than once and {len(roots)} rates fit them: {told}."
    return Missing(code="several_roots", detail=detail)


def _own(figures: _Figures, returns: Floats, year: float, free: float) -> None:
    measures: dict[str, Callable[[], float]] = {
        "volatility": lambda: dispersion.annual_volatility(returns, year),
        "sharpe_ratio": lambda: ratios.sharpe_ratio(returns, year, risk_free=free),
        "sortino_ratio": lambda: ratios.sortino_ratio(returns, year, mar=free),
        "calmar_ratio": lambda: ratios.calmar_ratio(returns, year),
        "max_drawdown": lambda: growth.max_drawdown(returns),
        "best_day": lambda: float(returns.max()),
        "worst_day": lambda: float(returns.min()),
        "positive_share": lambda: ratios.share_of_gains(returns),
    }
    for name, measure in measures.items():
        enough = len(returns) >= 2
        figures.tell(name, measure() if enough else None, UNDEFINED if enough else TOO_FEW)


def _against(figures: _Figures, track: Track, benchmark: Benchmark, year: float, free: float) -> None:
    """Statistics rest on the days on which both returns are known; a total needs all of them."""
    other = returns_on(track, benchmark.path)
    measured = ~np.isnan(track.returns)
    both = measured & ~np.isnan(other)
    complete = bool(measured.any()) and bool(both.sum() == measured.sum())
    missing = benchmark.missing or (INCOMPLETE if measured.any() else TOO_SHORT)
    theirs = growth.total_return(other[both]) if complete else None
    ours = figures.values["time_weighted_return"]
    figures.tell("benchmark_return", theirs, missing)
    figures.tell("active_return", None if theirs is None or ours is None else ours - theirs, missing)
    own, market = track.returns[both], other[both]
    measures: dict[str, Callable[[], float]] = {
        "beta": lambda: relative.beta(own, market, risk_free=free),
        "alpha": lambda: relative.alpha(own, market, year, risk_free=free),
        "tracking_error": lambda: relative.tracking_error(own, market, year),
        "information_ratio": lambda: relative.information_ratio(own, market, year),
        "up_capture": lambda: relative.capture(own, market, up=True),
        "down_capture": lambda: relative.capture(own, market, up=False),
    }
    for name, measure in measures.items():
        enough = len(own) >= 2
        figures.tell(
            name, measure() if enough else None, UNDEFINED if enough else benchmark.missing or TOO_FEW
        )
