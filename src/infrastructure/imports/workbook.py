"""Workbooks as rows of text: the first visible sheet that holds a table of positions."""

import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl  # type: ignore[import-untyped]
from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]
from openpyxl.workbook.workbook import Workbook  # type: ignore[import-untyped]

from application.positions.file import ColumnMapping, FileRefused, ImportLimits
from infrastructure.imports.source import PREAMBLE_LINES, UNCALCULATED, Source, too_many_rows, within_limits
from infrastructure.imports.tables import Table, find_table
from infrastructure.imports.workbook_guard import damaged, guard_workbook

# Whatever openpyxl does with a file that is no workbook, beyond the errors it documents.
_UNREADABLE = (
    InvalidFileException,
    zipfile.BadZipFile,
    DefusedXmlException,
    ParseError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


_LAST_ROW = 1_048_576


def workbook_table(content: bytes, limits: ImportLimits, mapping: ColumnMapping) -> tuple[Table, Source]:
    """Return the table of the first visible sheet that holds one, or of the sheet the client names.

    Raises
    ------
    FileRefused
        413 or 422 by the guard, 422 `damaged_workbook`, `no_such_sheet` or `no_table`.
    """
    formulas = guard_workbook(content, limits)
    try:
        return _first_table(content, limits, mapping, formulas=formulas)
    except _UNREADABLE:
        raise damaged() from None


def _first_table(
    content: bytes, limits: ImportLimits, mapping: ColumnMapping, *, formulas: bool
) -> tuple[Table, Source]:
    refusals = []
    for name in _sheet_names(content, mapping):
        source = _read_sheet(content, name, limits, formulas=formulas)
        try:
            return find_table(source, mapping), source
        except FileRefused as refusal:
            refusals.append(refusal)
    if not refusals:
        raise FileRefused(422, "no_table", "The workbook has no visible sheet.")
    raise next((one for one in refusals if one.code != "empty_file"), refusals[0])


def _opened(content: bytes, *, values: bool) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values, keep_links=False)


def _sheet_names(content: bytes, mapping: ColumnMapping) -> list[str]:
    workbook = _opened(content, values=True)
    if mapping.sheet is None:
        return [sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    if mapping.sheet in workbook.sheetnames:
        return [mapping.sheet]
    raise FileRefused(
        422,
        "no_such_sheet",
        f"There is no sheet {mapping.sheet!r}; there are: {', '.join(workbook.sheetnames)}.",
    )


def _read_sheet(content: bytes, name: str, limits: ImportLimits, *, formulas: bool) -> Source:
    numeric: set[int] = set()
    rows = list(_texts(_cells(content, name, limits, values=True), numeric))
    if formulas:
        _mark_uncalculated(rows, _cells(content, name, limits, values=False))
    while rows and not any(rows[-1]):
        rows.pop()
    return Source(
        rows=within_limits(rows, limits),
        lines=range(1, len(rows) + 1),
        sheet=name,
        numeric=frozenset(numeric),
    )


def _cells(content: bytes, name: str, limits: ImportLimits, *, values: bool) -> Iterator[tuple[Any, ...]]:
    """Stream a sheet's rows; the dimensions it claims are not believed."""
    sheet = _opened(content, values=values)[name]
    sheet.reset_dimensions()
    most, filled = limits.max_rows + PREAMBLE_LINES, 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, row in enumerate(sheet.iter_rows(values_only=True)):
            filled = number if any(cell is not None for cell in row) else filled
            if filled > most:
                raise too_many_rows(limits)
            if number > _LAST_ROW:
                raise damaged()
            if number <= most:
                yield row[: limits.max_columns]  # beyond are painted cells only, says the guard


def _texts(rows: Iterable[tuple[Any, ...]], numeric: set[int]) -> Iterator[list[str]]:
    for row in rows:
        numeric.update(place for place, cell in enumerate(row) if type(cell) is float)
        yield [cell if type(cell) is str else _text(cell) for cell in row]


def _text(cell: Any) -> str:
    """Write a cell as the spreadsheet program shows it: at most 15 digits, ISO dates, TRUE and FALSE."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return format(cell, ".15g")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def _mark_uncalculated(rows: list[list[str]], formulas: Iterable[tuple[Any, ...]]) -> None:
    """Mark the cells that have a formula but no stored value; formulas are never evaluated here."""
    for row, cells in zip(rows, formulas, strict=False):
        for place, cell in enumerate(cells):
            if place < len(row) and not row[place] and _is_formula(cell):
                row[place] = UNCALCULATED


def _is_formula(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or cell.startswith("="))
