"""What a unit of an instrument grew to, dividends and splits counted, so that returns mean the same everywhere."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from application.market.history import Bars, CorporateAction, Floats

Index: TypeAlias = NDArray[np.intp]


def growth(bars: Bars, actions: Sequence[CorporateAction]) -> Floats:
    """Return what one unit of currency in each listing grew to: 1 on its first bar, NaN before, carried forward.

    Shape (n_days, n_listings), in the listing's currency, dividends reinvested. Where the adjusted close differs
    from the close it says so itself; elsewhere splits and dividends of `actions` are counted. An ex-date without a
    bar counts on the next bar.
    """
    unknown = np.isnan(bars.adjusted)
    adjusted = np.where(unknown, bars.close, bars.adjusted) if unknown.any() else bars.adjusted
    known = ~np.isnan(adjusted)
    if not known.any():
        return adjusted
    first = adjusted[known.argmax(axis=0), np.arange(adjusted.shape[1])]
    grown: Floats = carried_forward(adjusted) / first
    for at in _acted(bars, actions):
        grown[:, [at]] = _counted(bars, actions, at)
    return grown


def _acted(bars: Bars, actions: Sequence[CorporateAction]) -> list[int]:
    """Columns of listings that split or paid."""
    named = {one.listing_id for one in actions}
    return [at for at, listing in enumerate(bars.listing_ids) if listing in named]


def _counted(bars: Bars, actions: Sequence[CorporateAction], at: int) -> Floats:
    """Growth of one listing, its splits and dividends counted where its adjusted close does not; one column."""
    own = Bars(
        listing_ids=bars.listing_ids[at : at + 1],
        days=bars.days,
        close=bars.close[:, [at]],
        adjusted=bars.adjusted[:, [at]],
        volume=bars.volume[:, [at]],
    )
    grown: Floats = np.full(own.close.shape, np.nan)
    split, dividend = _by_day(own, actions)
    for columns, traded in _alike(own.close):
        ratios = _ratios(own, columns, traded, split, dividend)
        grown[traded, 0] = np.concatenate(([1.0], np.cumprod(ratios[:, 0])))
    return carried_forward(grown)


def income(bars: Bars, actions: Sequence[CorporateAction]) -> Floats:
    """Return dividends per unit by bar day, in the listing's currency: shape (n_days, n_listings), 0 without any.

    Units are those held on the day, splits counted. Where nothing but the adjusted close knows of a dividend,
    it is what the adjusted close grew by beyond the close.
    """
    paid: Floats = np.zeros(bars.close.shape)
    if not actions and np.array_equal(bars.adjusted, bars.close, equal_nan=True):
        return paid
    split, dividend = _by_day(bars, actions)
    for columns, traded in _alike(bars.close):
        close, splits = bars.close[np.ix_(traded, columns)], split[np.ix_(traded[1:], columns)]
        ratios = _ratios(bars, columns, traded, split, dividend)
        implied = (ratios * close[:-1] / splits) - close[1:]
        known = np.where(np.abs(implied) > 1e-9 * close[:-1], implied, 0.0)
        paid[np.ix_(traded[1:], columns)] = known
    return paid


def carried_forward(values: Floats) -> Floats:
    """Fill each gap in a column with the value before it; what lies before the first value stays NaN."""
    gaps = np.flatnonzero(np.isnan(values).any(axis=0))
    if not gaps.size:
        return values
    part = values[:, gaps]
    at = np.where(np.isnan(part), 0, np.arange(len(part))[:, None])
    filled: Floats = values.copy()
    filled[:, gaps] = np.take_along_axis(part, np.maximum.accumulate(at, axis=0), axis=0)
    return filled


def _alike(close: Floats) -> Iterator[tuple[Index, Index]]:
    """Columns with a bar on every day together, the others one by one; each with the rows that have bars."""
    has = ~np.isnan(close)
    whole = np.asarray(has.all(axis=0)) & (len(close) > 0)
    if whole.any():
        yield np.flatnonzero(whole), np.arange(len(close))
    for at in np.flatnonzero(has.any(axis=0) & ~whole):
        yield np.array([at]), np.flatnonzero(has[:, at])


def _ratios(bars: Bars, columns: Index, traded: Index, split: Floats, dividend: Floats) -> Floats:
    """Growth from each bar to the next, shape (n_traded - 1, n_columns)."""
    close = bars.close[np.ix_(traded, columns)]
    adjusted = bars.adjusted[np.ix_(traded, columns)]
    adjusted = np.where(np.isnan(adjusted), close, adjusted)
    plain = (adjusted[1:] == close[1:]) & (adjusted[:-1] == close[:-1])
    later = np.ix_(traded[1:], columns)
    counted = (close[1:] + dividend[later]) * split[later] / close[:-1]
    ratios: Floats = np.where(plain, counted, adjusted[1:] / adjusted[:-1])
    return ratios


def _by_day(bars: Bars, actions: Sequence[CorporateAction]) -> tuple[Floats, Floats]:
    """Splits (factors) and dividends (per unit) of each listing on the bar day they count on."""
    split, dividend = np.ones(bars.close.shape), np.zeros(bars.close.shape)
    columns = {listing: at for at, listing in enumerate(bars.listing_ids)}
    for action in actions:
        at = columns.get(action.listing_id)
        day = None if at is None else _counts_on(bars, at, np.datetime64(action.ex_date, "D"))
        if at is None or day is None:
            continue
        if action.kind == "split":
            split[day, at] *= float(action.value)
        else:
            dividend[day, at] += float(action.value)
    return split, dividend


def _counts_on(bars: Bars, at: int, ex_date: np.datetime64) -> int | None:
    """First bar of the listing on or after the ex-date; None where there is no bar before or after it."""
    traded = np.flatnonzero(~np.isnan(bars.close[:, at]))
    found = int(np.searchsorted(bars.days[traded], ex_date))
    return int(traded[found]) if 0 < found < traded.size else None
