"""Columns understood: days, floats, exact decimals and words, each with what is wrong in it."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final, Generic, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
from numpy.typing import NDArray

from infrastructure.imports.findings import Flaw
from infrastructure.imports.numbers import Evidence, Mark, evidence, read_numbers
from infrastructure.imports.words import Noted
from infrastructure.marketdata.importing.columns import as_numpy, blanks_of
from infrastructure.marketdata.importing.days import EPOCH, read_days
from infrastructure.marketdata.importing.findings import Findings, cells

Floats = NDArray[np.float64]
DayNumbers = NDArray[np.int32]
"""Days since 1970-01-01."""
EARLIEST: Final = date(1900, 1, 1)
NOTES_MAX: Final = 20
_UNCLEAR: Final = "Nothing in the column says which. Write figures without marks between thousands."
T = TypeVar("T")


class Words(NamedTuple, Generic[T]):
    """A column of words: `values[codes[place]]` is what the word at a place means."""

    values: list[T]
    codes: NDArray[np.int32]

    def at(self, place: int) -> T:
        """Return what stands at a place."""
        return self.values[int(self.codes[place])]


def days_of(column: Any, name: str, findings: Findings, today: date) -> DayNumbers:
    """Return the days of a column; a missing, senseless or future one is an error."""
    blank = blanks_of(column)
    findings.error(blank, name, Flaw("missing", f"{name} is missing"))
    numbers = _day_numbers(column, today)
    wrong = (numbers == _NO_DAY) & ~blank
    findings.error(wrong, name, lambda place: _no_date(column, place), cells(column))
    early = (numbers < EARLIEST.toordinal() - EPOCH) & ~wrong & ~blank
    findings.error(early, name, Flaw("out_of_range", f"{name} lies before {EARLIEST}"), cells(column))
    future = numbers > today.toordinal() - EPOCH
    findings.error(future, name, Flaw("future_date", f"{name} lies in the future"), cells(column))
    return numbers


_NO_DAY: Final = np.iinfo(np.int32).min


def _day_numbers(column: Any, today: date) -> DayNumbers:
    if pa.types.is_date32(column.type):
        return as_numpy(column.cast(pa.int32()).fill_null(int(_NO_DAY)))
    coded = column.fill_null("").dictionary_encode()
    texts = coded.dictionary.to_pylist()
    days = read_days(texts, today)
    numbers = np.array([_NO_DAY if day is None else day.toordinal() - EPOCH for day in days], dtype=np.int32)
    return numbers[as_numpy(coded.indices)] if len(texts) else numbers


def _no_date(column: Any, place: int) -> Flaw:
    return Flaw("invalid_date", f"'{str(column[place])[:40]}' is no date", "Write it as 2025-04-03.")


def numbers_of(column: Any, name: str, findings: Findings, mark: Mark | None = None) -> Floats:
    """Return the floats of a column, NaN where there is none; text that is no number is an error.

    mark : the decimal mark of the file, for a column that does not tell its own.
    """
    if pa.types.is_floating(column.type):
        return as_numpy(column.fill_null(float("nan")))
    try:
        if mark != ",":
            cast = compute.utf8_trim_whitespace(column).cast(pa.float64())
            return as_numpy(cast.fill_null(float("nan")))
    except pa.ArrowInvalid:
        pass
    values = exact_of(column, name, findings, mark)
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def exact_of(column: Any, name: str, findings: Findings, mark: Mark | None = None) -> list[Decimal | None]:
    """Return the exact decimals of a column, None where there is none; the decimal mark is one for all of it."""
    texts = column.fill_null("").to_pylist()
    mark = mark_of(texts, mark)
    read = read_numbers(texts, mark)
    if mark is None:
        for place, flaw in read.flaws.items():
            read.flaws[place] = with_advice(flaw)
    if read.flaws:
        wrong = np.zeros(len(texts), dtype=np.bool_)
        wrong[list(read.flaws)] = True
        findings.error(wrong, name, lambda place: read.flaws[place], cells(texts))
    return read.values


def mark_of(texts: list[str], otherwise: Mark | None = None) -> Mark | None:
    """Return the decimal mark of figures; None where 1,234 may be a thousand or a little more than one."""
    seen = evidence(texts)
    known = seen.mark or otherwise
    return known or (None if seen.unclear and any("," in text for text in texts) else ".")


def mark_of_all(columns: Iterable[Any]) -> Mark | None:
    """Return the decimal mark that columns of text demand together; None where nothing is in doubt."""
    texts = [column for column in columns if pa.types.is_string(column.type)]
    if not any(compute.any(compute.match_substring(column, ",")).as_py() for column in texts):
        return None
    seen = [evidence(compute.unique(column.fill_null("")).to_pylist()) for column in texts]
    return Evidence(sum(one.dots for one in seen), sum(one.commas for one in seen), 0).mark


def with_advice(flaw: Flaw) -> Flaw:
    """Say of a figure that may mean two what to do about it."""
    return flaw._replace(advice=_UNCLEAR) if flaw.code == "ambiguous_number" else flaw


def words_of(
    column: Any, name: str, findings: Findings, understand: Callable[[str], T | Noted[T] | Flaw], blank: T
) -> Words[T]:
    """Understand each distinct word of a column once; equal meanings share one code."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = [text or "" for text in coded.dictionary.to_pylist()]
    if coded.null_count:
        texts.append("")
    values: dict[T, int] = {blank: 0}
    codes = np.zeros(len(texts), dtype=np.int32)
    flaws: dict[int, Flaw] = {}
    notes: dict[int, str] = {}
    for index, text in enumerate(texts):
        meant = understand(text)
        if isinstance(meant, Flaw):
            flaws[index] = meant
            continue
        if isinstance(meant, Noted):
            notes[index] = meant.note
            meant = meant.value
        codes[index] = values.setdefault(meant, len(values))
    places = as_numpy(coded.indices.fill_null(len(texts) - 1) if coded.null_count else coded.indices)
    if flaws:
        wrong = np.isin(places, list(flaws))
        findings.error(
            wrong, name, lambda place: flaws[int(places[place])], lambda place: texts[int(places[place])]
        )
    _tell(notes, places, name, findings)
    return Words(list(values), codes[places])


def _tell(notes: dict[int, str], places: NDArray[np.int32], name: str, findings: Findings) -> None:
    for index, note in list(notes.items())[:NOTES_MAX]:
        findings.warn(int(findings.rows[np.argmax(places == index)]), name, "left_out", note)
    if len(notes) > NOTES_MAX:
        findings.warn(None, name, "left_out", f"So are {len(notes) - NOTES_MAX:,} other words of the column.")


def no_words(rows: int, blank: T) -> Words[T]:
    """Return a column that the file does not have."""
    return Words([blank], np.zeros(rows, dtype=np.int32))
