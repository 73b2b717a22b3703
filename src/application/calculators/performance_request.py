"""What the performance calculator is sent and what it answers; every rate is a fraction, 0.01 is one percent."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from domain.errors import Violation
from domain.rules import gathered
from domain.unavailable import Missing

PERIODS_MAX: Final = 100_000
Rate = Annotated[float, Meta(ge=-1, le=1_000_000)]
Annualisation = Literal["arithmetic", "geometric"]
Figure = float | None


class PerformanceRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A series of returns, oldest first, and the conventions to measure it by."""

    returns: Annotated[
        list[Rate],
        Meta(
            min_length=1,
            max_length=PERIODS_MAX,
            description="Simple returns per period, oldest first, fractions from -1 (a total loss) on.",
        ),
    ]
    benchmark: Annotated[
        Annotated[list[Rate], Meta(max_length=PERIODS_MAX)] | None,
        Meta(description="Returns of the benchmark in the same periods, fractions."),
    ] = None
    risk_free: Annotated[
        Rate | Annotated[list[Rate], Meta(max_length=PERIODS_MAX)],
        Meta(description="Risk-free rate per period, a fraction: one number, or one per period."),
    ] = 0.0
    periods_per_year: Annotated[
        float,
        Meta(gt=0, le=100_000, description="Periods in a year: 252 for daily returns, 12 for monthly ones."),
    ]
    ddof: Annotated[
        int,
        Meta(ge=0, le=100, description="Taken off the number of periods where variances divide by it."),
    ] = 1
    mar: Annotated[
        float,
        Meta(
            ge=-1,
            le=1_000_000,
            description="Minimum acceptable return per period, a fraction: the threshold of Sortino, "
            "downside_risk and omega.",
        ),
    ] = 0.0
    annualisation: Annotated[
        Annualisation,
        Meta(
            description="arithmetic: mean rate times periods per year in Sharpe, information and Treynor ratio; "
            "geometric: the compounded mean rate."
        ),
    ] = "arithmetic"
    confidence: Annotated[
        float, Meta(gt=0, lt=1, description="Confidence of value_at_risk and conditional_value_at_risk.")
    ] = 0.95

    def violations(self) -> Iterator[Violation]:
        """Yield which series have another length than the returns."""
        return gathered(
            self._as_long("benchmark", self.benchmark), self._as_long("risk_free", self.risk_free)
        )

    def _as_long(self, name: str, series: list[float] | float | None) -> Iterator[Violation]:
        expected = len(self.returns)
        if isinstance(series, list) and len(series) != expected:
            detail = f"{name} has {len(series)} periods and returns has {expected}."
            yield Violation(name, "length", detail)


class PerformanceMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """What the returns say; null where it says nothing, with the reason in `unavailable`."""

    total_return: Annotated[Figure, Meta(description="Compounded over all periods, a fraction.")]
    annual_return: Annotated[
        Figure, Meta(description="(1 + total_return)^(periods_per_year / n) - 1, a fraction per year.")
    ]
    annual_volatility: Annotated[
        Figure, Meta(description="Standard deviation times √periods_per_year, a positive fraction per year.")
    ]
    sharpe_ratio: Annotated[
        Figure, Meta(description="Excess over the risk-free rate per unit of its volatility.")
    ]
    sortino_ratio: Annotated[
        Figure, Meta(description="Mean return beyond `mar`, per year, over downside_risk.")
    ]
    calmar_ratio: Annotated[Figure, Meta(description="annual_return over the size of max_drawdown.")]
    omega_ratio: Annotated[
        Figure, Meta(description="Sum of returns above `mar` over the sum of those below.")
    ]
    max_drawdown: Annotated[
        Figure, Meta(description="Deepest fall from a peak, the start included; negative.")
    ]
    downside_risk: Annotated[
        Figure,
        Meta(
            description="Root mean square of the shortfalls below `mar` over all periods, times √periods_per_year."
        ),
    ]
    tail_ratio: Annotated[
        Figure, Meta(description="Size of the 95 % quantile over that of the 5 % quantile.")
    ]
    stability: Annotated[Figure, Meta(description="R² of cumulated log returns against time, 0 to 1.")]
    skewness: Annotated[Figure, Meta(description="Third standardised moment, divided by n.")]
    kurtosis: Annotated[Figure, Meta(description="Fourth standardised moment, divided by n, minus 3.")]
    value_at_risk: Annotated[
        Figure, Meta(description="Historical loss per period at `confidence`, positive, a fraction (type 7).")
    ]
    conditional_value_at_risk: Annotated[
        Figure, Meta(description="Mean loss of the periods at or beyond value_at_risk, positive, a fraction.")
    ]
    ulcer_index: Annotated[
        Figure, Meta(description="Root mean square of the drawdowns, a positive fraction.")
    ]
    best_period: Annotated[Figure, Meta(description="Highest return of a period, a fraction.")]
    worst_period: Annotated[Figure, Meta(description="Lowest return of a period, a fraction.")]
    positive_share: Annotated[Figure, Meta(description="Share of periods with a return above zero.")]
    alpha: Annotated[
        Figure,
        Meta(description="(1 + mean unexplained excess return)^periods_per_year - 1, a fraction per year."),
    ]
    beta: Annotated[Figure, Meta(description="Slope of excess returns on the benchmark's excess returns.")]
    correlation: Annotated[Figure, Meta(description="Correlation with the benchmark, -1 to 1.")]
    tracking_error: Annotated[
        Figure, Meta(description="Standard deviation of active returns times √periods_per_year, a fraction.")
    ]
    information_ratio: Annotated[Figure, Meta(description="Active return per year over tracking_error.")]
    up_capture: Annotated[
        Figure, Meta(description="Compounded return over the benchmark's where the benchmark is above zero.")
    ]
    down_capture: Annotated[
        Figure,
        Meta(description="Compounded return over the benchmark's where the benchmark is at or below zero."),
    ]
    treynor_ratio: Annotated[Figure, Meta(description="Excess return per year over beta.")]
    m_squared: Annotated[
        Figure, Meta(description="Annual return at the benchmark's volatility (Modigliani), a fraction.")
    ]
    batting_average: Annotated[Figure, Meta(description="Share of periods that beat the benchmark.")]
    benchmark_total_return: Annotated[
        Figure, Meta(description="The benchmark's compounded return, a fraction.")
    ]
    benchmark_annual_return: Annotated[
        Figure, Meta(description="The benchmark's compounded return per year, a fraction.")
    ]


class DrawdownRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch below an earlier peak; periods count from 0, and both ends of a stretch count."""

    depth: Annotated[float, Meta(description="Fall from the peak to the trough, a negative fraction.")]
    start: Annotated[int, Meta(description="First period below the peak.")]
    trough: Annotated[int, Meta(description="The lowest period.")]
    end: Annotated[int | None, Meta(description="First period that has the peak back; null where none has.")]
    length: Annotated[
        int, Meta(description="Periods from start to end, or to the last one where there is no end.")
    ]
    to_trough: Annotated[int, Meta(description="Periods from start to trough.")]
    recovery: Annotated[int | None, Meta(description="length - to_trough; null while there is no end.")]


class PerformanceConventions(msgspec.Struct, frozen=True, kw_only=True):
    """How the figures were computed: what was asked, and what always holds."""

    periods_per_year: Annotated[float, Meta(description="Periods in a year, as sent.")]
    ddof: Annotated[int, Meta(description="Taken off n in standard deviations.")]
    mar: Annotated[
        float, Meta(description="Threshold per period of Sortino, downside_risk and omega, a fraction.")
    ]
    annualisation: Annotated[
        Annualisation, Meta(description="Kind of mean rate in Sharpe, information and Treynor ratio.")
    ]
    confidence: Annotated[
        float, Meta(description="Confidence of value_at_risk and conditional_value_at_risk, a fraction.")
    ]
    risk_free: Annotated[
        Literal["constant", "series"], Meta(description="Whether one rate was sent or one per period.")
    ]
    volatility: Annotated[str, Meta(description="Of annual_volatility, Sharpe and tracking_error.")] = (
        "standard deviation with n - ddof, times √periods_per_year"
    )
    downside_risk: Annotated[str, Meta(description="Of downside_risk and Sortino.")] = (
        "root mean square below mar over all n periods, times √periods_per_year"
    )
    alpha: Annotated[str, Meta(description="Of alpha.")] = (
        "(1 + mean((r - rf) - beta (b - rf)))^periods_per_year - 1"
    )
    moments: Annotated[str, Meta(description="Of skewness and kurtosis.")] = (
        "skewness and excess kurtosis divide by n"
    )
    quantile: Annotated[str, Meta(description="Of value_at_risk and tail_ratio.")] = (
        "linear interpolation (Hyndman and Fan, type 7); losses positive"
    )
    capture: Annotated[str, Meta(description="Of up_capture and down_capture.")] = (
        "compounded return over the benchmark's, periods with benchmark > 0 (<= 0)"
    )
    drawdowns: Annotated[str, Meta(description="Of max_drawdown and the table of drawdowns.")] = (
        "negative fractions from the highest wealth so far, the start included; periods from 0"
    )


class PerformanceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The figures, with the conventions they follow."""

    metrics: PerformanceMetrics
    drawdowns: Annotated[
        list[DrawdownRow], Meta(description="All drawdowns, the deepest first, of equal ones the earlier.")
    ]
    n_observations: Annotated[int, Meta(description="Periods measured.")]
    conventions: PerformanceConventions
    unavailable: Annotated[
        dict[str, Missing], Meta(description="Why metrics are null, by their names; empty when none is.")
    ]
