"""What is wrong or remarkable in a file: every error and warning, counted exactly, listed up to a cap."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from application.positions.file import FileWarning, RowError
from infrastructure.imports.source import UNCALCULATED

LISTED_AT_MOST = 1000
_VALUE_SHOWN = 200


class Flaw(NamedTuple):
    """Why one value cannot be used: a code, the sentence of the public API, and what to do about it."""

    code: str
    error: str
    advice: str = ""


def uncalculated() -> Flaw:
    """Build the flaw of a cell whose formula has no stored value."""
    return Flaw(
        "formula_without_value",
        "Formula without a stored value",
        "Open the workbook in a spreadsheet program, save it and send it again.",
    )


class Findings:
    """Collects errors by row and warnings while a file is read."""

    def __init__(self) -> None:
        self.errors: list[RowError] = []
        self.errors_total = 0
        self.warnings: list[FileWarning] = []
        self.warnings_total = 0
        self.sentences: dict[int, list[str]] = {}

    def error(self, row: int, column: str | None, value: str | None, flaw: Flaw) -> None:
        """Leave a row out of the import and say why."""
        self.errors_total += 1
        self.sentences.setdefault(row, []).append(flaw.error)
        if len(self.errors) < LISTED_AT_MOST:
            self.errors.append(_row_error(row, column, value, flaw))

    def flaws(self, column: str, lines: Sequence[int], texts: list[str], flaws: dict[int, Flaw]) -> None:
        """Record the flaws of one column; keys are places in the table, `lines` gives their file lines."""
        for place, flaw in flaws.items():
            self.error(lines[place], column, texts[place], flaw)

    def warn(self, row: int | None, column: str | None, code: str, message: str) -> None:
        """Tell of something that was done or looks wrong, without leaving anything out."""
        self.warnings_total += 1
        if len(self.warnings) < LISTED_AT_MOST:
            self.warnings.append(FileWarning(row=row, column=column, code=code, message=message))

    def sorted_errors(self) -> list[RowError]:
        """Return the listed errors in the order of the file."""
        return sorted(self.errors, key=lambda error: error.row)


def _row_error(row: int, column: str | None, value: str | None, flaw: Flaw) -> RowError:
    message = f"{flaw.error}. {flaw.advice}" if flaw.advice else f"{flaw.error}."
    shown = value[:_VALUE_SHOWN] if value not in (None, UNCALCULATED) else None
    return RowError(row=row, column=column, value=shown, code=flaw.code, message=message, error=flaw.error)


def rows_named(rows: Iterable[int]) -> str:
    """Name rows in a sentence: `row 3`, `rows 3, 5 and 9`, or the first ten of many."""
    listed = sorted(rows)
    if len(listed) == 1:
        return f"row {listed[0]}"
    if len(listed) > 10:
        return f"rows {', '.join(map(str, listed[:10]))} and {len(listed) - 10} more"
    return f"rows {', '.join(map(str, listed[:-1]))} and {listed[-1]}"
