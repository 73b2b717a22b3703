"""Import a file of positions: read it, resolve its instruments, record what really changes."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

from application.caller import Caller
from application.ledger import Done, Ledger, Remember, Unit, forget, retried
from application.portfolios.register import require_not_future
from application.positions.file import ColumnMapping, FileWarning, ParsedFile, PositionFiles, failed_rows_csv
from application.positions.reconcile import Changes, Mode, Reconciliation, describe
from domain.errors import Refused, Violation
from domain.holding_facts import ImportReport, Position
from domain.holdings import Holdings
from domain.portfolio import Portfolio
from domain.timeline import start_of
from domain.valuation import Rates

FIRED = ("PortfolioRiskAgent", "RebalanceAgent")
"""Who looks at a portfolio after an import that changed something."""
LARGE = 2_000
"""Rows from which the comparison runs beside the event loop instead of in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPositions:
    """A file and how to take it; `as_of` is the day from which it holds, by default today."""

    caller: Caller
    portfolio_id: UUID
    content: bytes
    filename: str
    mapping: ColumnMapping | None = None
    mode: Mode = "upsert"
    dry_run: bool = False
    on_error: Literal["skip_row", "abort"] = "skip_row"
    as_of: date | None = None


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """The report, and the portfolio's holdings version after it; a dry run has changed nothing."""

    portfolio_id: UUID
    report: ImportReport
    agents_fired: list[str]
    version: int
    dry_run: bool


async def import_positions(
    command: ImportPositions,
    *,
    ledger: Ledger,
    files: PositionFiles,
    rates: Rates,
    remember: Remember[Imported] = forget,
) -> Done[Imported]:
    """Import the file.

    Raises
    ------
    FileRefused
        If it cannot be read at all.
    Refused
        If rows have errors and `on_error` is abort, or if a snapshot holds nothing.
    """
    async with ledger.unit(command.caller) as unit:
        portfolio = await unit.portfolio(command.portfolio_id)
        portfolio.require_active()
    parsed = await files.parse(command.content, command.filename, command.mapping)
    _require_usable(command, parsed)
    return await _record(command, parsed, ledger, rates, remember)


