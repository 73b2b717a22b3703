"""What a report says: figures, series and rows as plain values, ready to be printed by whoever prints them.

Fractions throughout (0.0142 is 1.42 %); losses of VaR and CVaR are positive, drawdowns negative. Money is in the
portfolio's currency. A section that has nothing to show is a `Missing` with the reason in words.
"""

from datetime import date
from typing import Literal, TypeAlias, TypeVar
from uuid import UUID

import msgspec

from domain.unavailable import Missing

T = TypeVar("T")
Section: TypeAlias = T | Missing
Unit = Literal["percent", "change", "money", "ratio", "bps", "days", "count"]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure under its name; `percent` and `change` are fractions, a `change` is printed with its sign.

    note : why the value is missing, or what it refers to.
    """

    label: str
    value: float | None
    unit: Unit
    note: str | None = None


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """What the report is about, and its headline.

    data_end : day on which the tenant's clock stands still, where it does; None for living data.
    """

    portfolio_id: UUID
    name: str
    description: str | None
    portfolio_type: str
    currency: str
    inception: date
    as_of: date
    data_end: date | None
    benchmark: str | None
    benchmark_note: str | None
    figures: tuple[Figure, ...]


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """Time-weighted return of one month; `partial` where the portfolio or the data covers a part of it."""

    year: int
    month: int
    value: float
    partial: bool = False


class Drawdown(msgspec.Struct, frozen=True, kw_only=True):
    """One fall from a peak; `recovered` is None while the peak has not been reached again."""

    depth: float
    peak: date
    trough: date
    recovered: date | None


class Performance(msgspec.Struct, frozen=True, kw_only=True):
    """Growth of 1 from the first day on, flows left out; the benchmark's over the same days where it is known."""

    days: tuple[date, ...]
    growth: tuple[float, ...]
    benchmark_growth: tuple[float, ...] | None
    benchmark: str | None
    drawdown: tuple[float, ...]
    benchmark_drawdown: tuple[float, ...] | None
    months: tuple[Month, ...]
    years: tuple[tuple[int, float], ...]
    worst: tuple[Drawdown, ...]
    figures: tuple[Figure, ...]


class DriftRow(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket with a target; `lower` and `upper` are the edges beyond which it has drifted."""

    allocation_type: str
    bucket: str
    actual: float
    target: float
    lower: float
    upper: float
    breached: bool


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """Weights against their targets, and the state of the recommendation if there is one."""

    threshold: float
    rows: tuple[DriftRow, ...]


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What one bucket added to the active return; a return is None where nothing was held on that side."""

    bucket: str
    portfolio_weight: float
    benchmark_weight: float
    portfolio_return: float | None
    benchmark_return: float | None
    allocation: float
    selection: float
    interaction: float
    currency: float = 0.0
    total: float


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """Effects of a period; their totals sum to `active_return`."""

    period: str
    start: date
    end: date
    grouping: str
    linking: str
    benchmark: str
    portfolio_return: float
    benchmark_return: float
    active_return: float
    currency_effect: float | None
    effects: tuple[Effect, ...]


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """Weight of a position, and the share of value at risk that it causes; shares sum to 1."""

    name: str
    weight: float
    component_var: float
    share: float


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """Risk of what is held now."""

    method: str
    data_from: date | None
    data_to: date | None
    n_observations: int
    figures: tuple[Figure, ...]
    contributions: tuple[Contribution, ...]
    inputs_hash: str


class Regime(msgspec.Struct, frozen=True, kw_only=True):
    """Filtered probability of the turbulent state of the market, day by day."""

    days: tuple[date, ...]
    probability: tuple[float, ...]
    label: str
    index: str
    calm_volatility: float | None
    turbulent_volatility: float | None


class Loading(msgspec.Struct, frozen=True, kw_only=True):
    """One factor: in the joint regression, and in one of its own."""

    factor_name: str
    loading: float
    std_error: float
    t_stat: float
    single_loading: float | None
    single_t_stat: float | None
    single_r_squared: float | None
    risk_share: float | None


class Factors(msgspec.Struct, frozen=True, kw_only=True):
    """Loadings of the portfolio's returns on factor returns."""

    data_from: date
    data_to: date
    window_days: int
    r_squared: float
    loadings: tuple[Loading, ...]
    specific_risk_share: float | None


class HoldingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One position; price and gain in its own currency, value in the portfolio's, None without a price or rate."""

    ticker: str
    name: str | None
    account: str
    sector: str | None
    currency: str
    quantity: float
    price: float | None
    value: float | None
    weight: float | None
    gain: float | None


class CashRow(msgspec.Struct, frozen=True, kw_only=True):
    """The balance of one currency, its value in the portfolio's currency and its weight."""

    currency: str
    balance: float
    value: float | None
    weight: float | None


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything held, the largest first."""

    rows: tuple[HoldingRow, ...]
    cash: tuple[CashRow, ...]
    total: float


class QualityFlag(msgspec.Struct, frozen=True, kw_only=True):
    """Something about the data that whoever reads the report should know."""

    ticker: str
    code: str
    detail: str


class Footnote(msgspec.Struct, frozen=True, kw_only=True):
    """How figures of one kind are made."""

    about: str
    text: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report."""

    cover: Cover
    performance: Section[Performance]
    drift: Section[Drift]
    attribution: Section[Attribution]
    risk: Section[Risk]
    regime: Section[Regime]
    factors: Section[Factors]
    holdings: Section[Holdings]
    quality: tuple[QualityFlag, ...]
    footnotes: tuple[Footnote, ...]
