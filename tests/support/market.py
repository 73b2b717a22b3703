"""Market data put into the tables directly, for tests of those who read it; one call is one import."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import uuid4

import psycopg

from domain.market import SHARED

NAN = float("nan")
Number = float | str | Decimal


def weekdays(start: str | date, count: int) -> list[date]:
    """`count` weekdays, the first on or after a day."""
    day = date.fromisoformat(start) if isinstance(start, str) else start
    days: list[date] = []
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    return days


@dataclass(frozen=True)
class Import:
    """Where an import stands among the others."""

    connection: psycopg.Connection[Any]
    owner: str
    sequence: int
    recorded_at: datetime

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows of this import to a table."""
        for row in rows:
            full = {"owner": self.owner, "sequence": self.sequence, "recorded_at": self.recorded_at, **row}
            columns, values = ", ".join(full), ", ".join(f"%({name})s" for name in full)
            self.connection.execute(f"insert into market.{table} ({columns}) values ({values})", full)


class MarketData:
    """Writes market data of one owner, as the owner of the database or, under `api`, as the API's role."""

    def __init__(self, database_url: str, owner: str = SHARED, *, operator: bool = False) -> None:
        self._url = database_url
        self.owner = owner
        self._operator = operator

    @contextmanager
    def importing(
        self, kind: str, *, source: str = "test", recorded_at: datetime | None = None
    ) -> Iterator[Import]:
        """One import; `recorded_at` may name a moment in the past, later than the owner's last import."""
        with psycopg.connect(self._url) as connection:
            connection.execute("select set_config('trimtab.tenant', %s, true)", (self.owner,))
            if self._operator:
                connection.execute("select set_config('trimtab.operator', 'on', true)")
            begun = connection.execute("select * from market.begin_import(%s)", (self.owner,)).fetchone()
            assert begun is not None
            current = Import(connection, self.owner, begun[0], recorded_at or begun[1])
            yield current
            if kind == "prices":
                connection.execute("select market.note_newest(%s, %s)", (self.owner, current.sequence))
                connection.execute("select market.gather_bars(%s, %s)", (self.owner, current.sequence))
            connection.execute(
                "insert into market.import (import_id, sequence, owner, kind, source, recorded_at)"
                " values (%s, %s, %s, %s, %s, %s)",
                (uuid4(), current.sequence, self.owner, kind, source, current.recorded_at),
            )

    def listing(
        self,
        ticker: str,
        *,
        currency: str | None = "USD",
        exchange: str | None = None,
        aliases: Mapping[str, str | None] | None = None,
        **described: str | None,
    ) -> int:
        """A listing of this owner, known or new; `described`: name, isin, sector, geography, kind.

        aliases : other names; the value is None for a true one, a note where the listing only stands in.
        """
        with self.importing("instruments") as current:
            listing_id = self._listing_id(current, ticker, currency, exchange)
            if described:
                current.insert("description", [{"listing_id": listing_id, **described}])
            current.insert(
                "alias",
                [{"alias": a, "listing_id": listing_id, "note": note} for a, note in (aliases or {}).items()],
            )
        return listing_id

    def bars(
        self,
        listing: str | int,
        days: Sequence[date],
        close: Sequence[float],
        *,
        adjusted: Sequence[float] | None = None,
        volume: Sequence[float] | None = None,
        high: Sequence[float] | None = None,
        low: Sequence[float] | None = None,
        open: Sequence[float] | None = None,  # noqa: A002 the column's name
        currency: str | None = "USD",
        exchange: str | None = None,
        source: str = "test",
        recorded_at: datetime | None = None,
    ) -> int:
        """Bars of a ticker (created where this owner has none) or of a listing id, which may be the shared one."""
        with self.importing("prices", source=source, recorded_at=recorded_at) as current:
            listing_id = (
                listing
                if isinstance(listing, int)
                else self._listing_id(current, listing, currency, exchange)
            )
            columns = {
                "open": open, "high": high, "low": low, "close": close, "adjusted": adjusted, "volume": volume,
            }  # fmt: skip
            for year, places in groupby(range(len(days)), key=lambda place: days[place].year):
                chosen = list(places)
                row: dict[str, Any] = {"days": [days[place] for place in chosen]}
                for name, values in columns.items():
                    row[name] = None if values is None else [float(values[place]) for place in chosen]
                current.insert("bars", [{"listing_id": listing_id, "year": year, **row}])
        return listing_id

    def split(self, listing_id: int, ex_date: date, value: Number) -> None:
        """A split; 2 makes two units of one, 1 withdraws it."""
        self._action(listing_id, ex_date, "split", value, None)

    def dividend(self, listing_id: int, ex_date: date, value: Number, currency: str | None = None) -> None:
        """A dividend per unit; 0 withdraws it."""
        self._action(listing_id, ex_date, "dividend", value, currency)

    def fx(
        self, source: str, target: str, rates: Mapping[date, Number], *, recorded_at: datetime | None = None
    ) -> None:
        """Units of `target` per unit of `source` by day."""
        with self.importing("fx", recorded_at=recorded_at) as current:
            rows = [
                {"source": source, "target": target, "day": day, "rate": Decimal(str(rate))}
                for day, rate in rates.items()
            ]
            current.insert("fx", rows)

    def rates(self, currency: str, tenor: str, rates: Mapping[date, Number], *, source: str = "test") -> None:
        """Annual rates as fractions by day."""
        with self.importing("rates", source=source) as current:
            rows = [
                {"currency": currency, "tenor": tenor, "day": day, "rate": Decimal(str(rate))}
                for day, rate in rates.items()
            ]
            current.insert("rate", rows)

    def constituents(
        self,
        benchmark: str,
        day: date,
        members: Mapping[str, tuple[Number, str | None]],
        *,
        listing_ids: Mapping[str, int] | None = None,
    ) -> None:
        """A benchmark's members from a day on: weight as a fraction and sector by ticker."""
        with self.importing("constituents") as current:
            rows = [
                {
                    "benchmark": benchmark,
                    "day": day,
                    "ticker": ticker,
                    "weight": Decimal(str(weight)),
                    "sector": sector,
                    "listing_id": (listing_ids or {}).get(ticker),
                }
                for ticker, (weight, sector) in members.items()
            ]
            current.insert("constituents", rows)

    def factor(
        self, name: str, days: Sequence[date], values: Sequence[float], *, source: str = "test"
    ) -> None:
        """Daily returns of a factor as fractions."""
        with self.importing("factors", source=source) as current:
            rows = [
                {"factor_name": name, "day": day, "value": value}
                for day, value in zip(days, values, strict=True)
            ]
            current.insert("factor", rows)

    def pin_clock(self, day: date) -> None:
        """Let the owner take a day for today."""
        with psycopg.connect(self._url) as connection:
            connection.execute(
                "insert into market.clock values (%s, %s) on conflict (owner) do update set day = excluded.day",
                (self.owner, day),
            )

    def _action(self, listing_id: int, ex_date: date, kind: str, value: Number, currency: str | None) -> None:
        with self.importing("actions") as current:
            row = {
                "listing_id": listing_id,
                "ex_date": ex_date,
                "kind": kind,
                "value": Decimal(str(value)),
                "currency": currency,
            }
            current.insert("action", [row])

    def _listing_id(self, current: Import, ticker: str, currency: str | None, exchange: str | None) -> int:
        key = (self.owner, ticker, exchange or "", currency or "")
        found = current.connection.execute(
            "select listing_id from market.listing where owner = %s and ticker = %s"
            " and coalesce(exchange, '') = %s and coalesce(currency, '') = %s",
            key,
        ).fetchone()
        if found is None:
            current.insert("listing", [{"ticker": ticker, "exchange": exchange, "currency": currency}])
            return self._listing_id(current, ticker, currency, exchange)
        return int(found[0])
