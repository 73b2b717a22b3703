"""Newest prices for those who value a portfolio now or on one day."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

import msgspec


class Name(msgspec.Struct, frozen=True):
    """What a holding calls its instrument; `exchange` is a MIC, `currency` an ISO 4217 code."""

    ticker: str
    isin: str | None = None
    currency: str | None = None
    exchange: str | None = None


class Wanted(msgspec.Struct, frozen=True):
    """A holding that needs a price; `since` is the day its quantity was stated on."""

    name: Name
    since: date


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument on a market as one tenant sees it."""

    listing_id: int
    ticker: str
    exchange: str | None = None
    currency: str | None = None
    name: str | None = None
    isin: str | None = None
    sector: str | None = None
    geography: str | None = None
    kind: str = "equity"


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The newest bar on or before a day.

    split_factor : units that one unit of `Wanted.since` has become; 2 after a 2-for-1 split.
    """

    listing: Listing
    day: date
    close: Decimal
    previous_day: date | None = None
    previous_close: Decimal | None = None
    source: str = ""
    split_factor: Decimal = Decimal(1)


class Quotes(Protocol):
    """Prices as one tenant sees them: its own before the shared set."""

    async def quotes(
        self,
        tenant: str,
        wanted: Sequence[Wanted],
        *,
        upto: date | None = None,
        known_at: datetime | None = None,
    ) -> list[Quote | None]:
        """Return the newest quote of each holding on or before a day, None where there is none."""

    async def clock(self, tenant: str) -> date:
        """Return today, or the day the tenant is pinned to."""
