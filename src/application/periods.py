"""Periods by name: `ytd`, `1y`, `q1_2025`, `2024`, and those between two days."""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import msgspec

from domain.errors import Refused, Violation

DAY: Final = timedelta(days=1)
EARLIEST_YEAR: Final = 1900
NAMES: Final = (
    "ytd, mtd, qtd, inception (or max), a length such as 1m, 3m, 6m, 1y or 5y, a year such as 2024, a quarter such "
    "as q1_2025, a half such as h1_2025 or a month such as 2024-03"
)


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """From the close of `start`, the day of the opening valuation, to the close of `end`."""

    label: str
    start: date
    end: date


def period_of(text: str, *, end: date, inception: date, field: str = "period") -> Period:
    """Return the period that a text names, as far as the data go.

    end : newest day that can be valued; a period that is not over ends there.
    inception : first day anything was held; nothing begins before it.

    Raises Refused where the text names no period, or one that lies outside of what is known.
    """
    name = text.strip().casefold()
    asked = _to_date(name, end, inception) or _length(name, end) or _named(name)
    if asked is None:
        detail = f"`{text}` is no period: expected {NAMES}."
        raise Refused(detail, violations=[Violation(field, "unknown_value", detail)])
    return _cut(name, *asked, end=end, inception=inception, field=field)


def between(first: date | None, last: date | None, *, end: date, inception: date) -> Period:
    """Return the period from the close of one day to the close of another, `inception` and `end` by default.

    Labelled `inception` where neither day is given, else `custom`.

    Raises Refused where the first day comes after the last one, or both lie outside of what is known.
    """
    if first is not None and last is not None and first > last:
        detail = f"from {first.isoformat()} comes after to {last.isoformat()}."
        raise Refused(detail, violations=[Violation("from", "out_of_order", detail)])
    field = "from" if first is not None and first > end else "to"
    label = "inception" if first is None and last is None else "custom"
    return _cut(label, first or inception, last or end, end=end, inception=inception, field=field)


def _cut(label: str, start: date, last: date, *, end: date, inception: date, field: str) -> Period:
    if start > end or (start == end > inception and label != "custom"):
        detail = f"The period begins on {start.isoformat()}, and nothing is known after {end.isoformat()}."
        raise Refused(detail, violations=[Violation(field, "out_of_range", detail)])
    if last < inception:
        detail = (
            f"The period ends on {last.isoformat()}, and nothing was held before {inception.isoformat()}."
        )
        raise Refused(detail, violations=[Violation(field, "out_of_range", detail)])
    return Period(label=label, start=max(start, inception), end=min(last, end))


def _to_date(name: str, end: date, inception: date) -> tuple[date, date] | None:
    """The opening valuation is the close of the day before the period's first."""
    quarter = end.replace(month=(end.month - 1) // 3 * 3 + 1, day=1)
    starts: dict[str, Callable[[], date]] = {
        "ytd": lambda: end.replace(month=1, day=1) - DAY,
        "qtd": lambda: quarter - DAY,
        "mtd": lambda: end.replace(day=1) - DAY,
        "max": lambda: inception,
        "inception": lambda: inception,
    }
    return (starts[name](), end) if name in starts else None


def _length(name: str, end: date) -> tuple[date, date] | None:
    match = re.fullmatch(r"([1-9]\d{0,2})([dwmy])", name)
    if match is None:
        return None
    count, unit = int(match[1]), match[2]
    if unit in "dw":
        return end - timedelta(days=count * (7 if unit == "w" else 1)), end
    return _months_before(end, count * (12 if unit == "y" else 1)), end


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or its last where that month is shorter."""
    at = max(day.year * 12 + day.month - 1 - months, EARLIEST_YEAR * 12)
    year, month = divmod(at, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _named(name: str) -> tuple[date, date] | None:
    """Years, halves, quarters and months of the calendar."""
    if match := re.fullmatch(r"(\d{4})", name):
        return _months(int(match[1]), 1, 12)
    if match := re.fullmatch(r"q([1-4])_(\d{4})", name):
        return _months(int(match[2]), int(match[1]) * 3 - 2, 3)
    if match := re.fullmatch(r"h([12])_(\d{4})", name):
        return _months(int(match[2]), int(match[1]) * 6 - 5, 6)
    if match := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", name):
        return _months(int(match[1]), int(match[2]), 1)
    return None


def _months(year: int, month: int, count: int) -> tuple[date, date] | None:
    if not EARLIEST_YEAR <= year < date.max.year:
        return None
    last = month + count - 1
    return date(year, month, 1) - DAY, date(year, last, calendar.monthrange(year, last)[1])
