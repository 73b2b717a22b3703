"""Portfolios as they come in and go out."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from api.figures import exact
from api.resources.fields import LimitUsed, Name, OffsetUsed, Text, Ticker, Tickers, Total
from api.resources.moments import implausible
from api.resources.unavailable import Reasons
from domain.currencies import Currency
from domain.errors import Violation
from domain.portfolio import PortfolioType
from domain.rules import gathered

METADATA_BYTES_MAX: Final = 16_384
NUL: Final = rb"\u0000"

Type = Annotated[PortfolioType, msgspec.Meta(description="What kind of portfolio it is.")]
Money = Annotated[Decimal, exact("Amount of money in the portfolio's currency.")]
Code = Annotated[Currency, msgspec.Meta(description="ISO 4217 code; totals are in this currency.")]
Threshold = Annotated[
    Decimal,
    exact(
        "Absolute drift of a bucket beyond which to rebalance, as a fraction: 0.05 is 5 points.", gt=0, le=1
    ),
]
Benchmark = Annotated[Ticker | None, msgspec.Meta(description="Ticker of the benchmark.", examples=["SPY"])]
Described = Annotated[Text | None, msgspec.Meta(description="What the portfolio is for.")]
Inception = Annotated[
    date, msgspec.Meta(description="Day from which the portfolio exists, not in the future.")
]
Metadata = Annotated[
    dict[str, Any], msgspec.Meta(description="Any JSON object of yours, at most 16 kB; replaced as a whole.")
]
Version = Annotated[int, msgspec.Meta(description="Version of the portfolio, as in its ETag.")]
PolicyVersion = Annotated[int, msgspec.Meta(description="Counts changes of threshold, policy and targets.")]
Active = Annotated[bool, msgspec.Meta(description="False once archived.")]
Registered = Annotated[datetime, msgspec.Meta(description="When the portfolio was registered, UTC.")]
Projected = Annotated[datetime, msgspec.Meta(description="When the last event shown here was recorded, UTC.")]
PositionCount = Annotated[int, msgspec.Meta(ge=0, description="Positions held; cash is not one.")]
Aum = Annotated[
    Decimal | None,
    exact(
        "Total value, cash included, in millions of US dollars at the rate of the day; null without a rate."
    ),
]
TotalValue = Annotated[
    Decimal | None, exact("Market value of all priced positions plus cash, in the portfolio's currency.")
]
CashBalance = Annotated[
    Decimal | None, exact("Cash of all currencies, in the portfolio's currency; negative is owed.")
]
MaxDrift = Annotated[
    Decimal | None, exact("Largest absolute drift of any bucket, in percent; null without targets.")
]
RebalanceNeeded = Annotated[bool, msgspec.Meta(description="Whether any bucket has left its band.")]
PricesAsOf = Annotated[date | None, msgspec.Meta(description="Day of the oldest price in the totals.")]


class RebalancePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a rebalance may trade."""

    to: Annotated[
        Literal["target", "edge"],
        msgspec.Meta(description="Trade to the targets, or only back to the edge of each band."),
    ] = "target"
    whole_shares: Annotated[bool, msgspec.Meta(description="Trade whole units only.")] = False
    min_trade_value: Annotated[
        Decimal,
        exact("Smallest trade worth placing, in the portfolio's currency.", ge=0),
    ] = Decimal(0)
    cash_buffer: Annotated[Decimal, exact("Fraction of total value that stays in cash.", ge=0, lt=1)] = (
        Decimal(0)
    )
    cost_bps: Annotated[Decimal, exact("Cost of a trade in basis points of its value.", ge=0, le=10_000)] = (
        Decimal(0)
    )
    fixed_cost: Annotated[Decimal, exact("Cost of each trade, in the portfolio's currency.", ge=0)] = Decimal(
        0
    )
    do_not_trade: Tickers = []


Policy = Annotated[
    RebalancePolicy, msgspec.Meta(description="How a rebalance may trade; replaced as a whole.")
]


