"""Positions as they come in and go out."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from api.figures import exact
from api.resources.fields import LINE, LimitUsed, OffsetUsed, Price, Quantity, Ticker, Total
from api.resources.position_rules import (
    alike,
    checked,
    differing,
    holdable,
    known_country,
    not_zero,
    required,
)
from api.resources.unavailable import Reasons
from domain.currencies import Currency
from domain.errors import Violation
from domain.rules import gathered

Day = date
Flag = Literal["no_price", "no_rate", "stale_price", "old_fx"]
PositionId = Annotated[
    UUID, msgspec.Meta(description="The position; it keeps its id when it is closed and opened.")
]
OfPortfolio = Annotated[UUID, msgspec.Meta(description="The portfolio that holds it.")]
SecurityName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=500, pattern=LINE, description="Full name of the security.")
]
Account = Annotated[
    str,
    msgspec.Meta(
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*(?!\n)$",
        description="Account it is held in; may be empty.",
    ),
]
AssetClass = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=40,
        description=(
            "`equity`, `fixed_income`, `alternatives`, `derivatives`, `real_estate`, `commodity` or `crypto`, "
            "in any case."
        ),
        examples=["equity"],
    ),
]
Sector = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=100, pattern=LINE, description="Sector as a slug.", examples=["technology"]
    ),
]
Geography = Annotated[
    str,
    msgspec.Meta(
        pattern="^[A-Za-z]{2}$", description="Country, ISO 3166-1 alpha-2, in any case.", examples=["US"]
    ),
]
Isin = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{12}$", description="ISIN with its check digit.")]
Cusip = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9*@#]{9}$", description="CUSIP with its check digit.")]
Sedol = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{7}$", description="SEDOL with its check digit.")]
Figi = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{12}$", description="FIGI with its check digit.")]
Code = Annotated[Currency, msgspec.Meta(description="ISO 4217 code of the position's prices.")]
Listed = Annotated[str, msgspec.Meta(description="Asset class.")]
Known = Annotated[str | None, msgspec.Meta(description="As it is known; null if it is not.")]
Units = Annotated[Decimal, exact("Units held; negative is a short position.")]
Cost = Annotated[Decimal | None, exact("Average cost per unit, in the position's currency.")]
Current = Annotated[Decimal | None, exact("Newest known price per unit, in the position's currency.")]
PriceDay = Annotated[date | None, msgspec.Meta(description="Day of the current price.")]
MarketValue = Annotated[
    Decimal | None, exact("Quantity times price, in the position's currency; negative of a short position.")
]
Pnl = Annotated[Decimal | None, exact("Gain over cost, in the position's currency; a loss is negative.")]
PnlPercent = Annotated[Decimal | None, exact("Gain over cost, in percent of cost; a loss is negative.")]
OwnCurrency = Annotated[str, msgspec.Meta(description="ISO 4217 code of the position's prices and values.")]


class RecordPosition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A holding to record: `ticker` (or `symbol`), `quantity` and `avg_cost_price` (or `price`)."""

    quantity: Quantity
    ticker: Ticker | None = None
    symbol: Annotated[Ticker | None, msgspec.Meta(description="The same as `ticker`.")] = None
    avg_cost_price: Annotated[Price | None, msgspec.Meta(description="Cost per unit.")] = None
    price: Annotated[Price | None, msgspec.Meta(description="The same as `avg_cost_price`.")] = None
    current_price: Annotated[
        Price | None, msgspec.Meta(description="Price per unit today; the cost unless said.")
    ] = None
    account: Account = ""
    currency: Annotated[
        Code | None, msgspec.Meta(description="The instrument's unless said, else the portfolio's.")
    ] = None
    security_name: SecurityName | None = None
    asset_class: AssetClass | None = None
    sector: Sector | None = None
    geography: Geography | None = None
    isin: Isin | None = None
    cusip: Cusip | None = None
    sedol: Sedol | None = None
    figi: Figi | None = None

    def violations(self) -> Iterator[Violation]:
        """Yield what is missing or contradicts itself, and words that mean nothing here."""
        return gathered(
            required("ticker", "symbol", self.ticker, self.symbol),
            alike("ticker", "symbol", self.ticker, self.symbol),
            required("avg_cost_price", "price", self.avg_cost_price, self.price),
            alike("avg_cost_price", "price", self.avg_cost_price, self.price),
            not_zero(self.quantity),
            holdable(self.asset_class),
            known_country(self.geography),
            *(checked(name, getattr(self, name)) for name in ("isin", "cusip", "sedol", "figi")),
        )


