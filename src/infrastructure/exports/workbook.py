"""Writing .xlsx files: numbers as numbers, dates as dates, text that runs no formula, the header in view."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook as Book  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.styles import Font  # type: ignore[import-untyped]
from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]

from application.workbooks import Sheet, Workbook, WorkbookRequest

ROWS_MAX: Final = 1_048_575
TEXT_MAX: Final = 32_767
NAME_MAX: Final = 31
WIDTH_MIN, WIDTH_MAX = 8, 60
ROWS_MEASURED: Final = 200
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FORBIDDEN_IN_NAMES: Final = re.compile(r"[\\/*?:\[\]]")
_FORMULA: Final = tuple("=+-@\t\r\n")
_FORMATS: Final = {"date": "yyyy-mm-dd", "time": "yyyy-mm-dd hh:mm:ss"}


def write(request: WorkbookRequest) -> Workbook:
    """Return the workbook with one sheet per table."""
    book = Book(write_only=True)
    for sheet in request.sheets:
        _write_sheet(book, sheet)
    file = BytesIO()
    book.save(file)
    return Workbook(content=file.getvalue())


def _write_sheet(book: Any, sheet: Sheet) -> None:
    page = book.create_sheet(_FORBIDDEN_IN_NAMES.sub("-", sheet.name)[:NAME_MAX])
    page.freeze_panes = "A2"
    for place, width in enumerate(_widths(sheet), start=1):
        page.column_dimensions[get_column_letter(place)].width = width
    page.append([_bold(page, header) for header in sheet.headers])
    for row in sheet.rows[:ROWS_MAX]:
        page.append([_cell(page, value, kind) for value, kind in zip(row, sheet.kinds, strict=True)])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _cell(page: Any, value: str | bool | None, kind: str) -> Any:
    match value:
        case None | bool():
            return value
        case _ if kind == "number":
            return _number_cell(page, value)
        case _ if kind == "date":
            return _dated_cell(page, date.fromisoformat(value), kind)
        case _ if kind == "time":
            return _dated_cell(page, _time(value), kind)
        case _:
            return _text_cell(page, _ILLEGAL.sub("\ufffd", value)[:TEXT_MAX])


def _number_cell(page: Any, text: str) -> Any:
    """The digits as they are: the library alone would round to sixteen, and a double has seventeen."""
    cell = WriteOnlyCell(page, text)
    cell.data_type = "n"
    return cell


def _dated_cell(page: Any, value: date, kind: str) -> Any:
    cell = WriteOnlyCell(page, value)
    cell.number_format = _FORMATS[kind]
    return cell


def _text_cell(page: Any, text: str) -> Any:
    """Text stays text, also after somebody has edited and left the cell."""
    cell = WriteOnlyCell(page, text)
    cell.data_type = "s"
    if text[:1] in _FORMULA:
        cell.quotePrefix = True
    return cell


def _bold(page: Any, header: str) -> Any:
    cell = WriteOnlyCell(page, header)
    cell.data_type = "s"
    cell.font = Font(bold=True)
    return cell


def _widths(sheet: Sheet) -> list[int]:
    measured: list[Sequence[str | bool | None]] = [sheet.headers, *sheet.rows[:ROWS_MEASURED]]
    longest = [max(len(str(row[place] or "")) for row in measured) for place in range(len(sheet.headers))]
    return [min(WIDTH_MAX, max(WIDTH_MIN, length + 2)) for length in longest]