class RegisterPortfolio(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A portfolio to register."""

    name: Name
    portfolio_type: Type
    currency: Code = "USD"
    inception_date: Annotated[
        date | None, msgspec.Meta(description="Day from which the portfolio exists; today unless said.")
    ] = None
    benchmark_ticker: Benchmark = None
    rebalance_threshold: Threshold = Decimal("0.05")
    metadata: Metadata = {}
    description: Described = None
    initial_cash: Annotated[
        Decimal,
        exact("Cash deposited on the day of inception, in the portfolio's currency.", ge=0),
    ] = Decimal(0)
    rebalance_policy: Policy = RebalancePolicy()

    def violations(self) -> Iterator[Violation]:
        """Yield a day before anything we could value, and metadata that cannot be kept."""
        return gathered(implausible("inception_date", self.inception_date), _unkept(self.metadata))


class RevisePortfolio(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a portfolio; what is left out stays."""

    name: Name | UnsetType = UNSET
    description: Described | UnsetType = UNSET
    rebalance_threshold: Threshold | UnsetType = UNSET
    benchmark_ticker: Benchmark | UnsetType = UNSET
    is_active: Annotated[
        bool | UnsetType, msgspec.Meta(description="False archives the portfolio, true brings it back.")
    ] = UNSET
    metadata: Metadata | UnsetType = UNSET
    rebalance_policy: Policy | UnsetType = UNSET

    def violations(self) -> Iterator[Violation]:
        """Yield metadata that cannot be kept."""
        return gathered(_unkept(self.metadata))


def _unkept(metadata: dict[str, Any] | UnsetType) -> Iterator[Violation]:
    if not isinstance(metadata, dict):
        return
    encoded = msgspec.json.encode(metadata)
    if NUL in encoded:
        detail = "metadata holds the character U+0000, which cannot be stored."
        yield Violation("metadata", "malformed", detail)
    elif len(encoded) > METADATA_BYTES_MAX:
        detail = f"metadata has {len(encoded):,} bytes; at most {METADATA_BYTES_MAX:,} are kept."
        yield Violation("metadata", "too_large", detail)


class RenamePortfolio(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new name or description; what is left out stays."""

    name: Name | UnsetType = UNSET
    description: Described | UnsetType = UNSET


class RegisteredPortfolio(msgspec.Struct, frozen=True, kw_only=True):
    """A portfolio that was just registered."""

    portfolio_id: Annotated[UUID, msgspec.Meta(description="The portfolio.")]
    name: Name
    portfolio_type: Type
    currency: Code
    tenant_id: Annotated[str, msgspec.Meta(description="Whose portfolio it is, by the credential.")]
    created: Annotated[bool, msgspec.Meta(description="Always true.")] = True
    description: Described
    inception_date: Inception
    benchmark_ticker: Benchmark
    rebalance_threshold: Threshold
    rebalance_policy: Policy
    metadata: Metadata
    cash_balance: Annotated[Decimal, exact("Cash deposited at registration, in the portfolio's currency.")]
    is_active: Active
    version: Version


DayChange = Annotated[
    Decimal | None,
    exact(
        "Gain since the valuation day before, flows left out, in the portfolio's currency; losses negative."
    ),
]
DayChangePercent = Annotated[
    Decimal | None, exact("The same in percent of the value before; losses negative.")
]
YtdReturn = Annotated[
    Decimal | None, exact("Time-weighted return since the end of last year or the first day, a fraction.")
]
ActiveReturnYtd = Annotated[
    Decimal | None, exact("`ytd_return` less the benchmark's over the same days, a fraction.")
]
Var95 = Annotated[
    Decimal | None, exact("Value at risk of one day at 95 %, a positive loss as a fraction of value.")
]
Sharpe = Annotated[
    Decimal | None, exact("Mean return less the risk-free rate over its volatility, per year.")
]
Regime = Annotated[str | None, msgspec.Meta(description="Market regime: `risk_on`, `risk_off` or `unknown`.")]
ValuedOn = Annotated[
    date | None,
    msgspec.Meta(description="Day that totals are valued on: the newest that prices or facts name."),
]


class PortfolioSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A portfolio in the list."""

    portfolio_id: Annotated[UUID, msgspec.Meta(description="The portfolio.")]
    name: Name
    description: Described
    portfolio_type: Type
    currency: Code
    aum_usd_mm: Aum
    total_value: TotalValue
    cash_balance: CashBalance
    day_change: DayChange = None
    day_change_percent: DayChangePercent = None
    position_count: PositionCount
    benchmark_ticker: Benchmark
    ytd_return: YtdReturn = None
    active_return_ytd: ActiveReturnYtd = None
    var_95_1d: Var95 = None
    sharpe_ratio: Sharpe = None
    max_drift_pct: MaxDrift
    rebalance_needed: RebalanceNeeded
    macro_regime: Regime = None
    is_active: Active
    created_at: Registered
    projected_at: Projected
    unavailable: Reasons


class PortfolioPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of portfolios, the largest first."""

    portfolios: Annotated[list[PortfolioSummary], msgspec.Meta(description="By AUM, descending.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class PortfolioState(msgspec.Struct, frozen=True, kw_only=True):
    """A portfolio in full."""

    id: Annotated[UUID, msgspec.Meta(description="The portfolio.")]
    name: Name
    description: Described
    portfolio_type: Type
    currency: Code
    aum_usd_mm: Aum
    total_value: TotalValue
    cash_balance: CashBalance
    rebalance_threshold: Threshold
    rebalance_policy: Policy
    policy_version: PolicyVersion
    benchmark_ticker: Benchmark
    inception_date: Inception
    metadata: Metadata
    max_drift_pct: MaxDrift
    rebalance_needed: RebalanceNeeded
    prices_as_of: PricesAsOf
    valued_on: ValuedOn = None
    day_change: DayChange = None
    day_change_percent: DayChangePercent = None
    ytd_return: YtdReturn = None
    active_return_ytd: ActiveReturnYtd = None
    is_active: Active
    created_at: Registered
    projected_at: Projected
    version: Version


class RiskFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The latest risk figures; all of them are at `…/risk`."""

    as_of: Annotated[date | None, msgspec.Meta(description="Day of the holdings and of the newest price.")]
    var_95_1d: Var95
    var_99_1d: Annotated[
        Decimal | None, exact("Value at risk of one day at 99 %, a positive loss as a fraction of value.")
    ]
    cvar_95_1d: Annotated[
        Decimal | None, exact("Mean loss of one day at or beyond `var_95_1d`, a positive fraction.")
    ]
    hhi: Annotated[Decimal | None, exact("Sum of squared weights of positions, a fraction.")]
    top5_weight: Annotated[Decimal | None, exact("Weight of the five largest positions, a fraction.")]
    top10_weight: Annotated[Decimal | None, exact("Weight of the ten largest positions, a fraction.")]
    portfolio_vol_30d: Annotated[
        Decimal | None, exact("Volatility over the last 30 returns, a fraction per year.")
    ]
    sharpe_ratio: Sharpe
    tracking_error: Annotated[
        Decimal | None, exact("Volatility of return less the benchmark's, a fraction per year.")
    ]
    information_ratio: Annotated[
        Decimal | None, exact("Mean return less the benchmark's over its volatility, per year.")
    ]
    macro_regime: Regime
    nav_impact_pct: Annotated[
        Decimal | None,
        exact("Change of value for the change of discount rates, in percent; losses negative."),
    ]
    computed_at: Annotated[datetime, msgspec.Meta(description="When it was computed, UTC.")]
    unavailable: Reasons


class PortfolioDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A portfolio with what it holds and risks."""

    portfolio: PortfolioState
    position_count: PositionCount
    risk: Annotated[
        RiskFigures | None,
        msgspec.Meta(description="The latest risk decomposition; null until there is one."),
    ] = None
    unavailable: Reasons
