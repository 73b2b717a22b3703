"""What holdings returned in an episode of the past, and what stands in for those that did not exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from application.benchmark.levels import read_levels
from application.market.history import Days, Floats, MarketHistory
from application.market.quotes import Listing
from application.risk.episodes import Episode
from application.risk.inputs import WINDOW
from application.risk.proxies import ENOUGH_RETURNS, own_beta
from application.risk.reference import reference_path
from application.valuation.book import Book, BookPosition
from application.valuation.current_returns import current_returns


@dataclass(frozen=True, slots=True)
class Held:
    """A position, or a balance of cash where `position` is None; `value` in the portfolio's currency."""

    ticker: str
    position: BookPosition | None
    currency: str
    value: float


@dataclass(frozen=True, slots=True)
class Returned:
    """What a holding returned; None where nothing stands in. `proxy` says what does, where something does."""

    change: float | None
    proxy: str | None = None


def holdings_of(book: Book) -> list[Held]:
    """Return what a book holds of value on its last day."""
    values = zip(book.positions, book.value[-1].tolist(), strict=True)
    held = [Held(one.ticker, one, one.currency, value) for one, value in values if value]
    balances = np.nan_to_num(book.cash[-1] * book.cash_rate[-1]).tolist()
    cash = zip(book.cash_currencies, balances, strict=True)
    return held + [Held(f"CASH:{currency}", None, currency, value) for currency, value in cash if value]


async def replayed(
    history: MarketHistory, tenant: str, book: Book, episode: Episode, *, known_at: datetime | None = None
) -> list[Returned]:
    """Replay an episode on `holdings_of(book)`: each holding is kept from its first close to its last.

    A holding without a price by the first day takes the mean of the holdings of its sector and asset class that had
    one; else the return of the benchmark (else the standard index) times its beta over its own past, 1 for an
    equity with less than 60 returns of its own; else nothing.
    """
    holdings = holdings_of(book)
    days = np.array([episode.starts, episode.ends], dtype="datetime64[D]")
    own = await _own(history, tenant, book.currency, holdings, days, known_at)
    found = [_of_peers(holdings, own, at) if one is None else Returned(one) for at, one in enumerate(own)]
    alone = [at for at, one in enumerate(found) if one.change is None and holdings[at].position is not None]
    if alone:
        reference = await _reference(history, tenant, book, days, known_at)
        for at in alone:
            found[at] = reference.stands_in_for(holdings[at])
    return found


async def _own(
    history: MarketHistory,
    tenant: str,
    currency: str,
    holdings: Sequence[Held],
    days: Days,
    known_at: datetime | None,
) -> list[float | None]:
    """Returns of the holdings' own prices; of cash in another currency, of its rate."""
    listings = {
        one.position.listing_id: _listing(one.position)
        for one in holdings
        if one.position is not None and one.position.listing_id is not None
    }
    found: dict[int, float] = {}
    if listings:
        levels = await read_levels(history, tenant, list(listings.values()), currency, days, known_at)
        changes = levels.converted[1] / levels.converted[0] - 1
        found = dict(zip(listings.keys(), changes.tolist(), strict=True))
    foreign = {one.currency for one in holdings if one.position is None} - {currency}
    rates = await history.exchange_rates(tenant, foreign, currency, days, known_at=known_at)
    own: list[float | None] = []
    for one in holdings:
        if one.position is None:
            change = 0.0 if one.currency == currency else _change(rates[one.currency].rates)
        else:
            change = found.get(one.position.listing_id or -1, np.nan)
        own.append(change if np.isfinite(change) else None)
    return own


def _change(rates: Floats) -> float:
    return float(rates[1] / rates[0] - 1)


def _listing(position: BookPosition) -> Listing:
    return Listing(listing_id=position.listing_id or 0, ticker=position.ticker, currency=position.currency)


def _of_peers(holdings: Sequence[Held], own: Sequence[float | None], at: int) -> Returned:
    """Mean return of the holdings of the same sector and asset class that have one of their own."""
    mine = holdings[at].position
    if mine is None or mine.sector is None:
        return Returned(None)
    known = {
        one.ticker: change
        for one, change in zip(holdings, own, strict=True)
        if change is not None
        and one.position is not None
        and (one.position.sector, one.position.asset_class) == (mine.sector, mine.asset_class)
    }
    if not known:
        return Returned(None)
    return Returned(sum(known.values()) / len(known), f"mean of {', '.join(sorted(known))}")


@dataclass(frozen=True, slots=True)
class _Reference:
    """A benchmark's return in the episode (None where it is not known), and betas to it by ticker."""

    name: str
    change: float | None
    betas: dict[str, float]

    def stands_in_for(self, holding: Held) -> Returned:
        position = holding.position
        equity = position is not None and position.asset_class == "equity"
        slope = self.betas.get(holding.ticker, 1.0 if equity else None)
        if self.change is None or slope is None:
            return Returned(None)
        return Returned(max(slope * self.change, -1.0), f"{self.name} times {slope:.4g}")


async def _reference(
    history: MarketHistory, tenant: str, book: Book, days: Days, known_at: datetime | None
) -> _Reference:
    """The benchmark, else the standard index, over an episode."""
    between = np.arange(days[0], days[1] + 1, dtype="datetime64[D]")
    weekdays = between[np.is_busday(between) | np.isin(between, days)]
    path = await reference_path(
        history, tenant, book.benchmark_ticker, book.currency, weekdays, known_at=known_at
    )
    if path is None or np.isnan(path.returns[1:]).any():
        return _Reference("", None, {})
    change = float(np.prod(1 + path.returns[1:]) - 1)
    return _Reference(path.ticker, change, await _betas(history, tenant, book, path.ticker, known_at))


async def _betas(
    history: MarketHistory, tenant: str, book: Book, ticker: str, known_at: datetime | None
) -> dict[str, float]:
    """Betas to the reference of what has enough returns of its own."""
    current = await current_returns(history, tenant, book, window=WINDOW, known_at=known_at)
    if len(current.days) < ENOUGH_RETURNS:
        return {}
    path = await reference_path(history, tenant, ticker, book.currency, current.days, known_at=known_at)
    if path is None:
        return {}
    known = ~np.isnan(current.returns) & ~np.isnan(path.returns)[:, None]
    return {
        one.ticker: own_beta(current.returns[:, at], path.returns)
        for at, one in enumerate(current.positions)
        if known[:, at].sum() >= ENOUGH_RETURNS
    }
