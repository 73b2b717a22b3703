"""Columns of dates: ISO first, and where they are written otherwise, one reading for the whole column."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from application.positions.file import FileRefused
from infrastructure.imports.dates import MONTHS

EPOCH: Final = date(1970, 1, 1).toordinal()
_ISO: Final = re.compile(r"([0-9]{4})([-/.]?)([0-9]{1,2})\2([0-9]{1,2})(?:[T ][0-9:.+\-Z ]*)?")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(?: [0-9:.]+(?: ?[AP]M)?)?", re.I)
_DAY_NAMED: Final = re.compile(r"([0-9]{1,2})\.?[-/ ]([^\W\d_]{3,10})\.?,?[-/ ]([0-9]{4})")
_MONTH_NAMED: Final = re.compile(r"([^\W\d_]{3,10})\.? ([0-9]{1,2}),? ([0-9]{4})")


class Read(NamedTuple):
    """The readings of one text: as day before month, and as month before day; the same where only one is sense."""

    day_first: date | None
    month_first: date | None


def read_days(texts: Sequence[str], today: date) -> list[date | None]:
    """Return the day of each text of one column, None for what is no date.

    Raises
    ------
    FileRefused
        422 `ambiguous_dates` where 03/04/2025 may be March or April, and no other date of the column tells.
    """
    readings = [_read(text.strip()) for text in texts]
    day_first = _day_comes_first(readings, today)
    return [one.day_first if day_first else one.month_first for one in readings]


def _day_comes_first(readings: list[Read], today: date) -> bool:
    ambiguous = [one for one in readings if one.day_first != one.month_first]
    if not ambiguous:
        return True
    by_day = sum(1 for one in ambiguous if one.month_first is None)
    by_month = sum(1 for one in ambiguous if one.day_first is None)
    if by_day == by_month:
        by_day = sum(_is_past(one.day_first, today) for one in ambiguous)
        by_month = sum(_is_past(one.month_first, today) for one in ambiguous)
    if by_day == by_month:
        raise FileRefused(422, "ambiguous_dates", f"{_why(ambiguous)}. Write dates as 2025-04-03.")
    return by_day > by_month


def _why(ambiguous: list[Read]) -> str:
    example = next((one for one in ambiguous if None not in one), None)
    if example is None:
        return "Some dates of the column have the day first, and as many the month"
    return f"A date may be {example.day_first} or {example.month_first}, and no other date of the column says which"


def _is_past(day: date | None, today: date) -> bool:
    return day is not None and day <= today


def _read(text: str) -> Read:
    if found := _ISO.fullmatch(text):
        if found[2] or len(text) == 8:
            return _one(_day(found[1], found[3], found[4]))
        return Read(None, None)
    if found := _YEAR_LAST.fullmatch(text):
        day_first = _day(found[4], found[3], found[1])
        return Read(day_first, day_first if found[2] == "." else _day(found[4], found[1], found[3]))
    if found := _DAY_NAMED.fullmatch(text):
        return _one(_day(found[3], MONTHS.get(found[2].casefold(), 0), found[1]))
    if found := _MONTH_NAMED.fullmatch(text):
        return _one(_day(found[3], MONTHS.get(found[1].casefold(), 0), found[2]))
    return Read(None, None)


def _one(day: date | None) -> Read:
    return Read(day, day)


def _day(year: str, month: int | str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
