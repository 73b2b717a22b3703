"""Imports of market data on PostgreSQL: rows, event and the answer to remember in one transaction."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

import msgspec
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from application.idempotency import KeyedAnswer, StoredAnswer
from application.ledger import Append, LostRace
from application.market.imports import (
    ImportIssue,
    ImportMarketData,
    MarketImported,
    MarketImportReport,
    Refusal,
)
from application.positions.file import FileRefused
from domain.errors import Refused, Violation
from domain.market import SHARED, Kind, market_id, market_of
from infrastructure.eventstore.append import append_batch
from infrastructure.marketdata.importing.actions import parse_actions
from infrastructure.marketdata.importing.bars import import_bars
from infrastructure.marketdata.importing.constituents import parse_constituents
from infrastructure.marketdata.importing.content import Content
from infrastructure.marketdata.importing.findings import Findings
from infrastructure.marketdata.importing.instruments import parse_instruments
from infrastructure.marketdata.importing.json_rows import LISTS, read_json
from infrastructure.marketdata.importing.prices import read_prices
from infrastructure.marketdata.importing.reading import read_content
from infrastructure.marketdata.importing.series import parse_factors, parse_fx, parse_rates
from infrastructure.marketdata.importing.work import Import, Parsed, Written
from infrastructure.postgres.away import said_as_unavailable

AS_OWNER: LiteralString = """
select set_config('trimtab.tenant', %s, true), set_config('trimtab.operator', %s, true)"""
BEGIN: LiteralString = "select sequence, recorded_at from market.begin_import(%s)"
FINISH: LiteralString = """
insert into market.import (import_id, sequence, owner, kind, source, filename, sha256, recorded_at, rows, revised,
                           report)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
BEFORE: LiteralString = """
select import_id from market.import where owner = %s and kind = %s order by (sha256 = %s) desc, sequence desc limit 1"""
VERSION: LiteralString = """
select coalesce(max(originator_version), 0) from events.event where originator_id = %s"""
TICKERS: LiteralString = "select ticker from market.listing where listing_id = any(%s) order by ticker"
Parse = Callable[[Content, Findings, date], Parsed]


