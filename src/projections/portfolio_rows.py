"""What is shown of a portfolio, its positions and its targets."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.drift import Target

ZERO = Decimal(0)


class PortfolioLine(msgspec.Struct, kw_only=True):
    """One line of the list; money in `currency`, `aum_usd_mm` in millions of US dollars, `_pct` percent."""

    portfolio_id: UUID
    name: str
    portfolio_type: str
    currency: str
    description: str | None
    benchmark_ticker: str | None
    is_active: bool
    created_at: datetime
    projected_at: datetime
    total_value: Decimal | None = ZERO
    cash_balance: Decimal | None = ZERO
    aum_usd_mm: Decimal | None = ZERO
    position_count: int = 0
    max_drift_pct: Decimal | None = None
    rebalance_needed: bool = False


class ListedPortfolio(PortfolioLine, kw_only=True):
    """A line with the figures that agents compute.

    unavailable : JSON that says why some of them are null; `null` where nothing was computed yet.
    """

    day_change: Decimal | None
    day_change_percent: Decimal | None
    ytd_return: Decimal | None
    active_return_ytd: Decimal | None
    var_95_1d: Decimal | None
    sharpe_ratio: Decimal | None
    macro_regime: str | None
    unavailable: msgspec.Raw


class PortfolioRow(PortfolioLine, kw_only=True):
    """A portfolio with everything known of it."""

    tenant_id: str
    inception_date: date
    rebalance_threshold: Decimal
    metadata: dict[str, Any]
    rebalance_policy: Any
    policy_version: int
    version: int
    position: int
    prices_as_of: date | None = None
    valued_on: date | None = None


class AllocationRow(msgspec.Struct, kw_only=True):
    """One target as it stands; weights are fractions."""

    tenant_id: str
    allocation_id: UUID
    portfolio_id: UUID
    allocation_type: str
    bucket: str
    target_weight: Decimal
    min_weight: Decimal
    max_weight: Decimal
    band_kind: str | None
    band: Decimal | None
    position: int
    projected_at: datetime

    def target(self) -> Target:
        """Return the target that the row shows."""
        return Target(
            allocation_id=self.allocation_id,
            allocation_type=self.allocation_type,  # type: ignore[arg-type]
            bucket=self.bucket,
            target_weight=self.target_weight,
            min_weight=self.min_weight,
            max_weight=self.max_weight,
            band_kind=self.band_kind,  # type: ignore[arg-type]
            band=self.band,
        )


class PositionRow(msgspec.Struct, kw_only=True):
    """One holding; prices and values in its own currency, `weight` a fraction of the portfolio.

    Quantity and cost count splits since they were stated, and `current_price` is the newest there is, from the
    `market` or from a `file`; what was stated itself stands beside them.
    """

    position_id: UUID
    portfolio_id: UUID
    instrument_id: UUID
    account: str
    ticker: str
    security_name: str | None
    asset_class: str
    sector: str | None
    geography: str | None
    isin: str | None
    cusip: str | None
    currency: str
    quantity: Decimal
    avg_cost_price: Decimal | None
    current_price: Decimal | None
    price_date: date | None
    market_value: Decimal | None
    weight: Decimal | None
    unrealized_pnl: Decimal | None
    unrealized_pnl_percent: Decimal | None
    exchange_rate: Decimal | None
    old_rate: bool
    projected_at: datetime
    price_source: str | None
    stated_quantity: Decimal
    stated_cost_price: Decimal | None
    stated_price: Decimal | None
    stated_price_date: date | None

    def stated(self) -> "PositionRow":
        """Return the row with the figures that were stated, as the holding's own facts have them."""
        return msgspec.structs.replace(
            self,
            quantity=self.stated_quantity,
            avg_cost_price=self.stated_cost_price,
            current_price=self.stated_price,
            price_date=self.stated_price_date,
        )
