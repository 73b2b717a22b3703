"""Everything that a risk snapshot is computed from, read once."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from application.benchmark.kept import PathOf
from application.benchmark.path import BenchmarkPath, benchmark_path
from application.market.history import (
    BenchmarkData,
    Days,
    Flag,
    Floats,
    MarketHistory,
    RiskFreeRate,
    YieldSeries,
)
from application.risk.compared import compared_with
from application.valuation.book import Book
from application.valuation.current_returns import CurrentReturns, current_returns
from domain.unavailable import Missing

WINDOW = 2520
"""Daily returns looked back on: ten years."""
VOLUME_DAYS = 30
CALENDAR_DAYS_PER_BAR = 1.6
STANDARD_INDEX = "SP500"
"""Whose regime is told where the benchmark has no levels of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexLevels:
    """Levels of the index whose regime is told, in its own currency; the newest bar is the last."""

    ticker: str
    days: Days
    levels: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskInputs:
    """What a snapshot follows from; arrays by position are in the order of `current.positions`.

    quantity : units held. volume : mean units traded per day, NaN where not known.
    benchmark : its path on the days of `current`, or why there is none.
    """

    window: int
    as_of: date
    current: CurrentReturns
    quantity: Floats
    volume: Floats
    benchmark: BenchmarkPath | Missing
    index: IndexLevels | None
    risk_free: RiskFreeRate
    yields: YieldSeries | None
    flags: tuple[Flag, ...]


async def risk_inputs(
    history: MarketHistory,
    tenant: str,
    book: Book,
    *,
    window: int = WINDOW,
    known_at: datetime | None = None,
    path_of: PathOf = benchmark_path,
) -> RiskInputs:
    """Read what the risk of a book's last day follows from, at most `window` daily returns back.

    What is doubtful about prices is in the book's own flags.
    """
    current = await current_returns(history, tenant, book, window=window, known_at=known_at)
    as_of = book.days[-1].astype("datetime64[D]").item()
    listings = [one.listing_id or 0 for one in current.positions]
    columns = {one.position_id: at for at, one in enumerate(book.positions)}
    return RiskInputs(
        window=window,
        as_of=as_of,
        current=current,
        quantity=book.quantity[-1, [columns[one.position_id] for one in current.positions]],
        volume=await _volume(history, tenant, listings, as_of, known_at),
        benchmark=await compared_with(
            history,
            tenant,
            book.benchmark_ticker,
            book.currency,
            current,
            known_at=known_at,
            path_of=path_of,
        ),
        index=await index_levels(history, tenant, book.benchmark_ticker, as_of, known_at=known_at),
        risk_free=await history.risk_free(tenant, book.currency, as_of, known_at=known_at),
        yields=await history.yields(tenant, book.currency, known_at=known_at),
        flags=tuple(dict.fromkeys((*book.flags, *current.flags))),
    )


async def index_levels(
    history: MarketHistory, tenant: str, ticker: str | None, on: date, *, known_at: datetime | None = None
) -> IndexLevels | None:
    """Return the levels of a benchmark, or of the standard index where it has none of its own."""
    for name in dict.fromkeys(filter(None, (ticker, STANDARD_INDEX))):
        data = await history.benchmark(tenant, name, known_at=known_at)
        found = None if data is None else await _levels(history, tenant, data, on, known_at)
        if found is not None:
            return found
    return None


async def _levels(
    history: MarketHistory, tenant: str, data: BenchmarkData, on: date, known_at: datetime | None
) -> IndexLevels | None:
    if data.listing is None:
        return None
    bars = await history.bars(
        tenant, [data.listing.listing_id], start=_earliest(on, WINDOW), end=on, known_at=known_at
    )
    levels = np.where(np.isnan(bars.adjusted[:, 0]), bars.close[:, 0], bars.adjusted[:, 0])
    known = np.flatnonzero(levels > 0)[-WINDOW - 1 :]
    if known.size < 2:
        return None
    return IndexLevels(ticker=data.listing.ticker, days=bars.days[known], levels=levels[known])


async def _volume(
    history: MarketHistory, tenant: str, listings: list[int], on: date, known_at: datetime | None
) -> Floats:
    """Mean volume per day over the last days with one; NaN where it is not known."""
    if not listings:
        return np.empty(0)
    bars = await history.bars(
        tenant, sorted(set(listings)), start=_earliest(on, VOLUME_DAYS), end=on, known_at=known_at
    )
    columns = {listing: at for at, listing in enumerate(bars.listing_ids)}
    means = np.full(len(listings), np.nan)
    for at, listing in enumerate(listings):
        column = bars.volume[:, columns[listing]] if listing in columns else np.empty(0)
        known = column[~np.isnan(column)][-VOLUME_DAYS:]
        if known.size:
            means[at] = known.mean()
    return means


def _earliest(on: date, bars: int) -> date:
    return on - timedelta(days=int(bars * CALENDAR_DAYS_PER_BAR) + 10)
