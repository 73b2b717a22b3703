"""Market data from the command line: importing files, asking a provider, saying what is there."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, LiteralString
from uuid import uuid4

import msgspec
from psycopg.rows import dict_row

from application.caller import SCOPES, Caller
from application.market.imports import ImportMarketData, MarketImported
from application.market.providers import MarketDataProvider, ProvidedInstrument
from application.portfolios.register import EARLIEST_TIME_ZONE
from bootstrap.api import market_rules
from bootstrap.ledger import ledger_on
from bootstrap.settings import Settings
from domain.market import Kind
from infrastructure.postgres.connect import connector, pool

PROCESS = "market"
STATUS: LiteralString = """
select h.owner, h.imports, h.recorded_at,
       (select count(*) from market.listing l where l.owner = h.owner) as instruments,
       (select coalesce(sum(cardinality(days)), 0) from market.bars b where b.owner = h.owner and not b.whole) as bars,
       (select min(days[1]) from market.bars b where b.owner = h.owner) as first_day,
       (select max(day) from market.newest_bar n where n.owner = h.owner) as last_day,
       (select array_agg(distinct source order by source) from market.import i where i.owner = h.owner) as sources
  from market.head h where h.imports > 0 order by h.owner"""


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What one owner has; the shared set's owner is `*`."""

    owner: str
    imports: int
    recorded_at: datetime
    instruments: int
    bars: int
    first_day: date | None
    last_day: date | None
    sources: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Rows for one import."""

    kind: Kind
    filename: str
    content: bytes


async def import_sheets(
    settings: Settings,
    sheets: Iterable[Sheet],
    *,
    owner: str,
    source: str | None = None,
    dry_run: bool = False,
    benchmark: str | None = None,
    day: date | None = None,
) -> list[MarketImported]:
    """Import one sheet after the other as the owner of the database."""
    from infrastructure.marketdata.importing.imports import PostgresMarketImports  # slow to load

    assert settings.database_url is not None
    async with pool(settings.database_url, PROCESS, size=1) as connections:
        ledger_on(connections)  # registers what events decode into
        imports = PostgresMarketImports(connections)
        return [
            await imports.run(
                ImportMarketData(
                    kind=sheet.kind,
                    owner=owner,
                    caller=_caller(owner),
                    filename=sheet.filename,
                    today=(datetime.now(UTC) + EARLIEST_TIME_ZONE).date(),
                    source=source or f"file {sheet.filename}",
                    dry_run=dry_run,
                    benchmark=benchmark,
                    day=day,
                    limits=market_rules(settings).limits,
                ),
                sheet.content,
            )
            for sheet in sheets
        ]


def _caller(owner: str) -> Caller:
    return Caller(
        tenant=owner,
        actor="trimtab market",
        scopes=SCOPES,
        correlation_id=uuid4().hex,
        causation_id=None,
        traceparent=None,
    )


async def provided(
    provider: MarketDataProvider, symbols: Sequence[str], *, start: date, end: date
) -> list[ProvidedInstrument]:
    """Ask for several instruments, one after the other."""
    return [await provider.instrument(symbol, start=start, end=end) for symbol in symbols]


def sheets_of(instruments: Sequence[ProvidedInstrument], *, source: str) -> list[Sheet]:
    """Return what a provider answered as files would say it: instruments, prices, splits and dividends."""
    described = [_named(one) | {"name": one.name} for one in instruments]
    prices = [
        _named(one)
        | {"date": bar.day, "open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close}
        | {"adjusted_close": bar.adjusted_close, "volume": bar.volume}
        for one in instruments
        for bar in one.bars
    ]
    actions = [
        _named(one) | {"ex_date": bar.day, "kind": kind, "value": value}
        for one in instruments
        for bar in one.bars
        for kind, value, nothing in (("split", bar.split, 1), ("dividend", bar.dividend, 0))
        if value != nothing
    ]
    kinds: list[tuple[Kind, list[dict[str, Any]]]] = [
        ("instruments", described),
        ("prices", prices),
        ("actions", actions),
    ]
    return [
        Sheet(kind=kind, filename=f"{source}-{kind}.csv", content=_csv(rows)) for kind, rows in kinds if rows
    ]


def _named(one: ProvidedInstrument) -> dict[str, Any]:
    return {"ticker": one.ticker, "exchange": one.exchange, "currency": one.currency}


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


async def holdings(settings: Settings) -> list[Holding]:
    """Return what each owner has, the shared set first."""
    assert settings.database_url is not None
    connect = connector(settings.database_url, PROCESS)
    async with await connect() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(STATUS)
        rows = await cursor.fetchall()
    return [msgspec.convert(row, Holding) for row in rows]