class PostgresMarketImports:
    """The `MarketImports` port; needs numpy, so it works beside the API and not in it."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def run(self, command: ImportMarketData, content: bytes) -> MarketImported:
        """Import the content; imports of one owner come one after the other.

        A process that ends in the midst leaves nothing behind. Raises Refused where `on_error` is abort and rows
        have errors, and LostRace where an answer was stored under the idempotency key meanwhile.
        """
        try:
            parsed = parse(command, content)
        except FileRefused as refusal:
            told = Refusal(status=refusal.status, code=refusal.code, detail=refusal.detail)
            return MarketImported(refusal=told)
        _require_usable(command, parsed)
        sha256 = hashlib.sha256(content).hexdigest()
        with said_as_unavailable():
            async with (
                self._pool.connection() as connection,
                connection.transaction(force_rollback=command.dry_run),
            ):
                return await _recorded(connection, command, parsed, sha256)


def parse(command: ImportMarketData, content: bytes) -> Parsed:
    """Understand the content; raises FileRefused where it is no file of the kind at all."""
    if len(content) > command.limits.max_bytes:
        detail = f"The file has {len(content):,} bytes; at most {command.limits.max_bytes:,}."
        raise FileRefused(413, "file_too_large", detail)
    day: date | None = command.day
    if command.form == "json":
        columns, beside = read_json(content, command.kind)
        day = date.fromisoformat(beside["date"]) if beside.get("date") else day
    else:
        columns = read_content(content, command.kind, command.limits)
    findings = Findings(columns.rows)
    for row, text, flaw in columns.lost:
        findings.lost(row, text, flaw)
    if command.kind == "constituents":
        benchmark = command.benchmark or ""
        return parse_constituents(columns, findings, command.today, benchmark=benchmark, day=day)
    return PARSERS[command.kind](columns, findings, command.today)


def parse_prices(content: Content, findings: Findings, today: date) -> Parsed:
    """Read daily bars."""
    prices = read_prices(content, findings, today)

    async def write(connection: AsyncConnection[Any], work: Import) -> Written:
        return await import_bars(connection, work, prices, findings)

    return Parsed(content=content, findings=findings, write=write)


PARSERS: Final[dict[Kind, Parse]] = {
    "prices": parse_prices,
    "fx": parse_fx,
    "rates": parse_rates,
    "factors": parse_factors,
    "actions": parse_actions,
    "instruments": parse_instruments,
}


def _require_usable(command: ImportMarketData, parsed: Parsed) -> None:
    errors = parsed.findings.errors()
    if not errors or (command.on_error == "skip_row" and command.kind != "constituents"):
        return
    count = parsed.findings.rows_with_errors
    why = "a set is right in all or refused" if command.kind == "constituents" else "on_error is abort"
    detail = f"{count} rows have errors, and {why}; nothing was imported."
    raise Refused(detail, violations=[_violation(command, issue) for issue in errors])


def _violation(command: ImportMarketData, issue: ImportIssue) -> Violation:
    if command.form == "json":
        place = LISTS[command.kind]
        field = f"{place}.{issue.row - 1}.{issue.column}" if issue.row else place
        return Violation(field, issue.code, issue.message)
    if not issue.row:
        return Violation("file", issue.code, issue.message)
    return Violation(f"row {issue.row}", issue.code, f"Row {issue.row}: {issue.message}")


async def _recorded(
    connection: AsyncConnection[Any], command: ImportMarketData, parsed: Parsed, sha256: str
) -> MarketImported:
    await connection.execute(AS_OWNER, (command.owner, "on" if command.owner == SHARED else ""))
    cursor = await connection.execute(BEGIN, (command.owner,))
    row = await cursor.fetchone()
    assert row is not None
    work = Import(command.owner, *row)
    written = await parsed.write(connection, work)
    _require_usable(command, parsed)
    import_id = await _import_id(connection, command, written, sha256)
    report = _report(command, parsed, written, sha256, import_id)
    if command.dry_run:
        return MarketImported(report=report)
    if written.is_news:
        await _finish(connection, command, work, report, written)
    position = await _append(connection, command, work, report, written)
    return MarketImported(report=report, position=position)


async def _import_id(
    connection: AsyncConnection[Any], command: ImportMarketData, written: Written, sha256: str
) -> UUID | None:
    """Return a new id for news; for what was known, the import that brought it."""
    if command.dry_run:
        return None
    if written.is_news:
        return uuid4()
    if not written.valid:
        return None
    cursor = await connection.execute(BEFORE, (command.owner, command.kind, sha256))
    row = await cursor.fetchone()
    return row[0] if row else None


def _report(
    command: ImportMarketData, parsed: Parsed, written: Written, sha256: str, import_id: UUID | None
) -> MarketImportReport:
    content, findings = parsed.content, parsed.findings
    if content.ignored:
        names = ", ".join(content.ignored[:20])
        findings.warn(
            1, None, "ignored_columns", f"Columns that mean nothing here were passed over: {names}."
        )
    return MarketImportReport(
        import_id=import_id,
        kind=command.kind,
        shared=command.owner == SHARED,
        dry_run=command.dry_run,
        source=command.source,
        filename=command.filename,
        sha256=sha256,
        format=content.format,
        rows_imported=written.valid,
        rows_with_errors=findings.rows_with_errors,
        rows_unchanged=written.unchanged,
        rows_revised=written.revised,
        instruments_created=written.created,
        start=written.start,
        end=written.end,
        columns=content.headers,
        ignored_columns=content.ignored,
        errors=findings.errors(),
        warnings=findings.warnings,
    )


async def _finish(
    connection: AsyncConnection[Any],
    command: ImportMarketData,
    work: Import,
    report: MarketImportReport,
    written: Written,
) -> None:
    values = (
        report.import_id,
        work.sequence,
        work.owner,
        command.kind,
        command.source,
        command.filename,
        report.sha256,
        work.recorded_at,
        written.new + written.revised,
        written.revised,
        msgspec.json.encode(report).decode(),
    )
    await connection.execute(FINISH, values)


async def _append(
    connection: AsyncConnection[Any],
    command: ImportMarketData,
    work: Import,
    report: MarketImportReport,
    written: Written,
) -> int | None:
    """Append the event, if there is news, and the answer, if somebody may ask again; both at the very end.

    The event store is locked from here to the commit.
    """
    events = []
    if written.is_news:
        row = await (await connection.execute(VERSION, (market_id(work.owner),))).fetchone()
        market = market_of(work.owner, row[0] if row else 0, at=work.recorded_at)
        market.tell(
            command.kind, at=work.recorded_at, **await _content(connection, command, work, report, written)
        )
        events = list(market.pending_events)
    answer = _answer(command, report)
    if not events and answer is None:
        return None
    caller = replace(command.caller, tenant=work.owner)
    (position,) = await append_batch(connection, [Append(caller=caller, events=events, answer=answer)])
    if position is None:
        raise LostRace
    return position


async def _content(
    connection: AsyncConnection[Any],
    command: ImportMarketData,
    work: Import,
    report: MarketImportReport,
    written: Written,
) -> dict[str, Any]:
    told = dict(written.told)
    if "listing_ids" in told:
        cursor = await connection.execute(TICKERS, (told["listing_ids"],))
        told["tickers"] = sorted({ticker for (ticker,) in await cursor.fetchall()})
    return {
        "import_id": report.import_id,
        "sequence": work.sequence,
        "source": command.source,
        "filename": command.filename,
        "sha256": report.sha256,
        "rows": written.new + written.revised,
        "revised": written.revised,
        "start": written.start,
        "end": written.end,
        **told,
    }


def _answer(command: ImportMarketData, report: MarketImportReport) -> KeyedAnswer | None:
    request = command.idempotency
    if request is None:
        return None
    headers = {} if report.import_id is None else {"Location": f"{command.location}{report.import_id}"}
    stored = StoredAnswer(
        payload_hash=request.payload_hash, status=201, headers=headers, body=msgspec.json.encode(report)
    )
    return KeyedAnswer(request=request, answer=stored)
