"""Imports of position files: the upload and its report."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar.datastructures import UploadFile

from api.figures import exact
from api.resources.fields import LimitUsed, OffsetUsed, Total

ImportId = Annotated[UUID, msgspec.Meta(description="The import.")]
OfPortfolio = Annotated[UUID, msgspec.Meta(description="The portfolio imported into.")]
Mode = Annotated[
    Literal["upsert", "snapshot"],
    msgspec.Meta(
        description="Whether positions absent from the file stay (upsert) or are closed (snapshot)."
    ),
]
Imported = Annotated[int, msgspec.Meta(ge=0, description="Valid rows.")]
WithErrors = Annotated[int, msgspec.Meta(ge=0, description="Rows left out because of errors.")]
Unchanged = Annotated[int, msgspec.Meta(ge=0, description="Valid rows that said what was known already.")]
Skipped = Annotated[int, msgspec.Meta(ge=0, description="Lines that hold no position: totals, footers.")]
Created = Annotated[int, msgspec.Meta(ge=0, description="Positions that are new.")]
Updated = Annotated[int, msgspec.Meta(ge=0, description="Positions that changed.")]
Closed = Annotated[int, msgspec.Meta(ge=0, description="Positions closed by a snapshot.")]
AsOfDay = Annotated[date, msgspec.Meta(description="Day from which the file holds.")]
Format = Annotated[str, msgspec.Meta(description="What the file was recognised as.")]
Filename = Annotated[str, msgspec.Meta(description="Name of the file as it was sent.")]
Digest = Annotated[str, msgspec.Meta(description="SHA-256 of the file, hexadecimal.")]
At = Annotated[datetime, msgspec.Meta(description="When the import was recorded, UTC.")]
Reverted = Annotated[
    datetime | None, msgspec.Meta(description="When it was undone, UTC; null if it was not.")
]
Status = Annotated[Literal["imported", "reverted"], msgspec.Meta(description="What became of the import.")]


class PositionsFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A .csv, .xlsx or .xlsm file of positions, as the broker exports it, in the field `file`."""

    file: UploadFile


class RowError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row was left out."""

    row: Annotated[int, msgspec.Meta(description="Line of the file, counted from 1.")]
    error: Annotated[str, msgspec.Meta(description="What is wrong, in one sentence.")]
    column: Annotated[str | None, msgspec.Meta(description="Column, by its canonical name.")]
    value: Annotated[str | None, msgspec.Meta(description="The cell as it stands in the file.")]
    code: Annotated[str, msgspec.Meta(description="What is wrong, as a code.")]
    message: Annotated[str, msgspec.Meta(description="What is wrong and what to do about it.")]


class ReportWarning(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done to the figures of the file, or looks wrong in them."""

    row: Annotated[int | None, msgspec.Meta(description="Line of the file; null if it is about all of it.")]
    column: Annotated[str | None, msgspec.Meta(description="Column, by its canonical name.")]
    code: Annotated[str, msgspec.Meta(description="What it is, as a code.")]
    message: Annotated[str, msgspec.Meta(description="What it is, in words.")]


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What is held, in the portfolio's currency; what has no price or exchange rate is not counted."""

    positions: Annotated[int, msgspec.Meta(ge=0, description="Positions held.")]
    market_value: Annotated[
        Decimal, exact("Value of the positions, shorts negative, in the portfolio's currency.")
    ]
    cash_balance: Annotated[Decimal, exact("Cash, in the portfolio's currency; negative is owed.")]
    total_value: Annotated[Decimal, exact("Positions and cash, in the portfolio's currency.")]


class ImportResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, or, of a dry run, would do."""

    portfolio_id: OfPortfolio
    import_id: Annotated[UUID | None, msgspec.Meta(description="The import; null of a dry run.")]
    rows_imported: Imported
    rows_with_errors: WithErrors
    errors: Annotated[list[RowError], msgspec.Meta(description="All errors, at most 1,000.")]
    agents_fired: Annotated[
        list[str], msgspec.Meta(description="Agents that look at the change; of a dry run none.")
    ]
    mode: Mode
    dry_run: Annotated[bool, msgspec.Meta(description="Whether nothing was recorded.")]
    as_of: AsOfDay
    format: Format
    filename: Filename
    sha256: Digest
    rows_unchanged: Unchanged
    rows_skipped: Skipped
    created: Created
    updated: Updated
    closed: Closed
    closed_positions: Annotated[list[str], msgspec.Meta(description="Tickers of the closed positions.")]
    totals_before: Totals
    totals_after: Totals
    warnings: Annotated[
        list[ReportWarning], msgspec.Meta(description="What a reader of the report should know.")
    ]


class ImportReportBody(msgspec.Struct, frozen=True, kw_only=True):
    """The report of an import."""

    portfolio_id: OfPortfolio
    import_id: ImportId
    status: Status
    imported_at: At
    reverted_at: Reverted
    rows_imported: Imported
    rows_with_errors: WithErrors
    errors: Annotated[list[RowError], msgspec.Meta(description="All errors, at most 1,000.")]
    mode: Mode
    as_of: AsOfDay
    format: Format
    filename: Filename
    sha256: Digest
    rows_unchanged: Unchanged
    rows_skipped: Skipped
    created: Created
    updated: Updated
    closed: Closed
    closed_positions: Annotated[list[str], msgspec.Meta(description="Tickers of the closed positions.")]
    totals_before: Totals
    totals_after: Totals
    warnings: Annotated[
        list[ReportWarning], msgspec.Meta(description="What a reader of the report should know.")
    ]


class ImportSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An import in the list."""

    import_id: ImportId
    portfolio_id: OfPortfolio
    status: Status
    imported_at: At
    reverted_at: Reverted
    filename: Filename
    format: Format
    mode: Mode
    as_of: AsOfDay
    rows_imported: Imported
    rows_with_errors: WithErrors
    rows_unchanged: Unchanged
    rows_skipped: Skipped
    created: Created
    updated: Updated
    closed: Closed


class ImportPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of imports."""

    imports: Annotated[list[ImportSummary], msgspec.Meta(description="The newest first; no dry runs.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class RevertedImport(msgspec.Struct, frozen=True, kw_only=True):
    """An import that was undone."""

    import_id: ImportId
    portfolio_id: OfPortfolio
    status: Status = "reverted"
