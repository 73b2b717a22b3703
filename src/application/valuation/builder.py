"""The book of a portfolio, built from what was told of its holdings and from market data.

Everything is done for all positions and days at once: a loop over either would cost more than the reading.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from application.market.history import Days, ExchangeRates, Flag, Floats, MarketHistory
from application.market.pricing import named
from application.market.quotes import Listing
from application.valuation.book import Book, BookPosition, Mask
from application.valuation.holding_steps import (
    CashSteps,
    Index,
    PositionSteps,
    cash_steps,
    first_days,
    position_steps,
)
from application.valuation.market_prices import NEVER, MarketPrices, read_prices
from domain.holding_facts import Position
from domain.holdings import Holdings
from domain.portfolio import Portfolio

OLD_RATE = np.timedelta64(7, "D")
FRESH = np.timedelta64(7, "D")
Value = TypeVar("Value", bound=np.generic)


async def book_of(
    portfolio: Portfolio,
    holdings: Holdings | None,
    history: MarketHistory,
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    known_at: datetime | None = None,
) -> Book:
    """Return what a portfolio held at the end of each day and what that was worth.

    start : day of the opening valuation; the book begins with the last valuation day on or before it, with the day
        itself where that one is more than a week away, or with the first day on which anything was held. None
        begins there; `date.max` gives the last day alone.
    end : last day wanted; the book ends with the last day on or before it (and the tenant's clock) that a price
        or a holding speaks of.
    known_at : market data as they were recorded by then; the aggregates come as they were known.
    """
    asked = _Asked(portfolio, holdings, history, tenant, known_at)
    draft = await _draft(asked, start, end)
    held = draft.over(draft.days())
    sources = {one.currency for one in held.positions} | set(held.cash_currencies)
    rates = await history.exchange_rates(
        tenant, sources - {portfolio.currency}, portfolio.currency, held.days, known_at=known_at
    )
    flags = await history.quality(tenant, held.listing_ids, on=_date(held.days[-1]), known_at=known_at)
    return _book(portfolio, draft.inception, held, rates, flags)


class Span(NamedTuple):
    """First day anything was held, and newest day that can be valued."""

    inception: date
    end: date


async def span_of(
    portfolio: Portfolio,
    holdings: Holdings | None,
    history: MarketHistory,
    *,
    tenant: str,
    end: date | None = None,
    known_at: datetime | None = None,
) -> Span:
    """Return how far a book could reach, without building it."""
    draft = await _draft(_Asked(portfolio, holdings, history, tenant, known_at), date.max, end)
    return Span(draft.inception, _date(draft.days()[-1]))


class _Asked(NamedTuple):
    portfolio: Portfolio
    holdings: Holdings | None
    history: MarketHistory
    tenant: str
    known_at: datetime | None


async def _draft(asked: _Asked, start: date | None, end: date | None) -> "_Draft":
    """Read what was held and its prices from `start` on."""
    portfolio, holdings, history, tenant, known_at = asked
    clock = await history.clock(tenant)
    until = clock if end is None else min(end, clock)
    steps = position_steps(holdings, until=until, clock=clock)
    cash = cash_steps(holdings, until=until, clock=clock)
    changes = first_days(steps, cash)
    inception = _date(changes[0]) if len(changes) else min(portfolio.inception_date, until)
    first = max(inception, start) if start is not None else inception
    listings = await history.listings(tenant, [named(one) for one in steps.latest], known_at=known_at)
    ids = sorted({found.listing_id for found in listings if found is not None})
    prices = await read_prices(history, tenant, ids, start=min(first, until), end=until, known_at=known_at)
    return _Draft(steps, cash, changes, listings, prices, inception=inception, first=first, until=until)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """The parts of a book that need no exchange rate."""

    positions: tuple[BookPosition, ...]
    cash_currencies: tuple[str, ...]
    days: Days
    quantity: Floats
    before: Floats
    price: Floats
    priced_on: Days
    income: Floats
    cash: Floats
    cash_before: Floats

    @property
    def listing_ids(self) -> list[int]:
        """Listings held on the last day."""
        held = zip(self.positions, self.quantity[-1], strict=True)
        return sorted({one.listing_id for one, units in held if units and one.listing_id is not None})


class _Laid(NamedTuple):
    """Units and newest prices of all positions on some days; each row follows from its day alone."""

    days: Days
    quantity: Floats
    before: Floats
    price: Floats
    priced_on: Days

    @property
    def held(self) -> Mask:
        """What is held at the end of each day, or was before its changes."""
        return np.asarray((self.quantity != 0) | (self.before != 0))

    def on(self, days: Days) -> "_Laid | None":
        """Return the rows of some of the days; None where one of them is not among these."""
        rows = np.searchsorted(self.days, days)
        if rows[-1] == len(self.days) or (self.days[rows] != days).any():
            return None
        return _Laid(days, self.quantity[rows], self.before[rows], self.price[rows], self.priced_on[rows])


class _Draft:
    """What is known of holdings and prices, ready to be laid out over days."""

    def __init__(
        self,
        steps: PositionSteps,
        cash: list[CashSteps],
        changes: Days,
        listings: list[Listing | None],
        prices: MarketPrices,
        *,
        inception: date,
        first: date,
        until: date,
    ) -> None:
        self.inception, self._first = inception, np.datetime64(first, "D")
        self._steps, self._cash, self._changes = steps, cash, changes
        self._listings, self._prices, self._until = listings, prices, np.datetime64(until, "D")
        columns = {listing_id: at for at, listing_id in enumerate(prices.bars.listing_ids)}
        self._market = np.array(
            [-1 if found is None else columns[found.listing_id] for found in listings], dtype=np.intp
        )
        self._split = [
            (at, found.listing_id)
            for at, found in enumerate(listings)
            if found is not None and found.listing_id in prices.splits
        ]
        self._factor_then = self._factors_of_facts()
        self._laid: _Laid | None = None

    def days(self) -> Days:
        """Return the valuation days, the first of them the last one on or before the day asked to begin with.

        Periods end with the last day that a price or holding speaks of, as `valuation_day` has it.
        """
        bars = self._prices.bars
        if not len(self._changes):
            return np.array([self._until])
        known = [self._changes, self._steps.price_day, bars.days, self._prices.earlier_day]
        candidates = np.unique(np.concatenate(known))
        candidates = candidates[(candidates >= self._changes[0]) & (candidates <= self._until)]
        self._laid = self._lay(candidates)
        news = (self._laid.held & (self._laid.priced_on == candidates[:, None])).any(axis=1)
        days = candidates[news | np.isin(candidates, self._changes)]
        begin = max(int(np.searchsorted(days, self._first, side="right")) - 1, 0)
        return np.asarray(self._opened(days[begin:]), dtype="datetime64[D]")

    def _opened(self, days: Days) -> Days:
        """Open with the day asked for where nothing held had a new price in the week before it.

        What is held is worth the same; a benchmark, though, moved all the while, and that is not of the period.
        """
        if len(days) < 2 or self._first - days[0] <= FRESH:
            return days
        return np.concatenate(([self._first], days[1:]))

    def over(self, days: Days) -> _Held:
        """Lay everything out over some days, leaving out what is held on none of them."""
        laid = (None if self._laid is None else self._laid.on(days)) or self._lay(days)
        kept = laid.held.any(axis=0)
        income = _of_columns(self._prices.income_on(days), self._market, 0.0)
        cash, cash_before = self._balances(days)
        return _Held(
            positions=tuple(self._position(at) for at in np.flatnonzero(kept).tolist()),
            cash_currencies=tuple(one.currency for one in self._cash),
            days=days,
            quantity=laid.quantity[:, kept],
            before=laid.before[:, kept],
            price=laid.price[:, kept],
            priced_on=laid.priced_on[:, kept],
            income=income[:, kept],
            cash=cash,
            cash_before=cash_before,
        )

    def _lay(self, days: Days) -> _Laid:
        quantity, before, fact = self._quantities(days)
        return _Laid(days, quantity, before, *self._newest(days, fact))

    def _quantities(self, days: Days) -> tuple[Floats, Floats, Index]:
        """Units at the end of each day and before its changes, splits counted; and the fact in force, from 1."""
        steps = self._steps
        shape = (len(days), len(steps.latest))
        in_force = _in_force(np.searchsorted(days, steps.day, side="left"), steps.column, shape)
        until_then = _in_force(np.searchsorted(days, steps.day, side="right"), steps.column, shape)
        units = np.concatenate(([0.0], steps.quantity / self._factor_then))
        factor = self._factors(days)
        return units[in_force] * factor, units[until_then] * factor, in_force

    def _newest(self, days: Days, fact: Index) -> tuple[Floats, Days]:
        """Newest price of each position, and its day: the market's, or the file's where that is newer."""
        market, market_day = self._prices.on(days)
        price = _of_columns(market, self._market, np.nan)
        priced_on = _of_columns(market_day, self._market, NEVER)
        steps = self._steps
        stated = np.concatenate(([np.nan], steps.price * self._factor_then))[fact] / self._factors(days)
        stated_day = np.minimum(np.concatenate(([NEVER], steps.price_day))[fact], days[:, None])
        newer = ~np.isnan(stated) & (np.isnan(price) | (stated_day > priced_on))
        return np.where(newer, stated, price), np.where(newer, stated_day, priced_on)

    def _factors(self, days: Days) -> Floats:
        factors = np.ones((len(days), len(self._steps.latest)))
        for column, listing_id in self._split:
            factors[:, column] = self._prices.splits.factor(listing_id, days)
        return factors

    def _factors_of_facts(self) -> Floats:
        factors = np.ones(len(self._steps.day))
        for column, listing_id in self._split:
            told = self._steps.column == column
            factors[told] = self._prices.splits.factor(listing_id, self._steps.day[told])
        return factors

    def _balances(self, days: Days) -> tuple[Floats, Floats]:
        cash, before = np.zeros((len(days), len(self._cash))), np.zeros((len(days), len(self._cash)))
        for column, one in enumerate(self._cash):
            levels = np.concatenate(([0.0], one.balance))
            cash[:, column] = levels[np.searchsorted(one.days, days, side="right")]
            before[:, column] = levels[np.searchsorted(one.days, days, side="left")]
        return cash, before

    def _position(self, at: int) -> BookPosition:
        told, listing = self._steps.latest[at], self._listings[at]
        return _book_position(told, listing)


def _book_position(told: Position, listing: Listing | None) -> BookPosition:
    """What the holding says of itself counts, what market data know fills the gaps."""
    return BookPosition(
        position_id=told.position_id,
        instrument_id=told.instrument_id,
        ticker=told.ticker,
        account=told.account,
        currency=told.currency,
        asset_class=told.asset_class,
        sector=told.sector or (listing.sector if listing is not None else None),
        geography=told.geography or (listing.geography if listing is not None else None),
        isin=told.isin,
        listing_id=None if listing is None else listing.listing_id,
    )


def _in_force(row: Index, column: Index, shape: tuple[int, int]) -> Index:
    """Number (from 1) of the fact in force on each day, 0 before the first.

    Facts come column by column, oldest first, so within a column a later one has the greater number.
    """
    fact = np.zeros(shape, dtype=np.intp)
    inside = row < shape[0]
    np.maximum.at(fact, (row[inside], column[inside]), np.flatnonzero(inside) + 1)
    return np.asarray(np.maximum.accumulate(fact, axis=0), dtype=np.intp)


def _of_columns(values: NDArray[Value], columns: Index, absent: Any) -> NDArray[Value]:
    """Values of each position's listing; `absent` for a position without one."""
    if not values.shape[1]:
        return np.full((len(values), len(columns)), absent, dtype=values.dtype)
    found = values[:, np.maximum(columns, 0)]
    found[:, columns < 0] = absent
    return found


def _book(
    portfolio: Portfolio,
    inception: date,
    held: _Held,
    rates: dict[str, ExchangeRates],
    flags: list[Flag],
) -> Book:
    own = np.ones(len(held.days))
    per_currency = {source: found.rates for source, found in rates.items()} | {portfolio.currency: own}
    unknown = np.full(len(held.days), np.nan)
    rate = _columns([per_currency.get(one.currency, unknown) for one in held.positions], len(held.days))
    cash_rate = _columns([per_currency.get(one, unknown) for one in held.cash_currencies], len(held.days))
    entering = _entering(held.price * rate) & (held.before != 0)
    late = [held.positions[at] for at in np.flatnonzero(entering.any(axis=0)).tolist()]
    return Book(
        portfolio_id=portfolio.id,
        currency=portfolio.currency,
        benchmark_ticker=portfolio.benchmark_ticker,
        inception=inception,
        positions=held.positions,
        cash_currencies=held.cash_currencies,
        days=held.days,
        quantity=held.quantity,
        before=np.where(entering, 0.0, held.before),
        price=held.price,
        priced_on=held.priced_on,
        rate=rate,
        income=held.income,
        cash=held.cash,
        cash_before=np.where(_entering(cash_rate), 0.0, held.cash_before),
        cash_rate=cash_rate,
        flags=(*flags, *_old_rates(rates, held.days), *_late_prices(late)),
        excluded=tuple(_excluded(held, held.price[-1], rate[-1], cash_rate[-1])),
    )


def _columns(arrays: list[Floats], rows: int) -> Floats:
    return np.column_stack(arrays) if arrays else np.empty((rows, 0))


def _entering(worth: Floats) -> Mask:
    """Where a value is known for the first time: what was held before enters then, and is no gain."""
    known = ~np.isnan(worth)
    entering = np.zeros(known.shape, dtype=np.bool_)
    entering[1:] = known[1:] & ~known[:-1]
    return entering


def _old_rates(rates: dict[str, ExchangeRates], days: Days) -> Iterator[Flag]:
    for source, found in rates.items():
        old = days - found.fixed_on > OLD_RATE
        if old.any():
            last = np.flatnonzero(old)[-1]
            detail = f"The rate of {source} on {days[last]} was fixed on {found.fixed_on[last]}."
            yield Flag(ticker=source, code="old_fx", detail=detail)


def _late_prices(late: list[BookPosition]) -> Iterator[Flag]:
    for one in late:
        detail = f"{one.ticker} was held before a price or rate was known, and enters the value with it."
        yield Flag(ticker=one.ticker, code="missing", detail=detail)


def _excluded(held: _Held, price: Floats, rate: Floats, cash_rate: Floats) -> Iterator[tuple[str, str]]:
    """What the last day's total leaves out, and why; prices and rates are those of the last day."""
    units = held.quantity[-1] != 0
    without = np.flatnonzero(units & (np.isnan(price) | np.isnan(rate)))
    for at in without.tolist():
        yield held.positions[at].ticker, "no_price" if np.isnan(price[at]) else "no_rate"
    for at in np.flatnonzero((held.cash[-1] != 0) & np.isnan(cash_rate)).tolist():
        yield f"CASH:{held.cash_currencies[at]}", "no_rate"


def _date(day: np.datetime64) -> date:
    found: date = day.astype("datetime64[D]").item()
    return found
