"""A portfolio of another moment, in the rows in which the present is told."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from api.resources.portfolio_rendering import row_of
from application.history.past import PastPortfolio
from application.history.worth import PastWorth, value_past
from application.market.pricing import Priced
from application.market.quotes import Quotes
from application.market.rates import TenantRates
from domain.drift import DriftReport, Target, measure_drift
from domain.holding_facts import Position
from domain.valuation import Excluded
from projections.portfolio_rows import AllocationRow, PortfolioRow, PositionRow

HUNDRED = Decimal(100)


class PastRows(msgspec.Struct, frozen=True, kw_only=True):
    """What there was, valued at the prices and exchange rates of its day."""

    portfolio: PortfolioRow
    positions: list[PositionRow]
    allocations: list[AllocationRow]
    drift: DriftReport
    excluded: tuple[Excluded, ...]
    cash_without_rate: tuple[str, ...]


async def past_rows(past: PastPortfolio, quotes: Quotes, rates: TenantRates) -> PastRows:
    """Value a past portfolio at what was known then, and measure its drift."""
    worth = await value_past(past, quotes, rates)
    valuation = worth.valuation
    drift = measure_drift(
        valuation.exposures, valuation.cash, past.targets, past.portfolio.rebalance_threshold
    )
    return PastRows(
        portfolio=_portfolio(past, worth, drift),
        positions=_positions(past, worth),
        allocations=_allocations(past),
        drift=drift,
        excluded=valuation.excluded,
        cash_without_rate=tuple(sorted(set(valuation.unvalued_cash))),
    )


def _portfolio(past: PastPortfolio, worth: PastWorth, drift: DriftReport) -> PortfolioRow:
    row = row_of(
        past.portfolio,
        position=past.position,
        created_at=past.created_at,
        projected_at=past.recorded_at,
    )
    valuation = worth.valuation
    row.total_value, row.cash_balance = valuation.total_value, valuation.cash
    row.aum_usd_mm = valuation.in_us_millions(worth.rates, worth.valued_on)
    row.position_count, row.prices_as_of = len(past.held), valuation.prices_as_of
    row.valued_on = worth.valued_on
    row.max_drift_pct = None if drift.max_abs_drift is None else drift.max_abs_drift * HUNDRED
    row.rebalance_needed = drift.drifted
    return row


def _positions(past: PastPortfolio, worth: PastWorth) -> list[PositionRow]:
    values = {exposure.position_id: exposure.value for exposure in worth.valuation.exposures}
    rows = [_position(one, past, worth, values.get(one.stated.position_id)) for one in worth.held]
    rows.sort(key=lambda row: _largest_first(row, values))
    return rows


def _largest_first(row: PositionRow, values: dict[UUID, Decimal]) -> tuple[bool, Decimal, UUID]:
    value = values.get(row.position_id)
    return value is None, -(value or Decimal(0)), row.position_id


def _position(one: Priced, past: PastPortfolio, worth: PastWorth, value: Decimal | None) -> PositionRow:
    held, stated, total = one.position, one.stated, worth.valuation.total_value
    made = gains(held.quantity, held.avg_cost_price, held.current_price)
    rate = worth.rates.rate(held.currency, past.portfolio.currency, worth.valued_on)
    return PositionRow(
        **{name: getattr(held, name) for name in _TOLD},
        portfolio_id=past.portfolio.id,
        exchange_rate=None if rate is None else rate.value,
        old_rate=rate is not None and rate.is_old(worth.valued_on),
        weight=value / total if value is not None and total > 0 else None,
        projected_at=past.recorded_at,
        market_value=made.market_value,
        unrealized_pnl=made.unrealized_pnl,
        unrealized_pnl_percent=made.unrealized_pnl_percent,
        price_source=one.source,
        stated_quantity=stated.quantity,
        stated_cost_price=stated.avg_cost_price,
        stated_price=stated.current_price,
        stated_price_date=stated.price_date,
    )


_TOLD = tuple(name for name in PositionRow.__struct_fields__ if name in frozenset(Position.__struct_fields__))


class Gains(NamedTuple):
    """What a position is worth and has gained (losses negative), in its own currency and in percent of cost."""

    market_value: Decimal | None
    unrealized_pnl: Decimal | None
    unrealized_pnl_percent: Decimal | None


def gains(quantity: Decimal, cost: Decimal | None, price: Decimal | None) -> Gains:
    """Return the figures that follow from cost and price; a falling price is a gain of a short position."""
    if price is None:
        return Gains(None, None, None)
    if cost is None:
        return Gains(quantity * price, None, None)
    side = 1 if quantity > 0 else -1
    percentage = (price / cost - 1) * HUNDRED * side if cost else None
    return Gains(quantity * price, quantity * (price - cost), percentage)


def _allocations(past: PastPortfolio) -> list[AllocationRow]:
    return [
        AllocationRow(
            tenant_id=past.portfolio.tenant_id,
            portfolio_id=past.portfolio.id,
            position=past.position,
            projected_at=past.recorded_at,
            **msgspec.structs.asdict(target),
        )
        for target in _in_order(past.targets)
    ]


def _in_order(targets: Iterable[Target]) -> list[Target]:
    return sorted(targets, key=lambda target: (target.allocation_type, target.bucket))
