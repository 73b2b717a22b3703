"""The book of a portfolio, built from what was told of its holdings and from market data."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from application.market.history import Days, ExchangeRates, Flag, Floats, MarketHistory
from application.market.pricing import named
from application.valuation.book import Book, BookPosition, Mask
from application.valuation.draft import Draft, Held
from application.valuation.holding_steps import (
    cash_steps,
    first_days,
    position_steps,
)
from application.valuation.market_prices import read_prices
from domain.holdings import Holdings
from domain.portfolio import Portfolio

OLD_RATE = np.timedelta64(7, "D")


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


async def _draft(asked: _Asked, start: date | None, end: date | None) -> Draft:
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
    return Draft(steps, cash, changes, listings, prices, inception=inception, first=first, until=until)


def _book(
    portfolio: Portfolio,
    inception: date,
    held: Held,
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


def _excluded(held: Held, price: Floats, rate: Floats, cash_rate: Floats) -> Iterator[tuple[str, str]]:
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
