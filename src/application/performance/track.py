"""The returns of a book, linked: daily where prices are, over the stretch between valuations where they are not."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.performance.linked import SubPeriod, sub_periods
from application.market.history import Days, Floats
from application.valuation.book import Book, Mask

FRESH = np.timedelta64(7, "D")
"""A price is taken to be of the day for this long; weekends and holidays are shorter."""
STALE_SHARE = 0.05
"""Share of value with older prices from which a day counts as not valued."""
DUST = 1e-9
"""Share of the largest value below which a flow is what rounding left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What is measured: arrays of shape (n_rows,), of which the first row is the opening valuation.

    rows : the book's days that count as valued, by their index.
    flow : external flows since the row before, positive into the portfolio.
    returns : simple return since the row before, a fraction; NaN in the first row and where there is none.
    stretches : rows (by index) whose return is a Modified Dietz one, with what it was made of.
    """

    rows: NDArray[np.intp]
    days: Days
    value: Floats
    flow: Floats
    returns: Floats
    stretches: dict[int, SubPeriod]


def track_of(book: Book) -> Track:
    """Return the linked returns of a book.

    A flow on a day without fresh prices has no valuation to divide by: the return of the stretch around it, from
    the valued day before to the next one, is then a Modified Dietz return. A day after one without a positive
    value has no return; it is left out of what is linked, the benchmark's side included.
    """
    total, flows = book.total, clean_flows(book)
    kept = np.flatnonzero(_counted(book, flows))
    returns: Floats = book.returns[kept]
    stretches: dict[int, SubPeriod] = {}
    flow = flows[kept]
    for at in (np.flatnonzero(np.diff(kept) > 1) + 1).tolist():
        stretch = _stretch(book, flows, int(kept[at - 1]), int(kept[at]))
        returns[at], flow[at], stretches[at] = stretch.result, stretch.flow, stretch
    returns[0] = np.nan
    return Track(
        rows=kept, days=book.days[kept], value=total[kept], flow=flow, returns=returns, stretches=stretches
    )


def clean_flows(book: Book) -> Floats:
    """Flows of each day without what rounding left; the first row's are those of before and are zero."""
    flows = book.flows.copy()
    flows[0] = 0.0
    scale = max(float(np.abs(book.total).max()), float(np.abs(book.total_before).max()))
    flows[np.abs(flows) <= DUST * scale] = 0.0
    return flows


def _counted(book: Book, flows: Floats) -> Mask:
    """Days that are valued, or need no valuation because nothing flowed; the first and the last always count."""
    counted = (flows == 0) | ~_stale(book)
    counted[[0, -1]] = True
    return np.asarray(counted, dtype=np.bool_)


def _stale(book: Book) -> Mask:
    """Days on which too much of what was held has no price of the last days."""
    if book.priced_on is None:
        return np.zeros(len(book.days), dtype=np.bool_)
    value = np.abs(book.value_before)
    old = value * (book.days[:, None] - book.priced_on > FRESH)
    whole = value.sum(axis=1) + np.abs(np.nan_to_num(book.cash_before * book.cash_rate)).sum(axis=1)
    return np.asarray(old.sum(axis=1) > STALE_SHARE * whole, dtype=np.bool_)


def _stretch(book: Book, flows: Floats, first: int, last: int) -> SubPeriod:
    ends = [(as_date(book.days[at]), float(book.total[at])) for at in (first, last)]
    between = [(as_date(book.days[at]), float(flows[at])) for at in range(first + 1, last + 1) if flows[at]]
    return sub_periods(ends, between)[0]


def as_date(day: np.datetime64) -> date:
    """Return a day of an array as a date."""
    found: date = day.astype("datetime64[D]").item()
    return found
