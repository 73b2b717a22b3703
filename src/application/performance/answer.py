"""What is said of a portfolio's performance; returns are fractions, money is in the portfolio's currency."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from application.performance.request import Frequency
from domain.risk import DataFlag, Left, UsedBenchmark, UsedRate
from domain.unavailable import Missing

Day = date
Figure = float | None


class PerformanceSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the whole period; what cannot be told is null, with the reason in `unavailable`."""

    first_day: Annotated[
        Day, Meta(description="Day at whose close the period begins: that of the opening valuation.")
    ] = msgspec.field(name="from")
    last_day: Annotated[Day, Meta(description="Day at whose close the period ends.")] = msgspec.field(
        name="to"
    )
    start_value: Annotated[float, Meta(description="Opening value, cash included.")]
    end_value: Annotated[float, Meta(description="Closing value, cash included.")]
    net_flows: Annotated[
        float,
        Meta(
            description="External flows, positive into the portfolio; dividends paid out count as going out."
        ),
    ]
    income: Annotated[float, Meta(description="Dividends with their ex-date in the period.")]
    gain: Annotated[float, Meta(description="end_value - start_value - net_flows.")]
    time_weighted_return: Annotated[
        Figure, Meta(description="Daily returns compounded, flows left out, a fraction of the whole period.")
    ]
    annualised_return: Annotated[
        Figure, Meta(description="The same per year of 365 days; null for less than a year.")
    ]
    modified_dietz: Annotated[
        Figure,
        Meta(description="Modified Dietz return of the whole period, from its two valuations and the flows."),
    ]
    money_weighted_return: Annotated[
        Figure,
        Meta(
            description="Rate per year (XIRR, actual/365) at which the flows are worth nothing, a fraction."
        ),
    ]
    money_weighted_roots: Annotated[
        list[float], Meta(description="Every such rate in (-1, 10); with several, none is picked.")
    ]
    benchmark_return: Annotated[
        Figure, Meta(description="The benchmark's return over the same days, a fraction.")
    ]
    active_return: Annotated[Figure, Meta(description="time_weighted_return - benchmark_return.")]
    volatility: Annotated[
        Figure, Meta(description="Standard deviation (n - 1) of returns times √periods_per_year, a fraction.")
    ]
    sharpe_ratio: Annotated[
        Figure, Meta(description="Mean excess return per unit of volatility, annualised.")
    ]
    sortino_ratio: Annotated[
        Figure, Meta(description="Mean excess return per unit of downside risk below the risk-free rate.")
    ]
    calmar_ratio: Annotated[
        Figure,
        Meta(
            description="Return compounded to periods_per_year over the size of max_drawdown; `annualised_return` "
            "counts calendar days instead."
        ),
    ]
    max_drawdown: Annotated[Figure, Meta(description="Deepest fall from a peak, a negative fraction.")]
    tracking_error: Annotated[
        Figure, Meta(description="Standard deviation of active returns times √periods_per_year, a fraction.")
    ]
    information_ratio: Annotated[Figure, Meta(description="Mean active return per year over tracking_error.")]
    beta: Annotated[Figure, Meta(description="Slope of excess returns on the benchmark's.")]
    alpha: Annotated[
        Figure, Meta(description="(1 + mean unexplained excess return)^periods_per_year - 1, a fraction.")
    ]
    up_capture: Annotated[
        Figure,
        Meta(description="Compounded return over the benchmark's on days with the benchmark above zero."),
    ]
    down_capture: Annotated[Figure, Meta(description="The same on days with the benchmark at or below zero.")]
    best_day: Annotated[Figure, Meta(description="Highest return of a day, a fraction.")]
    worst_day: Annotated[Figure, Meta(description="Lowest return of a day, a fraction.")]
    positive_share: Annotated[Figure, Meta(description="Share of days with a return above zero.")]
    n_observations: Annotated[int, Meta(description="Returns that the figures rest on.")]
    left_out: Annotated[
        int, Meta(description="Days without a return, since there was no positive value before them.")
    ]
    periods_per_year: Annotated[float, Meta(description="Returns per year by which figures are annualised.")]
    risk_free_rate: UsedRate


