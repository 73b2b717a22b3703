"""From text to rows: which delimiter, and on which line of the file each row begins."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from application.positions.file import ColumnMapping, FileRefused, ImportLimits
from infrastructure.imports.headers import recognise
from infrastructure.imports.source import PREAMBLE_LINES, Source, too_many_rows, within_limits

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 32 * 1024
_EXCEL_HINT = re.compile(r"sep=(.)\r?\n?$", re.IGNORECASE)


def read_delimited(text: str, limits: ImportLimits, mapping: ColumnMapping) -> Source:
    """Split the text into rows by the client's delimiter, the one of a `sep=` line, or the best scoring."""
    hint = _EXCEL_HINT.match(text[: text.find("\n") + 1])
    delimiter = mapping.delimiter or (hint.group(1) if hint else find_delimiter(text, mapping))
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise FileRefused(422, "bad_mapping", "The mapping's delimiter must be one character such as ';'.")
    rows, lines = _split(text, delimiter, limits)
    if hint:
        rows[0] = []
    return Source(rows=within_limits(rows, limits), lines=lines, delimiter=delimiter)


def find_delimiter(text: str, mapping: ColumnMapping) -> str:
    """Choose the delimiter that makes a line a known header, or else the rows equally wide."""
    sample = text[:_SAMPLE_CHARACTERS]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n") + 1] or sample
    candidates = [mark for mark in DELIMITERS if mark in sample]
    if len(candidates) == 1:
        return candidates[0]
    return max(candidates, key=lambda mark: _score(sample, mark, mapping), default=",")


def _score(sample: str, delimiter: str, mapping: ColumnMapping) -> tuple[int, float]:
    try:
        rows = list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter))
    except csv.Error:
        return (0, 0.0)
    hits = max((len(recognise(row, mapping)) for row in rows[:PREAMBLE_LINES]), default=0)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    commonest = max(widths.values(), default=0)
    return (hits, commonest / len(rows) if rows else 0.0)


def _split(text: str, delimiter: str, limits: ImportLimits) -> tuple[list[list[str]], Sequence[int]]:
    csv.field_size_limit(limits.max_field_bytes)
    try:
        return _records(text, delimiter, limits, strict=True)
    except csv.Error as error:
        _refuse_hopeless(error, limits)
    try:
        return _records(text, delimiter, limits, strict=False)
    except csv.Error as error:
        _refuse_hopeless(error, limits)
        raise FileRefused(422, "broken_table", f"The file cannot be read as a table: {error}.") from None


def _refuse_hopeless(error: csv.Error, limits: ImportLimits) -> None:
    if "field larger" in str(error):
        kilobytes = limits.max_field_bytes // 1024
        raise FileRefused(
            413, "field_too_large", f"A field is larger than {kilobytes} kB; a quotation mark may be missing."
        ) from None
    if "unexpected end" in str(error):
        raise FileRefused(
            422,
            "broken_quotes",
            "A quotation mark is opened and never closed, so the rows cannot be told apart.",
        ) from None


def _records(
    text: str, delimiter: str, limits: ImportLimits, *, strict: bool
) -> tuple[list[list[str]], Sequence[int]]:
    most = limits.max_rows + PREAMBLE_LINES
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    rows = list(islice(reader, most + 1))
    if len(rows) > most:
        raise too_many_rows(limits)
    if reader.line_num == len(rows):
        return rows, range(1, len(rows) + 1)
    return rows, _first_lines(text, delimiter, strict=strict)


def _first_lines(text: str, delimiter: str, *, strict: bool) -> list[int]:
    """Number the records of a file in which some quoted cells hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    lines, ended = [], 0
    for _ in reader:
        lines.append(ended + 1)
        ended = reader.line_num
    return lines
