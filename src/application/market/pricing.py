"""Which price a holding has: the one its file states, or the market's.

A quantity holds from a day; splits since then have multiplied it, and divided what was said per unit.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from application.market.quotes import Name, Quote, Quotes, Wanted
from domain.holding_facts import Position

Source: TypeAlias = Literal["file", "market"]
Dated: TypeAlias = tuple[date, Position]
"""A holding, and the day from which it holds."""


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """A holding in today's units at its newest price.

    position : quantity and figures per unit with splits counted in, `current_price` and `price_date` of whichever
        price is newest.
    stated : the holding as it was told; `since` is the day it holds from.
    source : where the price comes from; None where there is none.
    listing_id : what the market calls the instrument; None where it knows no price of it.
    """

    position: Position
    stated: Position
    since: date
    source: Source | None
    listing_id: int | None = None


def named(held: Position) -> Name:
    """Return what a holding calls its instrument."""
    return Name(ticker=held.ticker, isin=held.isin, currency=held.currency)


def priced(stated: Position, since: date, quote: Quote | None, *, clock: date) -> Priced:
    """Return a holding at its newest price; on the same day the market's counts.

    clock : the day that the tenant takes for today; what a file says of a later day holds from this one on.
    """
    if quote is None:
        source: Source | None = None if stated.current_price is None else "file"
        return Priced(position=stated, stated=stated, since=since, source=source)
    factor = quote.split_factor
    per_unit = _per_unit(stated, factor)
    if _is_newer(stated, quote, clock):
        held = msgspec.structs.replace(per_unit, quantity=stated.quantity * factor)
        return Priced(
            position=held, stated=stated, since=since, source="file", listing_id=quote.listing.listing_id
        )
    held = msgspec.structs.replace(
        per_unit, quantity=stated.quantity * factor, current_price=quote.close, price_date=quote.day
    )
    return Priced(
        position=held, stated=stated, since=since, source="market", listing_id=quote.listing.listing_id
    )


async def in_todays_units(quotes: Quotes, tenant: str, stated: Position, since: date) -> Position:
    """Return a holding as it has to be stated today to say the same: splits since then are counted in."""
    clock = await quotes.clock(tenant)
    (quote,) = await quotes.quotes(tenant, [Wanted(name=named(stated), since=min(since, clock))], upto=clock)
    if quote is None or quote.split_factor == 1:
        return stated
    per_unit = _per_unit(stated, quote.split_factor)
    return msgspec.structs.replace(per_unit, quantity=stated.quantity * quote.split_factor)


def _is_newer(stated: Position, quote: Quote, clock: date) -> bool:
    if stated.current_price is None or stated.price_date is None:
        return False
    return min(stated.price_date, clock) > quote.day


def _per_unit(stated: Position, factor: Decimal) -> Position:
    if factor == 1:
        return stated
    return msgspec.structs.replace(
        stated,
        avg_cost_price=_divided(stated.avg_cost_price, factor),
        current_price=_divided(stated.current_price, factor),
    )


def _divided(amount: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if amount is None else amount / factor


async def at_market(
    quotes: Quotes,
    tenant: str,
    held: Iterable[Dated],
    *,
    clock: date,
    upto: date | None = None,
    known_at: datetime | None = None,
) -> list[Priced]:
    """Return holdings at the newest prices that were known, on or before a day: the clock's unless said."""
    dated: Sequence[Dated] = list(held)
    last = clock if upto is None else min(upto, clock)
    asked = [Wanted(name=named(stated), since=min(since, clock)) for since, stated in dated]
    found = await quotes.quotes(tenant, asked, upto=last, known_at=known_at) if asked else []
    return [
        priced(stated, since, quote, clock=clock) for (since, stated), quote in zip(dated, found, strict=True)
    ]


def newest_prices(held: Iterable[Priced]) -> list[date | None]:
    """Return the day of each holding's price."""
    return [one.position.price_date if one.source is not None else None for one in held]
