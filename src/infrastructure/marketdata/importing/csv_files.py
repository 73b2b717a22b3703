"""From CSV to columns: the header wherever it is, cells in parallel, and rows that do not fit one by one."""

import csv
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from application.market.imports import MarketLimits
from application.positions.file import FileRefused
from domain.market import Kind
from infrastructure.imports.encoding import decode
from infrastructure.imports.findings import Flaw
from infrastructure.marketdata.importing.columns import whole, without_blank_rows
from infrastructure.marketdata.importing.content import (
    ROLES,
    Content,
    Role,
    named_by,
    places_of,
    too_many_rows,
)
from infrastructure.marketdata.importing.headers import missing, recognise

DELIMITERS: Final = (",", ";", "\t", "|")
PREAMBLE_LINES: Final = 50
UNKNOWN_NUMBERS: Final = [
    "",
    "null",
    "NULL",
    "N/A",
    "n/a",
    "NaN",
    "nan",
    "NA",
    "-",
    "--",
    "#N/A",
    "None",
    "none",
]
"""What stands for no number where the whole column is read at once."""
_TYPES: Final[dict[Role, pa.DataType]] = {
    "day": pa.date32(),
    "word": pa.dictionary(pa.int32(), pa.string()),
    "number": pa.float64(),
    "exact": pa.string(),
}


def read_csv(content: bytes, kind: Kind, limits: MarketLimits) -> Content:
    """Return the columns of text in any of the known encodings; raises FileRefused."""
    content = _as_utf8(content)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    content = content if content.endswith(b"\n") else content + b"\n"
    line, header, delimiter = _header(content, kind)
    places = places_of(header, kind, limits)
    if b'"' not in content and content.count(b"\n") > limits.max_rows + line:  # too many to count as rows
        raise too_many_rows(limits)
    reader = _CsvReader(content, header, places, line, delimiter, limits)
    try:
        table = reader.read(typed=True)
    except pa.ArrowInvalid:
        table = _read_as_text(reader)
    rows = np.arange(line + 1, line + 1 + table.num_rows + len(reader.lost), dtype=np.int64)
    if reader.lost:
        rows = np.setdiff1d(rows, [row for row, _, _ in reader.lost], assume_unique=True)
    columns = {name: whole(table.column(f"c{place}")) for name, place in places.items()}
    columns, rows = without_blank_rows(columns, rows)
    headers, ignored = named_by(header, places)
    return Content("csv", columns, headers, ignored, rows, reader.lost)


def _read_as_text(reader: "_CsvReader") -> pa.Table:
    try:
        return reader.read(typed=False)
    except pa.ArrowInvalid as error:
        why = str(error).splitlines()[0][:200]
        raise FileRefused(422, "broken_table", f"The file cannot be read as a table: {why}.") from None


def _as_utf8(content: bytes) -> bytes:
    """Return the text in UTF-8; what is ASCII needs no second look, and only its beginning a first."""
    if content.isascii() and b"\0" not in content[:4096]:
        decode(content[:4096])
        return content
    text, encoding = decode(content)
    return content if encoding == "utf-8" and not text.startswith("\ufeff") else text.encode()


def _header(content: bytes, kind: Kind) -> tuple[int, list[str], str]:
    """Return the number of the header's line, its cells and the delimiter: whatever is recognised best."""
    best: tuple[int, int, list[str], str] | None = None
    lines = content[: 256 * 1024].split(b"\n", PREAMBLE_LINES)[:PREAMBLE_LINES]
    for number, line in enumerate(lines, start=1):
        text = line.decode(errors="replace").strip("\r")
        for delimiter in DELIMITERS:
            cells = _cells(text, delimiter)
            score = len(recognise(cells, kind))
            if score and (best is None or score > best[0]):
                best = (score, number, cells, delimiter)
        if best is not None and not missing(recognise(best[2], kind), kind):
            break
    if best is None:
        first = next((line for line in lines if line.strip()), b"")
        best = (0, 1, _cells(first.decode(errors="replace").strip(), ","), ",")
    return best[1], best[2], best[3]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.replace("\r", " ")], delimiter=delimiter), [])
    except csv.Error:  # a cell beyond all measure
        return []


class _CsvReader:
    """Reads the columns that mean something, in parallel; only where rows do not fit, once more one by one."""

    def __init__(
        self,
        content: bytes,
        header: list[str],
        places: dict[str, int],
        line: int,
        delimiter: str,
        limits: MarketLimits,
    ) -> None:
        self._content, self.places_of, self._limits = content, places, limits
        self._names = [f"c{place}" for place in range(len(header))]
        self._line, self._delimiter = line, delimiter
        self.lost: list[tuple[int, str, Flaw]] = []

    def read(self, *, typed: bool) -> pa.Table:
        self.lost = []
        table = self._read(typed=typed, parallel=True)
        if self.lost:
            self.lost = []
            table = self._read(typed=typed, parallel=False)
        if table.num_rows > self._limits.max_rows:
            raise too_many_rows(self._limits)
        return table

    def _read(self, *, typed: bool, parallel: bool) -> pa.Table:
        wanted = {f"c{place}": ROLES.get(name, "word") for name, place in self.places_of.items()}
        types = {name: _TYPES[role] if typed else pa.string() for name, role in wanted.items()}
        return arrow_csv.read_csv(
            pa.BufferReader(self._content),
            read_options=arrow_csv.ReadOptions(
                use_threads=parallel, skip_rows=self._line, column_names=self._names, block_size=8 << 20
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self._delimiter,
                newlines_in_values=b'"' in self._content,
                ignore_empty_lines=False,
                invalid_row_handler=self._unfit,
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=list(wanted),
                column_types=types,
                null_values=UNKNOWN_NUMBERS if typed else [],
                strings_can_be_null=False,
            ),
        )

    def _unfit(self, row: Any) -> str:
        flaw = Flaw(
            "wrong_width",
            f"The row has {row.actual_columns} cells where the header has {row.expected_columns}",
        )
        self.lost.append((row.number or 0, row.text, flaw))
        return "skip"
