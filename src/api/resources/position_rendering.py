"""From positions, or their rows, to what is answered."""

from datetime import date
from typing import Literal

from api.resources.past import gains
from api.resources.position_bodies import Flag, PositionBody, RecordedPosition
from api.resources.rounding import as_percent, money, percent, price, weight
from api.resources.unavailable import Unavailable, no_rate
from application.positions.single import Held
from domain.price_age import PriceLimits, old_prices
from projections.portfolio_rows import PositionRow

NO_PRICE = Unavailable(code="no_price", detail="No price of the instrument is known.")
NO_COST = Unavailable(code="no_cost", detail="The cost of the position is not known.")
FREE_OF_COST = Unavailable(code="no_cost", detail="A gain has no percentage of a cost of zero.")
NO_TOTAL = Unavailable(code="no_total", detail="Weights need a positive total value.")


def position_body(row: PositionRow, currency: str, *, clock: date, limits: PriceLimits) -> PositionBody:
    """Return a position; `currency` is the portfolio's, `clock` the day against which its price is old."""
    base = None
    if row.market_value is not None and row.exchange_rate is not None:
        base = row.market_value * row.exchange_rate
    cost = price(row.avg_cost_price)
    return PositionBody(
        id=row.position_id,
        portfolio_id=row.portfolio_id,
        ticker=row.ticker,
        symbol=row.ticker,
        security_name=row.security_name,
        account=row.account,
        asset_class=row.asset_class,
        sector=row.sector,
        geography=row.geography,
        isin=row.isin,
        cusip=row.cusip,
        currency=row.currency,
        quantity=row.quantity,
        avg_cost_price=cost,
        avg_cost=cost,
        current_price=row.current_price,
        price_date=row.price_date,
        price_source=row.price_source,  # type: ignore[arg-type]
        market_value=money(row.market_value),
        market_value_base=money(base),
        weight=weight(row.weight),
        weight_percent=as_percent(row.weight),
        unrealized_pnl=money(row.unrealized_pnl),
        unrealized_pnl_percent=percent(row.unrealized_pnl_percent),
        flags=flags(row, clock, limits),
        projected_at=row.projected_at,
        unavailable=_missing(row, currency),
    )


def recorded_position(held: Held) -> RecordedPosition:
    """Return a position as a command left it."""
    known = held.position
    figures = gains(known.quantity, known.avg_cost_price, known.current_price)
    cost = price(known.avg_cost_price)
    return RecordedPosition(
        id=known.position_id,
        portfolio_id=held.portfolio_id,
        ticker=known.ticker,
        symbol=known.ticker,
        security_name=known.security_name,
        account=known.account,
        asset_class=known.asset_class,
        sector=known.sector,
        geography=known.geography,
        isin=known.isin,
        cusip=known.cusip,
        currency=known.currency,
        quantity=known.quantity,
        avg_cost_price=cost,
        avg_cost=cost,
        current_price=known.current_price,
        price_date=known.price_date,
        market_value=money(figures.market_value),
        unrealized_pnl=money(figures.unrealized_pnl),
        unrealized_pnl_percent=percent(figures.unrealized_pnl_percent),
        created=held.created,
    )


def flags(row: PositionRow, clock: date, limits: PriceLimits) -> list[Flag]:
    """Return why a position is in no total, and whether its price or its exchange rate is old."""
    stale = old_prices([(row.ticker, row.price_date)], clock=clock, beyond=limits.stale_days)
    found: list[Flag] = [*left_out(row)]
    if stale and row.current_price is not None:
        found.append("stale_price")
    if row.old_rate:
        found.append("old_fx")
    return found


def left_out(row: PositionRow) -> list[Literal["no_price", "no_rate"]]:
    """Return why a position is in no total."""
    found: list[Literal["no_price", "no_rate"]] = []
    if row.current_price is None:
        found.append("no_price")
    if row.exchange_rate is None:
        found.append("no_rate")
    return found


def _missing(row: PositionRow, currency: str) -> dict[str, Unavailable]:
    missing: dict[str, Unavailable] = {}
    if row.current_price is None:
        names = ("current_price", "market_value", "market_value_base", "weight", "weight_percent")
        missing |= dict.fromkeys((*names, "unrealized_pnl", "unrealized_pnl_percent"), NO_PRICE)
    elif row.exchange_rate is None:
        converted = ("market_value_base", "weight", "weight_percent")
        missing |= dict.fromkeys(converted, no_rate(row.currency, currency))
    elif row.weight is None:
        missing |= dict.fromkeys(("weight", "weight_percent"), NO_TOTAL)
    if row.avg_cost_price is None:
        unknown = ("avg_cost_price", "avg_cost", "unrealized_pnl", "unrealized_pnl_percent")
        missing |= dict.fromkeys(unknown, NO_COST)
    elif not row.avg_cost_price:
        missing["unrealized_pnl_percent"] = FREE_OF_COST
    return missing
