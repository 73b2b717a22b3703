"""From bytes to columns: CSV or Parquet, packed or not; nothing of it is understood yet."""

import csv
import io
import zlib
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from application.market.imports import MarketLimits
from application.positions.file import FileRefused
from domain.market import Kind
from infrastructure.imports.encoding import decode
from infrastructure.imports.findings import Flaw
from infrastructure.marketdata.importing.headers import COLUMNS, missing, recognise

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
UNPACKED_AT_ONCE: Final = 16 << 20
_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"
_ZIP: Final = b"PK\x03\x04"
Role = Literal["day", "word", "number", "exact"]
ROLES: Final[dict[str, Role]] = {
    "date": "day",
    "ex_date": "day",
    "open": "number",
    "high": "number",
    "low": "number",
    "close": "number",
    "adjusted_close": "number",
    "volume": "number",
    "return": "number",
    "rate": "exact",
    "value": "exact",
    "weight": "exact",
}
"""How a column is read; what is not named here is words. Exact figures stay text until they are decimals."""
_TYPES: Final[dict[Role, pa.DataType]] = {
    "day": pa.date32(),
    "word": pa.dictionary(pa.int32(), pa.string()),
    "number": pa.float64(),
    "exact": pa.string(),
}
Lost = Callable[[int, str, Flaw], None]


class Content(NamedTuple):
    """The columns that mean something, by canonical names, each of one array; `rows` counts from 1 with the header.

    lost : rows whose cells do not fit the header, with their text.
    """

    format: Literal["csv", "parquet", "json"]
    columns: dict[str, Any]
    headers: dict[str, str]
    ignored: list[str]
    rows: NDArray[np.int64]
    lost: list[tuple[int, str, Flaw]]


def read_content(content: bytes, kind: Kind, limits: MarketLimits) -> Content:
    """Return the columns of a file.

    Raises
    ------
    FileRefused
        413 where it is too large, 422 where it is no table, or one without the columns that are needed.
    """
    if content.startswith(_GZIP):
        content = _unpacked(content, limits)
    if not content.strip():
        raise FileRefused(422, "empty", "The file is empty.")
    if content.startswith(_ZIP):
        raise FileRefused(
            422,
            "not_text",
            "This is a workbook or a zip archive. Send CSV or Parquet; CSV may be packed by gzip.",
        )
    read = _read_parquet if content.startswith(_PARQUET) else _read_csv
    found = read(content, kind, limits)
    if not len(found.rows) and not found.lost:
        raise FileRefused(422, "no_rows", "The file has a header but no rows below it.")
    return found


def _unpacked(content: bytes, limits: MarketLimits) -> bytes:
    out, left = io.BytesIO(), content
    try:
        while left:
            unpacker = zlib.decompressobj(wbits=31)
            while left and not unpacker.eof:
                out.write(unpacker.decompress(left, UNPACKED_AT_ONCE))
                if out.tell() > limits.max_unpacked_bytes:
                    raise _too_large(limits)
                left = unpacker.unconsumed_tail
            if not unpacker.eof:
                raise FileRefused(422, "broken_gzip", "The gzip archive ends before its end.")
            left = unpacker.unused_data.lstrip(b"\0")
    except zlib.error:
        raise FileRefused(422, "broken_gzip", "The gzip archive is broken.") from None
    return out.getvalue()


def _too_large(limits: MarketLimits) -> FileRefused:
    most = f"{limits.max_unpacked_bytes:,}"
    return FileRefused(413, "unpacked_too_large", f"Unpacked the file has more than {most} bytes. Split it.")


def _too_many_rows(limits: MarketLimits) -> FileRefused:
    return FileRefused(413, "too_many_rows", f"The file has more than {limits.max_rows:,} rows. Split it.")


def _places(header: list[str], kind: Kind, limits: MarketLimits) -> dict[str, int]:
    if len(header) > limits.max_columns:
        detail = f"The file has {len(header)} columns; at most {limits.max_columns} are read."
        raise FileRefused(413, "too_many_columns", detail)
    places = recognise(header, kind)
    if lacking := missing(places, kind):
        seen = ", ".join(cell.strip()[:60] for cell in header if cell.strip()) or "none"
        raise FileRefused(
            422,
            "missing_columns",
            f"The file lacks {', '.join(lacking)}: {kind} need {', '.join(COLUMNS[kind].needed)}, and its "
            f"columns are: {seen[:500]}.",
        )
    return places


def _named(header: list[str], places: dict[str, int]) -> tuple[dict[str, str], list[str]]:
    used = set(places.values())
    ignored = [cell.strip() for place, cell in enumerate(header) if place not in used and cell.strip()]
    return {name: header[place].strip() for name, place in places.items()}, ignored


def _read_csv(content: bytes, kind: Kind, limits: MarketLimits) -> Content:
    content = _as_utf8(content)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    content = content if content.endswith(b"\n") else content + b"\n"
    line, header, delimiter = _header(content, kind)
    places = _places(header, kind, limits)
    if b'"' not in content and content.count(b"\n") > limits.max_rows + line:  # too many to count as rows
        raise _too_many_rows(limits)
    reader = _CsvReader(content, header, places, line, delimiter, limits)
    try:
        table = reader.read(typed=True)
    except pa.ArrowInvalid:
        table = _read_as_text(reader)
    rows = np.arange(line + 1, line + 1 + table.num_rows + len(reader.lost), dtype=np.int64)
    if reader.lost:
        rows = np.setdiff1d(rows, [row for row, _, _ in reader.lost], assume_unique=True)
    columns = {name: _whole(table.column(f"c{place}")) for name, place in places.items()}
    columns, rows = _without_blank_rows(columns, rows)
    headers, ignored = _named(header, places)
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
        self._content, self._places, self._limits = content, places, limits
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
            raise _too_many_rows(self._limits)
        return table

    def _read(self, *, typed: bool, parallel: bool) -> pa.Table:
        wanted = {f"c{place}": ROLES.get(name, "word") for name, place in self._places.items()}
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