@retried
async def _record(
    command: ImportPositions, parsed: ParsedFile, ledger: Ledger, rates: Rates, remember: Remember[Imported]
) -> Done[Imported]:
    async with ledger.unit(command.caller) as unit:
        if command.as_of is not None:
            require_not_future(command.as_of, unit.now, "as_of")
        work = _Work(
            command=command,
            parsed=parsed,
            unit=unit,
            portfolio=await unit.portfolio(command.portfolio_id),
            holdings=await unit.holdings(command.portfolio_id),
            rates=rates,
        )
        work.portfolio.require_active()
        instruments = await unit.instruments()
        beside = len(parsed.positions) > LARGE
        imported = await asyncio.to_thread(work.decide, instruments) if beside else work.decide(instruments)
        if command.dry_run:
            return Done(result=imported, position=None)
        return await unit.commit(imported, remember)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    command: ImportPositions
    parsed: ParsedFile
    unit: Unit
    portfolio: Portfolio
    holdings: Holdings
    rates: Rates

    def decide(self, instruments: Any) -> Imported:
        """Resolve, compare and record, all in memory."""
        command, now = self.command, self.unit.now
        at = start_of(command.as_of) if command.as_of else now
        day = at.date()
        on = None if day >= now.date() else day
        resolved = instruments.resolve([describe(row) for row in self.parsed.positions], at=now)
        comparison = Reconciliation(
            self.holdings, self.parsed, currency=self.portfolio.currency, day=day, today=now.date()
        )
        changes = comparison.changes(resolved, command.mode)
        before = self._totals(on, day)
        import_id = uuid4()
        self.holdings.change(changes.positions, changes.cash, at=at, import_id=import_id)
        report = self._report(import_id, changes, day, before, self._totals(on, day))
        self.holdings.finish_import(report, at=at)
        return Imported(
            portfolio_id=self.portfolio.id,
            report=report,
            agents_fired=list(FIRED) if changes.positions or changes.cash else [],
            version=self.holdings.version,
            dry_run=command.dry_run,
        )

    def _totals(self, on: date | None, day: date) -> dict[str, Any]:
        """Return what is held on the day in the portfolio's currency; what has no price or rate is not counted."""
        values = _values_by_currency(self.holdings.positions(on))
        cash: dict[str, Decimal] = defaultdict(Decimal)
        for (_, currency), amount in self.holdings.balances(on).items():
            cash[currency] += amount
        market_value = self._in_portfolio_currency(values, day)
        cash_balance = self._in_portfolio_currency(cash, day)
        return {
            "positions": sum(1 for _ in self.holdings.positions(on)),
            "market_value": market_value,
            "cash_balance": cash_balance,
            "total_value": market_value + cash_balance,
        }

    def _in_portfolio_currency(self, amounts: Mapping[str, Decimal], day: date) -> Decimal:
        total = Decimal(0)
        for currency, amount in amounts.items():
            rate = self.rates.rate(currency, self.portfolio.currency, day)
            total += amount * rate.value if rate is not None else 0
        return total

    def _report(
        self, import_id: UUID, changes: Changes, day: date, before: dict[str, Any], after: dict[str, Any]
    ) -> ImportReport:
        parsed, command = self.parsed, self.command
        warnings = [*parsed.warnings, *changes.warnings, *_about_the_date(parsed, command.as_of, day)]
        return ImportReport(
            import_id=import_id,
            filename=command.filename,
            sha256=hashlib.sha256(command.content).hexdigest(),
            format=parsed.format,
            mode=command.mode,
            as_of=day,
            rows_imported=len(parsed.positions) + len(parsed.cash),
            rows_with_errors=parsed.rows_with_errors,
            rows_unchanged=changes.unchanged,
            rows_skipped=parsed.rows_skipped,
            created=changes.created,
            updated=changes.updated,
            closed=len(changes.closed),
            closed_positions=[held.ticker for held in changes.closed],
            errors=[msgspec.structs.asdict(error) for error in parsed.errors],
            warnings=[msgspec.structs.asdict(warning) for warning in warnings],
            totals_before=before,
            totals_after=after,
            failed_rows_csv=failed_rows_csv(parsed) if parsed.failed_rows else "",
        )


def _about_the_date(parsed: ParsedFile, as_of: date | None, day: date) -> list[FileWarning]:
    """Say so when a file names a day of its own and nobody said from when it shall hold."""
    if parsed.as_of is None or as_of is not None or parsed.as_of == day:
        return []
    message = (
        f"The file speaks of {parsed.as_of.isoformat()}. Its prices carry that date, its positions hold from "
        f"{day.isoformat()}; send as_of={parsed.as_of.isoformat()} to record them from the file's day on."
    )
    return [FileWarning(row=None, column=None, code="file_date", message=message)]


def _values_by_currency(positions: Iterable[Position]) -> dict[str, Decimal]:
    values: dict[str, Decimal] = defaultdict(Decimal)
    for held in positions:
        if held.current_price is not None:
            values[held.currency] += held.quantity * held.current_price
    return values


def _require_usable(command: ImportPositions, parsed: ParsedFile) -> None:
    if command.on_error == "abort" and parsed.errors:
        violations = [
            Violation(f"row {error.row}", error.code, f"Row {error.row}: {error.message}")
            for error in parsed.errors
        ]
        detail = f"{parsed.rows_with_errors} rows have errors, and on_error is abort; nothing was imported."
        raise Refused(detail, violations=violations)
    if command.mode == "snapshot" and not (parsed.positions or parsed.cash):
        detail = "A snapshot without a single valid row would close every position; nothing was imported."
        raise Refused(detail, violations=(Violation("file", "empty_snapshot", detail),))
