"""Tables as CSV (RFC 4180): commas, CRLF, UTF-8 without a byte order mark."""

from collections.abc import Iterable
from typing import Any, Final

from api.exports.cells import harmless, written
from api.exports.tables import Table

_QUOTED: Final = frozenset(',;"\r\n\t')


def csv_of(table: Table, body: Any) -> bytes:
    """Return the header line and one line per row."""
    lines = [_line(map(harmless, table.headers))]
    lines += [_line(map(written, row)) for row in table.rows(body)]
    return "".join(lines).encode()


def _line(cells: Iterable[str]) -> str:
    return ",".join(map(_field, cells)) + "\r\n"


def _field(text: str) -> str:
    """Quote where it is needed; semicolons and tabs too, which some spreadsheets take for a new cell."""
    if _QUOTED.isdisjoint(text) and text.strip() == text:
        return text
    return '"' + text.replace('"', '""') + '"'
