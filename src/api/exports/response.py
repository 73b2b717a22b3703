"""An answer on its way out as a file: CSV at once, a workbook after a calculator process has written it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from litestar.response.base import ASGIResponse

from api.exports.cells import Cell, written
from api.exports.csv_text import csv_of
from api.exports.negotiation import CSV, XLSX, Export
from api.exports.tables import Table
from application.calculations import Calculations
from application.workbooks import TASK, Sheet, Workbook, WorkbookRequest

TOTAL: Final = "X-Total-Count"
NAME_LENGTH_MAX: Final = 120
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def csv_response(body: Any, export: Export, headers: Mapping[str, str], status: int) -> ASGIResponse:
    """Return the first table as a CSV file."""
    return ASGIResponse(
        body=csv_of(export.tables[0], body), media_type=CSV, headers=dict(headers), status_code=status
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookResponse:
    """A response that is written when it is sent; whatever hinders that is still answered as a problem."""

    request: WorkbookRequest
    calculations: Calculations
    headers: Mapping[str, str]
    status: int

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Have the workbook written and send it."""
        book = await self.calculations.run(TASK, self.request, Workbook)
        response = ASGIResponse(
            body=book.content, media_type=XLSX, headers=dict(self.headers), status_code=self.status
        )
        await response(scope, receive, send)


def workbook_request(body: Any, export: Export) -> WorkbookRequest:
    """Return the tables of an answer as the sheets of a workbook."""
    return WorkbookRequest(sheets=[_sheet(table, body) for table in export.tables])


def _sheet(table: Table, body: Any) -> Sheet:
    rows = [[_sent(value) for value in row] for row in table.rows(body)]
    return Sheet(name=table.name, headers=table.headers, kinds=table.kinds, rows=rows)


def _sent(value: Cell) -> str | bool | None:
    return value if value is None or isinstance(value, (str, bool)) else written(value)


def file_headers(path: str, export: Export, body: Any, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a file: its name, how many rows there are in all, a tag of its own."""
    sent = {**headers, "Content-Disposition": f'attachment; filename="{file_name(path, export)}"'}
    if (total := getattr(body, "total", None)) is not None:
        sent[TOTAL] = str(total)
    if tag := sent.get("ETag"):
        sent["ETag"] = f'{tag[:-1]}-{export.format}"'
    return sent


def file_name(path: str, export: Export) -> str:
    """Return a name that says what was asked for, from the path: `portfolios-<id>-positions.csv`."""
    parts = [part for part in unquote(path).split("/") if part and part != "v1"]
    words = "-".join(parts)
    last = export.tables[0].name.split(".")[-1]
    if len(export.tables) == 1 and last and not words.endswith(last):
        words = f"{words}-{last}"
    return f"{_UNSAFE.sub('-', words)[:NAME_LENGTH_MAX].strip('-.')}.{export.format}"
