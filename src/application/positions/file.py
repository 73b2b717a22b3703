"""The language in which a file of positions, once read, is told to the rest of the system.

Every reader of files answers a `ParsedFile` or raises `FileRefused`; nothing here reads anything.
Quantities, prices and amounts are exact decimals; `row` is always the 1-based line of the file (the sheet's
row in a workbook).
"""

import csv
import io
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, Protocol, Self

import msgspec

AssetClass = Literal[
    "equity", "fixed_income", "cash", "alternatives", "derivatives", "real_estate", "commodity", "crypto"
]

COLUMNS = (
    "account",
    "ticker",
    "security_name",
    "asset_class",
    "quantity",
    "avg_cost_price",
    "cost_basis_total",
    "current_price",
    "market_value",
    "currency",
    "sector",
    "geography",
    "isin",
    "cusip",
    "sedol",
    "figi",
    "exchange",
)
"""The canonical names a client may map to the headers of a file."""


class FileRefused(Exception):
    """The file cannot be read at all; `detail` says in plain words what is wrong and what to do about it."""

    def __init__(self, status: Literal[413, 422], code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


class ImportLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a file may cost at most. Bytes, rows, cells and seconds."""

    max_bytes: int = 20 * 1024 * 1024
    max_unpacked_bytes: int = 200 * 1024 * 1024
    max_rows: int = 200_000
    max_columns: int = 200
    max_cells: int = 5_000_000
    max_field_bytes: int = 64 * 1024
    max_seconds: float = 30.0
    max_memory_bytes: int = 2 * 1024 * 1024 * 1024


class ColumnMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client says about its file; each word of it wins over recognition.

    `columns` maps canonical names to header texts of the file. `cost_basis` says what a column headed only
    "Cost Basis" holds. `sheet` names the sheet of a workbook.
    """

    columns: dict[str, str] = {}
    decimal_mark: Literal[".", ","] | None = None
    cost_basis: Literal["per_unit", "total"] | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None

    @classmethod
    def from_client(cls, said: Mapping[str, str]) -> Self:
        """Read the flat `mapping` option, in which file options stand beside the column names.

        Raises
        ------
        FileRefused
            422 `bad_mapping` for a name that is neither a column nor an option, or an option's wrong value.
        """
        options = {name: text for name, text in said.items() if name not in COLUMNS}
        columns = {name: text for name, text in said.items() if name in COLUMNS}
        try:
            return msgspec.convert({**options, "columns": columns}, cls)
        except msgspec.ValidationError as error:
            known = ", ".join((*COLUMNS, *_OPTIONS))
            raise FileRefused(
                422, "bad_mapping", f"The mapping is not usable: {error}. Known: {known}."
            ) from None


_OPTIONS = ("decimal_mark", "cost_basis", "delimiter", "encoding", "sheet")


class PositionRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One holding; a negative quantity is a short position.

    `avg_cost_price` and `current_price` are per unit, so that quantity times price is the value, also for
    bonds (quoted per 100 in most files) and for contracts with a multiplier.
    """

    row: int
    account: str
    ticker: str
    security_name: str
    asset_class: AssetClass
    quantity: Decimal
    avg_cost_price: Decimal | None = None
    current_price: Decimal | None = None
    currency: str | None = None
    sector: str | None = None
    geography: str | None = None
    isin: str | None = None
    cusip: str | None = None
    sedol: str | None = None
    figi: str | None = None
    exchange: str | None = None


class CashRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An amount of cash, money-market funds and pending payments included; negative is owed."""

    row: int
    account: str
    currency: str | None
    amount: Decimal
    label: str


class RowError(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why a row was left out; `error` is the sentence of the public API, `message` adds what to do."""

    row: int
    column: str | None
    value: str | None
    code: str
    message: str
    error: str


class FileWarning(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that was done to the file's figures, or that looks wrong in them.

    Without `row` it is about the whole file or column.
    """

    row: int | None
    column: str | None
    code: str
    message: str


class SkippedRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line that holds no position: `reason` is total, footer, heading, blank, lot or other_table."""

    row: int
    reason: str
    text: str


class FailedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row with errors as it stood in the file."""

    row: int
    cells: list[str]
    error: str


class ParsedFile(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found in a file of positions.

    `columns` maps canonical names to the file's headers. `errors` and `warnings` hold at most 1,000 entries,
    their totals are exact; `rows_with_errors` counts rows, not errors. `rows_total` counts data rows,
    `rows_skipped` the others inside or after the table.
    """

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int
    header: list[str]
    columns: dict[str, str]
    as_of: date | None = None
    positions: list[PositionRow]
    cash: list[CashRow]
    errors: list[RowError]
    errors_total: int
    rows_with_errors: int
    warnings: list[FileWarning]
    warnings_total: int
    rows_total: int
    rows_skipped: int
    skipped: list[SkippedRow]
    failed_rows: list[FailedRow]


class PositionFiles(Protocol):
    """Reads files of positions without endangering the process that asks."""

    async def parse(self, content: bytes, filename: str, mapping: ColumnMapping | None) -> ParsedFile:
        """Answer what the file holds, or raise FileRefused."""
        ...


_NUMBER = re.compile(r"[+\-−]?\s*[$€£¥]?\s*[+\-]?[0-9][0-9.,'’  ]*\s*%?")


def failed_rows_csv(parsed: ParsedFile) -> str:
    """Return the failing rows with their header and an `error` column, ready to be corrected and sent again.

    Text cells that a spreadsheet would run as a formula get a leading apostrophe; numbers stay numbers.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    width = len(parsed.header)
    writer.writerow([*map(_harmless, parsed.header), "error"])
    for failed in parsed.failed_rows:
        cells = [*failed.cells, *[""] * width][:width]
        writer.writerow([*map(_harmless, cells), _harmless(failed.error)])
    return out.getvalue()


def _harmless(cell: str) -> str:
    if cell.lstrip(" ")[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell
