"""What the portfolio returned, as the report shows it."""

from typing import Final

from application.performance.answer import PortfolioPerformance
from application.report.content import Drawdown, Figure, Month, Performance, Section
from application.report.figures import Shown, figures_of
from domain.headline import Headline
from domain.unavailable import Missing

WORST: Final = 5
HEADLINE: Final[Shown] = (
    ("total_value", "Total value", "money"),
    ("day_change", "On the last day", "money"),
    ("ytd_return", "Year to date", "change"),
    ("active_return_ytd", "Active, year to date", "change"),
)
ON_COVER: Final[Shown] = (
    ("annualised_return", "Since inception, a year", "change"),
    ("max_drawdown", "Deepest drawdown", "percent"),
)
FIGURES: Final[Shown] = (
    ("time_weighted_return", "Time-weighted return", "change"),
    ("money_weighted_return", "Money-weighted, a year", "change"),
    ("benchmark_return", "Benchmark’s return", "change"),
    ("active_return", "Active return", "change"),
    ("net_flows", "Put in less taken out", "money"),
    ("volatility", "Volatility, a year", "percent"),
    ("sharpe_ratio", "Sharpe ratio", "ratio"),
    ("tracking_error", "Tracking error", "percent"),
    ("information_ratio", "Information ratio", "ratio"),
    ("beta", "Beta", "ratio"),
)
TOO_SHORT: Final = Missing(
    code="too_short", detail="There is no day with a return yet: it takes two days with prices."
)


def cover_figures(told: Headline, performance: PortfolioPerformance) -> tuple[Figure, ...]:
    """Return what of the performance belongs on the cover."""
    lasting = figures_of(performance.summary, performance.unavailable, ON_COVER)
    return (*figures_of(told, told.unavailable, HEADLINE), *lasting)


def performance_section(told: PortfolioPerformance) -> Section[Performance]:
    """Return growth, drawdowns and months; the benchmark's curve only where all of its days are known."""
    if not told.summary.n_observations:
        return TOO_SHORT
    theirs = [point.benchmark_cumulative_return for point in told.series]
    compared = tuple(1.0 + value for value in theirs if value is not None)
    benchmark = (1.0, *compared) if theirs[0] is None else compared
    complete = told.benchmark is not None and len(benchmark) == len(told.series)
    return Performance(
        days=tuple(point.date for point in told.series),
        growth=tuple(1.0 + point.cumulative_return for point in told.series),
        benchmark_growth=benchmark if complete else None,
        benchmark=told.benchmark.ticker if told.benchmark is not None else None,
        drawdown=tuple(point.drawdown for point in told.series),
        benchmark_drawdown=_below_peak(benchmark) if complete else None,
        months=_months(told),
        years=tuple(
            (one.year, one.period_return)
            for one in told.monthly
            if one.month is None and one.period_return is not None
        ),
        worst=tuple(
            Drawdown(depth=one.depth, peak=one.peak, trough=one.trough, recovered=one.end)
            for one in told.drawdowns[:WORST]
        ),
        figures=figures_of(told.summary, told.unavailable, FIGURES),
    )


def _months(told: PortfolioPerformance) -> tuple[Month, ...]:
    return tuple(
        Month(year=one.year, month=one.month, value=one.period_return, partial=one.partial)
        for one in told.monthly
        if one.month is not None and one.period_return is not None
    )


def _below_peak(wealth: tuple[float, ...]) -> tuple[float, ...]:
    peak, below = 0.0, []
    for value in wealth:
        peak = max(peak, value)
        below.append(value / peak - 1 if peak > 0 else 0.0)
    return tuple(below)
