"""A file as lines of text cells, before anything in it has been understood."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from application.positions.file import FileRefused, ImportLimits

# Stands in a cell whose formula was never calculated; a private-use character no broker writes.
UNCALCULATED = "\ue0f0formula without stored value"
PREAMBLE_LINES = 50


@dataclass(slots=True, kw_only=True)
class Source:
    """Rows of text with the file line each begins on.

    `numeric` holds the places of columns in which a workbook stored numbers as numbers: their decimal mark is
    the dot, whatever the language of the text around them.
    """

    rows: list[list[str]]
    lines: Sequence[int]
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    numeric: frozenset[int] = field(default_factory=frozenset)


def within_limits(rows: list[list[str]], limits: ImportLimits) -> list[list[str]]:
    """Answer the rows themselves, or refuse what is wider, longer or larger than the limits."""
    if len(rows) > limits.max_rows + PREAMBLE_LINES:
        raise too_many_rows(limits)
    widest = max(map(len, rows), default=0)
    if widest > limits.max_columns:
        raise FileRefused(
            413, "too_many_columns", f"The file has {widest} columns; at most {limits.max_columns} are read."
        )
    if sum(map(len, rows)) > limits.max_cells:
        raise FileRefused(
            413,
            "too_many_cells",
            f"The file has more than {limits.max_cells:,} cells. Split it and send the parts.",
        )
    return rows


def too_many_rows(limits: ImportLimits) -> FileRefused:
    """Build the refusal of a file that is too long."""
    return FileRefused(
        413, "too_many_rows", f"The file has more than {limits.max_rows:,} rows. Split it and send the parts."
    )
