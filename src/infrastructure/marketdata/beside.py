"""Series of several listings beside each other, on the union of their days."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from application.market.history import Bars, Days, Floats
from infrastructure.marketdata.series import BarSeries


def beside(
    ids: Sequence[int],
    series: Sequence[BarSeries],
    start: date | None = None,
    end: date | None = None,
    *,
    volume: bool = True,
) -> Bars:
    """Return the bars between two days, both included, NaN where a listing has none.

    volume : whether volumes are laid beside each other too; those who do not need them save a third.
    """
    if series and all(one.days is series[0].days for one in series):
        return _alike(ids, series, _window(series[0].days, start, end), volume)
    parts = [_between(one, start, end) for one in series]
    days = _union([part.days for part in parts])
    places = [None if len(part.days) == len(days) else np.searchsorted(days, part.days) for part in parts]
    close = _columns(len(days), places, [part.close for part in parts])
    return Bars(
        listing_ids=tuple(ids),
        days=days,
        close=close,
        adjusted=_columns(len(days), places, [part.adjusted for part in parts]),
        volume=_columns(len(days), places, [part.volume for part in parts]) if volume else _unknown(close),
    )


def _alike(ids: Sequence[int], series: Sequence[BarSeries], window: slice, volume: bool) -> Bars:
    """Return bars of listings that share one array of days, as most of one exchange do."""
    close = np.array([one.close[window] for one in series]).T
    plain = all(one.adjusted is one.close for one in series)
    return Bars(
        listing_ids=tuple(ids),
        days=series[0].days[window],
        close=close,
        adjusted=close if plain else np.array([one.adjusted[window] for one in series]).T,
        volume=np.array([one.volume[window] for one in series]).T if volume else _unknown(close),
    )


def _unknown(like: Floats) -> Floats:
    """Return NaN everywhere, in no memory of its own."""
    return np.broadcast_to(np.nan, like.shape)


def _window(days: Days, start: date | None, end: date | None) -> slice:
    first = 0 if start is None else int(np.searchsorted(days, np.datetime64(start, "D")))
    last = len(days) if end is None else int(np.searchsorted(days, np.datetime64(end, "D"), side="right"))
    return slice(first, last)


def _between(series: BarSeries, start: date | None, end: date | None) -> BarSeries:
    window = _window(series.days, start, end)
    return BarSeries(
        series.days[window], series.close[window], series.adjusted[window], series.volume[window]
    )


def _union(many: Sequence[Days]) -> Days:
    """Return all days that occur; by marking them, since most listings trade on the same ones."""
    ordinals = [days.astype(np.int64) for days in many if len(days)]
    if not ordinals:
        return np.empty(0, "datetime64[D]")
    first = min(days[0] for days in ordinals)
    occurs = np.zeros(max(days[-1] for days in ordinals) - first + 1, dtype=np.bool_)
    for days in ordinals:
        occurs[days - first] = True
    union: Days = (np.flatnonzero(occurs) + first).astype("datetime64[D]")
    return union


def _columns(n_days: int, places: Sequence[NDArray[np.intp] | None], columns: Sequence[Floats]) -> Floats:
    matrix = np.full((len(columns), n_days), np.nan)
    for row, place, column in zip(matrix, places, columns, strict=True):
        if place is None:
            row[:] = column
        else:
            row[place] = column
    return matrix.T
