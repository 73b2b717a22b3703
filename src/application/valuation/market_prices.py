"""Market prices of listings on any days, from their bars."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from application.market.history import Bars, CorporateAction, Days, Floats, MarketHistory
from application.valuation.instrument_growth import income
from application.valuation.splits import Splits

LOOKBACK = timedelta(days=40)
"""Bars before the first day that are read at once; a listing without any in them is read further back."""
NEVER = np.datetime64("0001-01-01", "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPrices:
    """Bars of listings with what lies before them.

    earlier, earlier_day : shape (n_listings,): newest close before the bars that were read, NaN and NEVER where
    there is none or the bars reach back to it. income : dividends per unit by bar day.
    """

    bars: Bars
    splits: Splits
    income: Floats
    earlier: Floats
    earlier_day: Days

    def on(self, days: Days) -> tuple[Floats, Days]:
        """Return newest closes on or before each day, in the units of that day, and the days they are of.

        Shape (n_days, n_listings); NaN and NEVER where there is none yet.
        """
        count = len(self.bars.listing_ids)
        if not len(self.bars.days):
            shape = (len(days), count)
            return np.broadcast_to(self.earlier, shape).copy(), np.broadcast_to(
                self.earlier_day, shape
            ).copy()
        at = np.where(np.isnan(self.bars.close), -1, np.arange(len(self.bars.days))[:, None])
        np.maximum.accumulate(at, axis=0, out=at)
        row = np.searchsorted(self.bars.days, days, side="right") - 1
        newest = np.where(row[:, None] < 0, -1, at[np.maximum(row, 0)])
        known = newest >= 0
        close = np.take_along_axis(self.bars.close, np.maximum(newest, 0), axis=0)
        prices = np.where(known, close, self.earlier)
        priced_on = np.where(known, self.bars.days[np.maximum(newest, 0)], self.earlier_day)
        for column, listing_id in enumerate(self.bars.listing_ids):
            if listing_id in self.splits:
                then = self.splits.factor(listing_id, priced_on[:, column])
                prices[:, column] *= then / self.splits.factor(listing_id, days)
        return prices, priced_on

    def income_on(self, days: Days) -> Floats:
        """Return dividends per unit on each day, shape (n_days, n_listings); days without a bar have none."""
        paid = np.zeros((len(days), len(self.bars.listing_ids)))
        _, ours, theirs = np.intersect1d(days, self.bars.days, assume_unique=True, return_indices=True)
        paid[ours] = self.income[theirs]
        return paid


async def read_prices(
    history: MarketHistory,
    tenant: str,
    listing_ids: Sequence[int],
    *,
    start: date,
    end: date,
    known_at: datetime | None,
) -> MarketPrices:
    """Read what prices of listings are needed from `start` to `end`."""
    ids = tuple(listing_ids)
    actions: list[CorporateAction] = []
    bars = _no_bars()
    if ids:
        bars = await history.bars(
            tenant, ids, start=start - LOOKBACK, end=end, known_at=known_at, volume=False
        )
        actions = await history.actions(tenant, ids, known_at=known_at)
    prices = MarketPrices(
        bars=bars,
        splits=Splits(actions),
        income=income(bars, actions),
        earlier=np.full(len(ids), np.nan),
        earlier_day=np.full(len(ids), NEVER),
    )
    late = _late(bars, start)
    if not late:
        return prices
    before = start - LOOKBACK - timedelta(days=1)
    rest = await history.bars(tenant, late, end=before, known_at=known_at, volume=False)
    return _with_earlier(prices, rest)


def _no_bars() -> Bars:
    nothing = np.empty((0, 0))
    days = np.empty(0, dtype="datetime64[D]")
    return Bars(listing_ids=(), days=days, close=nothing, adjusted=nothing, volume=nothing)


def _late(bars: Bars, start: date) -> list[int]:
    """Listings that have no bar on or before the first day among those that were read."""
    until = int(np.searchsorted(bars.days, np.datetime64(start, "D"), side="right"))
    early = np.asarray((~np.isnan(bars.close[:until])).any(axis=0))
    return [bars.listing_ids[at] for at in np.flatnonzero(~early).tolist()]


def _with_earlier(prices: MarketPrices, rest: Bars) -> MarketPrices:
    earlier, earlier_day = prices.earlier.copy(), prices.earlier_day.copy()
    columns = {listing_id: at for at, listing_id in enumerate(prices.bars.listing_ids)}
    for at, listing_id in enumerate(rest.listing_ids):
        traded = np.flatnonzero(~np.isnan(rest.close[:, at]))
        if traded.size:
            earlier[columns[listing_id]] = rest.close[traded[-1], at]
            earlier_day[columns[listing_id]] = rest.days[traded[-1]]
    return replace(prices, earlier=earlier, earlier_day=earlier_day)