class RevisePosition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a position; what is left out stays, null forgets."""

    quantity: Quantity | UnsetType = UNSET
    avg_cost_price: Annotated[Price | UnsetType | None, msgspec.Meta(description="Cost per unit.")] = UNSET
    avg_cost: Annotated[
        Price | UnsetType | None, msgspec.Meta(description="The same as `avg_cost_price`.")
    ] = UNSET
    current_price: Annotated[Price | UnsetType | None, msgspec.Meta(description="Price per unit today.")] = (
        UNSET
    )
    security_name: SecurityName | UnsetType | None = UNSET
    asset_class: AssetClass | UnsetType = UNSET
    sector: Sector | UnsetType | None = UNSET
    geography: Geography | UnsetType | None = UNSET

    def violations(self) -> Iterator[Violation]:
        """Yield what contradicts itself, and words that mean nothing here."""
        return gathered(
            self._two_costs(),
            not_zero(self.quantity),
            holdable(self.asset_class),
            known_country(self.geography),
        )

    def _two_costs(self) -> Iterator[Violation]:
        if (
            self.avg_cost is not UNSET
            and self.avg_cost_price is not UNSET
            and self.avg_cost != self.avg_cost_price
        ):
            yield differing("avg_cost_price", "avg_cost")


class RecordedPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position as it was just recorded."""

    id: PositionId
    portfolio_id: OfPortfolio
    ticker: Annotated[str, msgspec.Meta(description="Ticker symbol.")]
    symbol: Annotated[str, msgspec.Meta(description="The same as `ticker`.")]
    security_name: Known
    account: Account
    asset_class: Listed
    sector: Known
    geography: Known
    isin: Known
    cusip: Known
    currency: OwnCurrency
    quantity: Units
    avg_cost_price: Cost
    avg_cost: Cost
    current_price: Current
    price_date: PriceDay
    market_value: MarketValue
    unrealized_pnl: Pnl
    unrealized_pnl_percent: PnlPercent
    created: Annotated[bool, msgspec.Meta(description="Whether nothing of the instrument was held before.")]


class PositionBody(msgspec.Struct, frozen=True, kw_only=True):
    """A position."""

    id: PositionId
    portfolio_id: OfPortfolio
    ticker: Annotated[str, msgspec.Meta(description="Ticker symbol.")]
    symbol: Annotated[str, msgspec.Meta(description="The same as `ticker`.")]
    security_name: Known
    account: Account
    asset_class: Listed
    sector: Known
    geography: Known
    isin: Known
    cusip: Known
    currency: OwnCurrency
    quantity: Units
    avg_cost_price: Cost
    avg_cost: Cost
    current_price: Current
    price_date: PriceDay
    price_source: Annotated[
        Literal["market", "file"] | None,
        msgspec.Meta(description="Where the price comes from: market data, or the position's own file."),
    ]
    market_value: MarketValue
    market_value_base: Annotated[
        Decimal | None, exact("Market value in the portfolio's currency; negative of a short position.")
    ]
    weight: Annotated[Decimal | None, exact("Fraction of the portfolio's total value; negative of a short.")]
    weight_percent: Annotated[Decimal | None, exact("The weight in percent.")]
    unrealized_pnl: Pnl
    unrealized_pnl_percent: PnlPercent
    flags: Annotated[
        list[Flag],
        msgspec.Meta(
            description="`no_price` and `no_rate` keep the position out of every total; `stale_price` and `old_fx` "
            "(an exchange rate fixed more than seven days before the valuation) are warnings."
        ),
    ]
    projected_at: Annotated[
        datetime, msgspec.Meta(description="When the last event shown here was recorded, UTC.")
    ]
    unavailable: Reasons


class PositionPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of positions, and what the whole portfolio is worth."""

    positions: Annotated[list[PositionBody], msgspec.Meta(description="By value, descending.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed
    portfolio_id: OfPortfolio
    currency: Annotated[str, msgspec.Meta(description="The portfolio's currency, ISO 4217.")]
    total_value: Annotated[
        Decimal | None, exact("Value of the whole portfolio, cash included, in its currency.")
    ]
    cash_balance: Annotated[Decimal | None, exact("Cash of all currencies, in the portfolio's currency.")]
    projected_at: Annotated[
        datetime, msgspec.Meta(description="When the last event shown here was recorded, UTC.")
    ]
