"""What is wrong with the rows of a file, found column by column and told row by row."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from application.market.imports import ImportIssue, ImportNotice
from infrastructure.imports.findings import Flaw

LISTED_AT_MOST: Final = 1000
_VALUE_SHOWN: Final = 200
Mask = NDArray[np.bool_]
Shown = Callable[[int], str | None]


class Findings:
    """Errors leave rows out, warnings do not; all are counted, the first thousand are listed.

    rows : the row of the file that each place of the arrays stands for.
    """

    def __init__(self, rows: NDArray[np.int64]) -> None:
        self.rows = rows
        self.bad: Mask = np.zeros(len(rows), dtype=np.bool_)
        self.wrong: dict[str, Mask] = {}
        self.lost_rows = 0
        self._errors: list[ImportIssue] = []
        self.warnings: list[ImportNotice] = []

    def error(
        self, wrong: Mask, column: str, flaw: Flaw | Callable[[int], Flaw], shown: Shown | None = None
    ) -> None:
        """Leave out the places that are wrong; `shown` gives the cell at a place."""
        if not wrong.any():
            return
        self.bad |= wrong
        self.wrong[column] = self.wrong.get(column, np.False_) | wrong
        for place in np.flatnonzero(wrong)[:LISTED_AT_MOST].tolist():
            one = flaw(place) if callable(flaw) else flaw
            self.issue(int(self.rows[place]), column, shown(place) if shown else None, one)

    def fits(self, column: str) -> Mask:
        """Return the places at which nothing was found wrong with a column."""
        return ~self.wrong.get(column, np.zeros(len(self.rows), dtype=np.bool_))

    def issue(self, row: int, column: str | None, value: str | None, flaw: Flaw) -> None:
        """List one error."""
        message = f"{flaw.error}. {flaw.advice}" if flaw.advice else f"{flaw.error}."
        self._errors.append(
            ImportIssue(
                row=row,
                column=column,
                value=None if value is None else value[:_VALUE_SHOWN],
                code=flaw.code,
                error=flaw.error,
                message=message,
            )
        )

    def whole(self, column: str, flaw: Flaw) -> None:
        """List an error of all rows together; its row is 0."""
        self.bad[:] = True
        self.issue(0, column, None, flaw)

    def lost(self, row: int, text: str, flaw: Flaw) -> None:
        """Note a row that has no place in the arrays, since its cells do not fit the header."""
        self.lost_rows += 1
        if self.lost_rows <= LISTED_AT_MOST:
            self.issue(row, None, text, flaw)

    def doubt(self, doubtful: Mask, column: str, code: str, message: str) -> None:
        """Warn of places that look wrong and are taken all the same: the first ten of them one by one."""
        doubtful = doubtful & ~self.bad
        places = np.flatnonzero(doubtful)
        for place in places[:10].tolist():
            self.warn(int(self.rows[place]), column, code, message)
        if len(places) > 10:
            self.warn(None, column, code, f"{message} So it is in {len(places) - 10:,} more rows.")

    def warn(self, row: int | None, column: str | None, code: str, message: str) -> None:
        """Tell of something that was done or looks wrong."""
        if len(self.warnings) < LISTED_AT_MOST:
            self.warnings.append(ImportNotice(row=row, column=column, code=code, message=message))

    @property
    def rows_with_errors(self) -> int:
        """How many rows are left out."""
        return self.lost_rows + int(np.count_nonzero(self.bad))

    def errors(self) -> list[ImportIssue]:
        """Return the first errors in the order of the file."""
        return sorted(self._errors, key=lambda issue: issue.row)[:LISTED_AT_MOST]


def cells(values: Sequence[Any]) -> Shown:
    """Return what shows the cell at a place of a column."""

    def shown(place: int) -> str | None:
        value = values[place]
        try:
            value = value.as_py() if hasattr(value, "as_py") else value
        except (OverflowError, ValueError):  # a day that no calendar here has
            return None
        return None if value is None else str(value)

    return shown
