"""The date a file speaks for, from its title line, its footer or its report-date column."""

import re
from collections.abc import Iterable
from datetime import date

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january janvier januari enero",
            "feb februar february février februari febrero",
            "mar märz march mars maart marzo mrz",
            "apr april avril abril",
            "may mai mei mayo",
            "jun juni june juin junio",
            "jul juli july juillet julio",
            "aug august août augustus agosto",
            "sep sept september septembre septiembre",
            "oct okt oktober october octobre octubre",
            "nov november novembre noviembre",
            "dec dez dezember december décembre diciembre",
        ),
        start=1,
    )
    for name in names.split()
}
_YEAR_FIRST = re.compile(r"(?<![0-9])(20[0-9]{2})([-/.]?)([0-9]{2})\2([0-9]{2})(?![0-9])")
_YEAR_LAST = re.compile(r"(?<![0-9])([0-9]{1,2})([-/.])([0-9]{1,2})\2(20[0-9]{2})(?![0-9])")
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,10})\.?[-\s]+([0-9]{1,2})(?:st|nd|rd|th)?,?[-\s]+(20[0-9]{2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})\.?[-\s]+([^\W\d_]{3,10})\.?,?[-\s]+(20[0-9]{2})")


def dates_in(text: str) -> list[date]:
    """Return every reading of the last date in a text: two for 03/04/2025, none without a date."""
    readings = [*_year_first(text), *_year_last(text), *_named(text)]
    if not readings:
        return []
    last = max(place for place, _ in readings)
    return sorted({day for place, day in readings if place == last})


def the_date(texts: Iterable[str]) -> date | None:
    """Return the one date that all texts of a column can mean, None when they differ or stay unclear.

    03/04/2025 beside 03/14/2025 differ in day; they do not make one date, so the column has none.
    """
    common: set[date] | None = None
    for text in texts:
        readings = set(dates_in(text))
        common = readings if common is None else common & readings
    return common.pop() if common and len(common) == 1 else None


def _day(year: str, month: int | str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _year_first(text: str) -> Iterable[tuple[int, date]]:
    for match in _YEAR_FIRST.finditer(text):
        if day := _day(match[1], match[3], match[4]):
            yield match.start(), day


def _year_last(text: str) -> Iterable[tuple[int, date]]:
    for match in _YEAR_LAST.finditer(text):
        day_month = _day(match[4], match[3], match[1])
        month_day = _day(match[4], match[1], match[3]) if match[2] != "." else None
        yield from ((match.start(), day) for day in (day_month, month_day) if day)


def _named(text: str) -> Iterable[tuple[int, date]]:
    for match in _MONTH_FIRST.finditer(text):
        month = MONTHS.get(match[1].casefold())
        if month and (day := _day(match[3], month, match[2])):
            yield match.start(), day
    for match in _DAY_FIRST.finditer(text):
        month = MONTHS.get(match[2].casefold())
        if month and (day := _day(match[3], month, match[1])):
            yield match.start(), day
