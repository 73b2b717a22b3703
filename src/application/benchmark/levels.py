"""A benchmark's returns from its level series."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from application.benchmark.structure import BenchmarkPath
from application.market.history import BenchmarkData, Days, Flag, Floats, MarketHistory
from application.market.quotes import Listing
from application.valuation.book import Mask
from application.valuation.instrument_growth import growth

LEAD = timedelta(days=14)
STALE = np.timedelta64(7, "D")
ENDED = np.timedelta64(31, "D")
"""How long a price stands where none follows: longer, and a benchmark would seem to rest where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """What listings grew to on asked days, in their own currencies and in one; NaN before their first bar."""

    days: Days
    local: Floats
    converted: Floats
    newest_bar: Days


async def read_levels(
    history: MarketHistory,
    tenant: str,
    listings: list[Listing],
    currency: str,
    days: Days,
    known_at: datetime | None,
) -> Levels:
    """Read the growth of listings on ascending days; a listing without a currency is in the asked one."""
    ids = [one.listing_id for one in listings]
    first, last = as_date(days[0]), as_date(days[-1])
    bars = await history.bars(tenant, ids, start=first - LEAD, end=last, known_at=known_at, volume=False)
    actions = await history.actions(tenant, ids, known_at=known_at)
    columns = {listing: at for at, listing in enumerate(bars.listing_ids)}
    order = [columns[one] for one in ids]
    local = _sampled(growth(bars, actions)[:, order], bars.days, days)
    sources = {one.currency for one in listings if one.currency} - {currency}
    rates = await history.exchange_rates(tenant, sources, currency, days, known_at=known_at)
    none = np.full(len(days), np.nan)
    fx = [rates[one].rates if one in rates else none for one in sorted(sources)]
    by_currency = {**dict(zip(sorted(sources), fx, strict=True)), currency: np.ones(len(days))}
    converted = local * np.column_stack([by_currency[one.currency or currency] for one in listings])
    traded = ~np.isnan(bars.close[:, order])
    newest = np.array([_newest(bars.days, traded[:, at]) for at in range(len(ids))], dtype="datetime64[D]")
    return Levels(days=days, local=local, converted=converted, newest_bar=newest)


async def level_path(
    history: MarketHistory,
    tenant: str,
    data: BenchmarkData,
    currency: str,
    days: Days,
    known_at: datetime | None,
) -> BenchmarkPath | None:
    """Return the path of a benchmark's level series; None where no return on these days is known."""
    if data.listing is None:
        return None
    levels = await read_levels(history, tenant, [data.listing], currency, days, known_at)
    known = np.where(ended(levels, days)[:, 0], np.nan, levels.converted[:, 0])
    returns = np.concatenate(([np.nan], known[1:] / known[:-1] - 1))
    if len(days) > 1 and np.isnan(returns[1:]).all():
        return None
    nobody = np.zeros((len(days), 0))
    return BenchmarkPath(
        ticker=data.ticker,
        series="levels",
        level_ticker=data.listing.ticker,
        source=data.source,
        note=data.note,
        currency=currency,
        days=days,
        returns=returns,
        members=(),
        weights=nobody,
        member_returns=nobody,
        local_returns=nobody,
        flags=stale_flags([data.listing], levels),
    )


def ended(levels: Levels, days: Days) -> Mask:
    """Return whether each listing's newest bar is too old on each day to stand; shape (n_days, n_listings)."""
    late: Mask = days[:, None] - levels.newest_bar[None, :] > ENDED
    return late


def stale_flags(listings: list[Listing], levels: Levels) -> tuple[Flag, ...]:
    """Name listings whose newest bar is more than a week older than the last day."""
    return tuple(
        Flag(ticker=one.ticker, code="stale", detail=f"The newest price of {one.ticker} is of {day}.")
        for one, day in zip(listings, levels.newest_bar, strict=True)
        if levels.days[-1] - day > STALE
    )


def as_date(day: np.datetime64) -> date:
    """Return a day as Python's date."""
    found: date = day.astype("datetime64[D]").item()
    return found


def _sampled(grown: Floats, bar_days: Days, days: Days) -> Floats:
    at = np.searchsorted(bar_days, days, side="right") - 1
    found = np.full((len(days), grown.shape[1]), np.nan)
    found[at >= 0] = grown[at[at >= 0]]
    return found


def _newest(days: Days, traded: np.ndarray) -> np.datetime64:
    return days[np.flatnonzero(traded)[-1]] if traded.any() else np.datetime64("NaT")
