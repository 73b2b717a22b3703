"""The bars of one listing as arrays: revisions laid over each other, and what is adjusted completed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from itertools import pairwise

import numpy as np

from application.market.history import CorporateAction, Days, Floats
from infrastructure.marketdata.ecb import PENCE

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class BarSeries:
    """Bars of one listing, days ascending; `adjusted` and `volume` are NaN where nothing is known of them."""

    days: Days
    close: Floats
    adjusted: Floats
    volume: Floats

    @property
    def n_bytes(self) -> int:
        """Memory that the arrays take."""
        return self.days.nbytes + self.close.nbytes + self.adjusted.nbytes + self.volume.nbytes


NO_BARS = BarSeries(np.empty(0, "datetime64[D]"), np.empty(0), np.empty(0), np.empty(0))


def joined(parts: Sequence[BarSeries]) -> BarSeries:
    """Return parts as one series, each laid over those before it."""
    if len(parts) < 2:
        return parts[0] if parts else NO_BARS
    if all(later.days[0] > earlier.days[-1] for earlier, later in pairwise(parts)):
        return BarSeries(
            np.concatenate([part.days for part in parts]),
            np.concatenate([part.close for part in parts]),
            np.concatenate([part.adjusted for part in parts]),
            np.concatenate([part.volume for part in parts]),
        )
    return reduce(overlaid, parts)


def overlaid(older: BarSeries, newer: BarSeries) -> BarSeries:
    """Return a series whose bars are the newer ones, and the older ones on other days.

    A newer bar that names no adjusted price keeps the ratio that the older one had: a corrected close moves both.
    """
    if not len(older.days) or not len(newer.days):
        return newer if len(newer.days) else older
    if newer.days[0] > older.days[-1]:
        return joined([older, newer])
    days = np.union1d(older.days, newer.days)
    before, after = np.searchsorted(days, older.days), np.searchsorted(days, newer.days)
    close, adjusted, volume = (np.full(len(days), np.nan) for _ in range(3))
    close[before], adjusted[before], volume[before] = older.close, older.adjusted, older.volume
    ratio = _ratio(adjusted[after], close[after])
    close[after], volume[after] = newer.close, newer.volume
    adjusted[after] = np.where(np.isnan(newer.adjusted), newer.close * ratio, newer.adjusted)
    return BarSeries(days, close, adjusted, volume)


def completed(series: BarSeries, actions: Sequence[CorporateAction], currency: str | None) -> BarSeries:
    """Return a series that has an adjusted price everywhere.

    Where the source names none, it grows from one bar to the next by (close + dividend) · split / close before, from
    the last adjusted price that is known; where none is known at all, it equals the newest close.
    """
    unknown = np.isnan(series.adjusted)
    if not unknown.any():
        return series
    if not actions and unknown.all():
        return BarSeries(series.days, series.close, series.close, series.volume)
    growth = np.cumprod(_growth(series, actions, currency))
    ratio = _carried(_ratio(series.adjusted, series.close * growth))
    ratio[np.isnan(ratio)] = 1 / growth[-1]
    adjusted = np.where(unknown, series.close * (growth * ratio), series.adjusted)
    return BarSeries(series.days, series.close, adjusted, series.volume)


def _growth(series: BarSeries, actions: Iterable[CorporateAction], currency: str | None) -> Floats:
    growth = np.ones(len(series.days))
    for action in actions:
        place = int(np.searchsorted(series.days, np.datetime64(action.ex_date, "D")))
        if not 0 < place < len(series.days):
            continue
        if action.kind == "split":
            growth[place] *= float(action.value)
        elif series.close[place] > 0:
            growth[place] *= 1 + _in_units_of(currency, action) / series.close[place]
    return growth


def _in_units_of(currency: str | None, dividend: CorporateAction) -> float:
    """Value of a dividend in the listing's currency; 0 where it is paid in another one."""
    if dividend.currency is None or currency is None:
        return float(dividend.value)
    paid, paid_unit = PENCE.get(dividend.currency, (dividend.currency, ONE))
    quoted, quoted_unit = PENCE.get(currency, (currency, ONE))
    return float(dividend.value * paid_unit / quoted_unit) if paid == quoted else 0.0


def _ratio(adjusted: Floats, close: Floats) -> Floats:
    """Adjusted price over close; unknown where the close is nothing."""
    ratio = np.full(len(close), np.nan)
    np.divide(adjusted, close, out=ratio, where=close != 0)
    return ratio


def _carried(values: Floats) -> Floats:
    """Fill unknown values with the last known one, and those before the first with the first."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return values
    last = np.searchsorted(known, np.arange(len(values)), side="right") - 1
    filled: Floats = values[known[np.maximum(last, 0)]]
    return filled