def _whole(column: pa.ChunkedArray) -> Any:
    """Return a column as one array."""
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _without_blank_rows(
    columns: dict[str, Any], rows: NDArray[np.int64]
) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """Leave out rows without a single cell, such as blank lines; whoever counts rows still counts them."""
    blank = np.ones(len(rows), dtype=np.bool_)
    for column in columns.values():
        if not blank.any():
            return columns, rows
        blank &= blanks_of(column)
    if not blank.any():
        return columns, rows
    kept = mask_of(~blank)
    return {name: column.filter(kept) for name, column in columns.items()}, rows[~blank]


_FORMS: Final = {pa.int32(): np.int32, pa.float64(): np.float64, pa.uint8(): np.uint8}


def as_numpy(column: Any) -> NDArray[Any]:
    """Return a column of int32, float64 or bool without nulls as an array.

    The library's own way looks for pandas first, which takes a second where that is installed.
    """
    if pa.types.is_boolean(column.type):
        return as_numpy(column.cast(pa.uint8())).view(np.bool_)
    form = np.dtype(_FORMS[column.type])
    if not len(column):
        return np.zeros(0, dtype=form)
    return np.frombuffer(column.buffers()[1], form, len(column), column.offset * form.itemsize)


def mask_of(wanted: NDArray[np.bool_]) -> Any:
    """Return booleans as a column."""
    bits = np.packbits(wanted, bitorder="little").tobytes()
    return pa.Array.from_buffers(pa.bool_(), len(wanted), [None, pa.py_buffer(bits)])


def blanks_of(column: Any) -> NDArray[np.bool_]:
    """Return where a column has no cell, or an empty one."""
    if pa.types.is_dictionary(column.type):
        empty = np.array([not (text or "").strip() for text in column.dictionary.to_pylist()] + [True])
        return np.asarray(empty[as_numpy(column.indices.fill_null(len(empty) - 1))])
    if pa.types.is_string(column.type):
        trimmed = compute.utf8_trim_whitespace(column.fill_null(""))
        return as_numpy(compute.equal(trimmed, ""))
    return as_numpy(column.is_null())


def _read_parquet(content: bytes, kind: Kind, limits: MarketLimits) -> Content:
    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        header = file.schema_arrow.names
        places = _places(header, kind, limits)
        _require_distinct(header, places)
        if file.metadata.num_rows > limits.max_rows:
            raise _too_many_rows(limits)
        groups = (file.metadata.row_group(index) for index in range(file.metadata.num_row_groups))
        if sum(group.total_byte_size for group in groups) > limits.max_unpacked_bytes:
            raise _too_large(limits)
        table = file.read(columns=[header[place] for place in places.values()])
    except (pa.ArrowException, OSError) as error:
        why = str(error).splitlines()[0][:200]
        raise FileRefused(422, "broken_parquet", f"The Parquet file cannot be read: {why}.") from None
    columns = {name: _plain(_whole(table.column(header[place])), name) for name, place in places.items()}
    headers, ignored = _named(header, places)
    rows = np.arange(1, table.num_rows + 1, dtype=np.int64)
    return Content("parquet", columns, headers, ignored, rows, [])


def _require_distinct(header: list[str], places: dict[str, int]) -> None:
    repeated = [name for name, place in places.items() if header.count(header[place]) > 1]
    if repeated:
        detail = f"The file has more than one column for {', '.join(repeated)}."
        raise FileRefused(422, "repeated_columns", detail)


def _plain(column: Any, name: str) -> Any:
    """Return a column of Parquet as the kinds of column that a CSV has: days, floats or text."""
    role, kind = ROLES.get(name, "word"), column.type
    try:
        if pa.types.is_dictionary(kind):
            column = column.dictionary_decode()
        if _is_plain(column.type, role):
            return _as_role(column, role)
    except pa.ArrowException:  # no such cast, or a time zone that nobody knows
        pass
    raise FileRefused(422, "wrong_type", f"Column {name} holds {kind}, which is not what {name} can be.")


def _is_plain(kind: pa.DataType, role: Role) -> bool:
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return not (pa.types.is_nested(kind) or binary or (role == "number" and pa.types.is_boolean(kind)))


def _as_role(column: Any, role: Role) -> Any:
    if _is_text(column.type):
        column = column.cast(pa.string())
    if pa.types.is_timestamp(column.type) and role == "day":
        local = compute.local_timestamp(column) if column.type.tz else column
        return local.cast(pa.date32(), safe=False)
    if role == "day" and pa.types.is_date(column.type):
        return column.cast(pa.date32())
    if role == "number" and not pa.types.is_string(column.type):
        return column.cast(pa.float64(), safe=False)
    text = _as_text(column)
    return text.dictionary_encode() if role == "word" else text


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _as_text(column: Any) -> Any:
    """Return figures as the shortest text that means them, everything else as its text."""
    if pa.types.is_floating(column.type):
        return pa.array([None if value is None else repr(value) for value in column.to_pylist()], pa.string())
    return column.cast(pa.string())
