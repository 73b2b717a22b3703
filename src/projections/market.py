"""Market data as questions are asked about it: quotes, histories, searches, benchmarks, imports.

What is read is market data itself and no projection of events: as a tenant sees it, its own before the shared set.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import msgspec

from domain.market import Kind


class InstrumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument on a market; `exchange` is a MIC, `currency` an ISO 4217 code."""

    listing_id: int
    ticker: str
    exchange: str | None = None
    currency: str | None = None
    name: str | None = None
    isin: str | None = None
    kind: str = "equity"


class DayBar(msgspec.Struct, frozen=True, array_like=True):
    """One day: prices in the listing's currency, volume in units; None where the source has none."""

    day: date
    open: float | None
    high: float | None
    low: float | None
    close: float
    adjusted: float | None
    volume: float | None


class Action(msgspec.Struct, frozen=True, array_like=True):
    """A split (new units per old one) or a dividend (per unit, in `currency`)."""

    ex_date: date
    kind: str
    value: float
    currency: str | None


class SeriesRow(msgspec.Struct, frozen=True, kw_only=True):
    """The bars of one instrument, oldest first, and its splits and dividends.

    newest : day of the newest bar there is, asked for or not. sources : where the bars come from.
    """

    instrument: InstrumentRow
    bars: list[DayBar]
    actions: list[Action]
    newest: date | None
    sources: list[str]


class TrendRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an instrument did on the newest day; `move` is a fraction, `traded_value` close times volume."""

    ticker: str
    currency: str | None
    day: date
    price: float
    move: float | None
    volume: float | None
    traded_value: float | None


class ImportedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One import; `report` is what it answered, None where it came with the installation."""

    import_id: UUID
    owner: str
    kind: Kind
    source: str
    filename: str | None
    sha256: str | None
    recorded_at: datetime
    rows: int
    revised: int
    report: dict[str, Any] | None = None


class BenchmarkRow(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark with constituents: how many sets, from which day to which, and the size of the newest."""

    benchmark: str
    name: str | None
    sets: int
    first_day: date
    last_day: date
    constituents: int
    source: str


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a benchmark; `weight` is a fraction."""

    ticker: str
    name: str | None
    weight: Decimal
    sector: str | None


class SetRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a benchmark consists of from `day` on; `days` are those of all its sets."""

    day: date
    source: str
    recorded_at: datetime
    members: list[MemberRow]
    days: list[date]


class MarketView(Protocol):
    """Answers questions about market data, each as one tenant."""

    async def series(
        self, tenant: str, symbol: str, *, start: date | None, days: int | None, known_at: datetime | None
    ) -> SeriesRow | None:
        """Return bars from `start` on, or those of the newest `days` days; None where nobody knows the symbol."""

    async def clock(self, tenant: str) -> date:
        """Return today, or the day the tenant is pinned to."""

    async def search(
        self, tenant: str, text: str, *, limit: int, offset: int
    ) -> tuple[list[InstrumentRow], int]:
        """Return instruments whose ticker, name or ISIN fits, the best first, and how many there are."""

    async def trending(self, tenant: str, *, limit: int) -> list[TrendRow]:
        """Return the instruments that moved most money on the newest day."""

    async def imports(
        self, tenant: str, *, kind: Kind | None, limit: int, offset: int
    ) -> tuple[list[ImportedRow], int]:
        """Return a page of imports, the newest first, and how many there are."""

    async def one_import(self, tenant: str, import_id: UUID) -> ImportedRow | None:
        """Return one import."""

    async def benchmarks(self, tenant: str, *, limit: int, offset: int) -> tuple[list[BenchmarkRow], int]:
        """Return the benchmarks with constituents by name, and how many there are."""

    async def constituents(
        self, tenant: str, benchmark: str, *, on: date | None, known_at: datetime | None
    ) -> SetRow | None:
        """Return the set that holds on a day (the newest without one), None where there is none."""