class PerformancePoint(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the series: a day, or the last day of a week or month."""

    date: Annotated[Day, Meta(description="The day.")]
    value: Annotated[float, Meta(description="Value at its close.")]
    flow: Annotated[
        float, Meta(description="External flow since the row before, positive into the portfolio.")
    ]
    period_return: Annotated[
        Figure, Meta(description="Time-weighted return since the row before, a fraction.")
    ] = msgspec.field(name="return")
    cumulative_return: Annotated[float, Meta(description="Return since the opening valuation, a fraction.")]
    benchmark_cumulative_return: Annotated[
        Figure, Meta(description="The benchmark's since then; null where it is not known.")
    ]
    drawdown: Annotated[float, Meta(description="Distance from the highest cumulative return so far, ≤ 0.")]


class DatedDrawdown(msgspec.Struct, frozen=True, kw_only=True):
    """One fall below an earlier peak, and the days of it."""

    depth: Annotated[float, Meta(description="Fall from the peak to the trough, a negative fraction.")]
    peak: Annotated[Day, Meta(description="Last day at the peak.")]
    start: Annotated[Day, Meta(description="First day below it.")]
    trough: Annotated[Day, Meta(description="The lowest day.")]
    end: Annotated[Day | None, Meta(description="First day that has the peak back; null while none has.")]
    length: Annotated[int, Meta(description="Valuation days from start to end, both counted.")]
    to_trough: Annotated[int, Meta(description="Valuation days from start to trough, both counted.")]
    recovery: Annotated[int | None, Meta(description="length - to_trough; null while there is no end.")]


class RollingPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Figures over the last `rolling_window` returns up to a day."""

    date: Annotated[Day, Meta(description="The day the window ends on.")]
    period_return: Annotated[Figure, Meta(description="Compounded return, a fraction.")] = msgspec.field(
        name="return"
    )
    volatility: Annotated[Figure, Meta(description="Annualised, a fraction.")]
    sharpe_ratio: Annotated[Figure, Meta(description="Annualised; null where nothing moved.")]
    beta: Annotated[Figure, Meta(description="Slope on the benchmark; null where it is not known.")]
    tracking_error: Annotated[Figure, Meta(description="Annualised, a fraction; null without a benchmark.")]


class MonthReturn(msgspec.Struct, frozen=True, kw_only=True):
    """One month, or a whole year where `month` is null."""

    year: Annotated[int, Meta(description="The year.")]
    month: Annotated[int | None, Meta(description="1 to 12; null for the year.")]
    period_return: Annotated[
        Figure, Meta(description="Time-weighted return, a fraction; null where there is none.")
    ] = msgspec.field(name="return")
    benchmark_return: Annotated[
        Figure,
        Meta(
            description="The benchmark's over the same days, a fraction; null where they begin more than a week before "
            "the month or year does, since there was no valuation in between."
        ),
    ]
    partial: Annotated[bool, Meta(description="Whether the period asked about covers only a part of it.")]
    unavailable: Annotated[dict[str, Missing], Meta(description="Why figures are null, by their names.")]


class DietzStretch(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch with flows but without fresh prices: its return is a Modified Dietz one."""

    first_day: Annotated[Day, Meta(description="Day of the valuation before.")] = msgspec.field(name="from")
    last_day: Annotated[Day, Meta(description="Day of the valuation after.")] = msgspec.field(name="to")
    flow: Annotated[float, Meta(description="Net external flow in between.")]
    period_return: Annotated[Figure, Meta(description="Return of the stretch, a fraction.")] = msgspec.field(
        name="return"
    )


class PortfolioPerformance(msgspec.Struct, frozen=True, kw_only=True):
    """The performance of one portfolio over one period."""

    portfolio_id: Annotated[UUID, Meta(description="The portfolio.")]
    currency: Annotated[str, Meta(description="Currency of every amount, ISO 4217.")]
    period: Annotated[
        str,
        Meta(
            description="The period as it was named, `custom` between two days, `inception` where none was asked for."
        ),
    ]
    frequency: Annotated[Frequency, Meta(description="How far the rows of `series` and `rolling` lie apart.")]
    summary: PerformanceSummary
    benchmark: UsedBenchmark | None
    series: Annotated[
        list[PerformancePoint], Meta(description="Value and returns by day, the opening valuation first.")
    ]
    drawdowns: Annotated[list[DatedDrawdown], Meta(description="The deepest first.")]
    monthly: Annotated[list[MonthReturn], Meta(description="Months, then their years, the oldest first.")]
    rolling_window: Annotated[int, Meta(description="Returns per rolling figure.")]
    rolling: Annotated[list[RollingPoint], Meta(description="Rolling figures by day, the oldest first.")]
    modified_dietz_periods: Annotated[
        list[DietzStretch],
        Meta(
            description="Stretches linked by a Modified Dietz return, as no prices were known at their flows."
        ),
    ]
    excluded: Annotated[list[Left], Meta(description="What no value contains: `no_price` or `no_rate`.")]
    data_quality: Annotated[list[DataFlag], Meta(description="Doubtful data in what was used.")]
    unavailable: Annotated[
        dict[str, Missing], Meta(description="Why figures are null, by their names; empty when none is.")
    ]
