"""How old prices are, against the day that a tenant takes for today."""

from collections.abc import Iterable
from datetime import date
from typing import TypeAlias

import msgspec

NAMED_AT_MOST = 3
Dated: TypeAlias = tuple[str, date | None]
"""A ticker, and the day of its price; None where nobody dated it."""


class PriceAge(msgspec.Struct, frozen=True, kw_only=True):
    """A price and how many days old it is."""

    ticker: str
    price_date: date
    days: int


class PriceLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Days after which a price is flagged as old, and after which nothing is recommended at it."""

    stale_days: int
    hold_back_days: int


def old_prices(prices: Iterable[Dated], *, clock: date, beyond: int) -> list[PriceAge]:
    """Return the prices that are more than `beyond` days old, the oldest first; undated ones are not."""
    found = [
        PriceAge(ticker=ticker, price_date=day, days=(clock - day).days)
        for ticker, day in dict.fromkeys(prices)
        if day is not None and (clock - day).days > beyond
    ]
    return sorted(found, key=lambda one: (-one.days, one.ticker))


def in_words(old: list[PriceAge], beyond: int) -> str:
    """Return a sentence that names the oldest prices."""
    named = [f"{one.ticker} of {one.price_date.isoformat()} ({one.days} days)" for one in old[:NAMED_AT_MOST]]
    rest = len(old) - len(named)
    more = f" and {rest} more" if rest else ""
    return f"Prices are older than {beyond} days: {', '.join(named)}{more}."
