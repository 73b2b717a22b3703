"""The figures of a portfolio that stand in lists, from its book."""

from datetime import date

import numpy as np

from analytics.performance.growth import total_return
from application.market.history import Floats
from application.performance.against import INCOMPLETE, Benchmark, returns_on
from application.performance.track import Track, as_date, track_of
from application.valuation.book import Book, Mask
from domain.headline import Headline
from domain.unavailable import Missing

TOO_SHORT = Missing(code="too_short", detail="There is no earlier day to compare with.")
NO_VALUE = Missing(code="no_value", detail="There was no positive value to earn on.")


def year_start(day: date) -> date:
    """Return the day of the opening valuation of a year to date: the last one of the year before."""
    return date(day.year - 1, 12, 31)


def headline(book: Book, benchmark: Benchmark) -> Headline:
    """Return the headline of a book's last day; the book begins by the end of last year or with the portfolio."""
    unavailable: dict[str, Missing] = {}
    as_of = as_date(book.days[-1])
    change = _day_change(book, unavailable)
    own, other = _year_to_date(book, benchmark, as_of)
    if own is None:
        unavailable["ytd_return"] = TOO_SHORT if len(book.days) < 2 else NO_VALUE
    if own is None or other is None:
        reason = benchmark.missing or (INCOMPLETE if own is not None else unavailable["ytd_return"])
        unavailable["active_return_ytd"] = reason
    return Headline(
        as_of=as_of,
        total_value=book.worth,
        day_change=change[0],
        day_change_percent=change[1],
        ytd_return=own,
        active_return_ytd=None if own is None or other is None else own - other,
        unavailable=unavailable,
    )


def _day_change(book: Book, unavailable: dict[str, Missing]) -> tuple[float | None, float | None]:
    if len(book.days) < 2:
        unavailable |= dict.fromkeys(("day_change", "day_change_percent"), TOO_SHORT)
        return None, None
    before, change = float(book.total[-2]), float(book.total_before[-1] - book.total[-2])
    if before <= 0:
        unavailable["day_change_percent"] = NO_VALUE
        return change, None
    return change, change / before * 100


def _year_to_date(book: Book, benchmark: Benchmark, as_of: date) -> tuple[float | None, float | None]:
    opening = np.datetime64(year_start(as_of), "D")
    track = track_of(book)
    this_year = np.asarray(track.days > opening)
    return linked(track, this_year, track.returns), linked(
        track, this_year, returns_on(track, benchmark.path)
    )


def linked(track: Track, chosen: Mask, returns: Floats) -> float | None:
    """Compound some rows of a series, those left out that the portfolio has no return in; None if one is unknown."""
    counted = returns[chosen & ~np.isnan(track.returns)]
    return None if not len(counted) or np.isnan(counted).any() else total_return(counted)
