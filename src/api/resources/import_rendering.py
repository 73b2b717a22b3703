"""From reports of imports to what is answered."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from api.resources.import_bodies import (
    ImportReportBody,
    ImportResult,
    ImportSummary,
    ReportWarning,
    RowError,
    Totals,
)
from api.resources.rounding import MONEY_PLACES, rounded
from application.positions.import_positions import Imported
from domain.holding_facts import ImportReport
from projections.imports import ImportRow

_COUNTED = (
    "rows_imported",
    "rows_with_errors",
    "rows_unchanged",
    "rows_skipped",
    "created",
    "updated",
    "closed",
)
_NAMED = ("filename", "format", "mode", "as_of")


def import_result(imported: Imported) -> ImportResult:
    """Return the answer to an upload; a dry run has no import to name and fires nobody."""
    return ImportResult(
        portfolio_id=imported.portfolio_id,
        import_id=None if imported.dry_run else imported.report.import_id,
        agents_fired=[] if imported.dry_run else imported.agents_fired,
        dry_run=imported.dry_run,
        **_told(imported.report),
    )


def import_report(row: ImportRow) -> ImportReportBody:
    """Return the report of an import."""
    return ImportReportBody(**_identified(row), **_told(row.report))


def import_summary(row: ImportRow) -> ImportSummary:
    """Return a line of the list."""
    return ImportSummary(
        **_identified(row), **{name: getattr(row.report, name) for name in (*_NAMED, *_COUNTED)}
    )


def _identified(row: ImportRow) -> dict[str, Any]:
    return {
        "import_id": row.import_id,
        "portfolio_id": row.portfolio_id,
        "status": "imported" if row.reverted_at is None else "reverted",
        "imported_at": row.imported_at,
        "reverted_at": row.reverted_at,
    }


def _told(report: ImportReport) -> dict[str, Any]:
    return {
        **{name: getattr(report, name) for name in (*_NAMED, *_COUNTED, "sha256", "closed_positions")},
        "errors": msgspec.convert(report.errors, list[RowError]),
        "warnings": msgspec.convert(report.warnings, list[ReportWarning]),
        "totals_before": _totals(report.totals_before),
        "totals_after": _totals(report.totals_after),
    }


def _totals(stored: dict[str, Any]) -> Totals:
    """Type the totals again, which the event keeps as text."""
    figures = {
        name: rounded(Decimal(str(stored[name])), MONEY_PLACES)
        for name in ("market_value", "cash_balance", "total_value")
    }
    return Totals(positions=stored["positions"], **figures)


def location(portfolio_id: UUID, import_id: UUID) -> str:
    """Return the address of an import."""
    return f"/v1/portfolios/{portfolio_id}/imports/{import_id}"
