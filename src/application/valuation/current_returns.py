"""The past of what is held now: each instrument's daily returns in the portfolio's currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from application.market.history import (
    Bars,
    CorporateAction,
    Days,
    ExchangeRates,
    Flag,
    Floats,
    MarketHistory,
)
from application.valuation.book import Book, BookPosition, Mask
from application.valuation.instrument_growth import growth

OLD_RATE = np.timedelta64(7, "D")
CALENDAR_DAYS_PER_BAR = 1.6  # 365 / 252, and some for holidays
SPARE_DAYS = 30
Rows: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentReturns:
    """Arrays of shape (n_days, n_positions) but for cash, which has (n_days, n_currencies).

    since : the day at whose close the first return begins, none where there is no return.
    days : day on which each return ends: days with a bar of at least half of the instruments that have a history,
        by gross weight. A price missing on such a day is carried forward.
    positions : what is held on the book's last day, with a price, a rate and bars of its own.
    weights : signed value over total value, cash included in the total.
    gross : absolute weights of all positions that have a value together, those left out too.
    returns : simple total returns in the portfolio's currency; NaN before an instrument's second bar.
    cash_returns : returns of balances in other currencies through their rates; 0 in the portfolio's own.
    total : value on the last day. excluded : tickers left out, and why.
    """

    since: Days
    days: Days
    positions: tuple[BookPosition, ...]
    weights: Floats
    gross: float
    returns: Floats
    cash_currencies: tuple[str, ...]
    cash_weights: Floats
    cash_returns: Floats
    total: float
    excluded: tuple[tuple[str, str], ...] = ()
    flags: tuple[Flag, ...] = ()


async def current_returns(
    history: MarketHistory, tenant: str, book: Book, *, window: int, known_at: datetime | None = None
) -> CurrentReturns:
    """Read the last `window` daily returns of what a portfolio holds on the last day of its book."""
    held, _ = _held(book)
    listings = sorted({id_ for at in held if (id_ := book.positions[at].listing_id) is not None})
    last = _as_date(book.days[-1])
    start = last - timedelta(days=int(window * CALENDAR_DAYS_PER_BAR) + SPARE_DAYS)
    bars = await history.bars(tenant, listings, start=start, end=last, known_at=known_at, volume=False)
    actions = await history.actions(tenant, listings, known_at=known_at)
    sources = {book.positions[at].currency for at in held} | set(book.cash_currencies)
    rates = await history.exchange_rates(
        tenant, sources - {book.currency}, book.currency, bars.days, known_at=known_at
    )
    return returns_of(book, bars, actions, rates, window=window)


def returns_of(
    book: Book,
    bars: Bars,
    actions: Sequence[CorporateAction],
    rates: dict[str, ExchangeRates],
    *,
    window: int,
) -> CurrentReturns:
    """Return the past of a book's last day from bars, splits and dividends, and rates on the bars' days."""
    held, excluded = _held(book)
    columns = {listing: at for at, listing in enumerate(bars.listing_ids)}
    has = ~np.isnan(bars.close)
    priced = dict(zip(bars.listing_ids, has.sum(axis=0).tolist(), strict=True))
    known = [at for at in held if priced.get(book.positions[at].listing_id or 0, 0) > 1]
    left = set(held) - set(known)
    excluded += [(book.positions[at].ticker, "no_history") for at in held if at in left]
    positions = tuple(book.positions[at] for at in known)
    order = [columns[one.listing_id or 0] for one in positions]
    grown = growth(bars, actions)[:, order]
    values = book.value[-1]
    total = float(book.total[-1])
    weights = _shares(values[known], total)
    unmeasured = _shares(np.delete(values, known), total)
    days = np.flatnonzero(_valuation_rows(has[:, order], np.abs(weights)))[-window - 1 :]
    if any(one.currency != book.currency for one in positions):
        grown = grown * _rates([one.currency for one in positions], book, bars.days, rates)
    cash_fx = _rates(book.cash_currencies, book, bars.days, rates)
    cash = np.nan_to_num(book.cash[-1] * book.cash_rate[-1])
    return CurrentReturns(
        since=bars.days[days[:1]],
        days=bars.days[days[1:]],
        positions=positions,
        weights=weights,
        gross=float(np.abs(weights).sum() + np.abs(unmeasured).sum()),
        returns=_changes(_rows(grown, days)),
        cash_currencies=book.cash_currencies,
        cash_weights=_shares(cash, total),
        cash_returns=np.nan_to_num(_changes(cash_fx[days])),
        total=total,
        excluded=(*book.excluded, *excluded),
        flags=tuple(_old_rates(rates, bars.days, days)),
    )


def _held(book: Book) -> tuple[list[int], list[tuple[str, str]]]:
    """Columns held on the last day that market data knows, and what is held but not known."""
    left_out = {ticker for ticker, _ in book.excluded}
    held = [at for at in np.flatnonzero(book.value[-1]) if book.positions[at].ticker not in left_out]
    unknown = [
        (book.positions[at].ticker, "no_listing") for at in held if book.positions[at].listing_id is None
    ]
    return [int(at) for at in held if book.positions[at].listing_id is not None], unknown


def _valuation_rows(traded: Mask, gross: Floats) -> Mask:
    """Rows on which at least half of the gross weight that has a history by then has a bar."""
    if traded.size and traded.all():
        return np.ones(len(traded), dtype=np.bool_)
    started = np.maximum.accumulate(traded, axis=0)
    rows: Mask = traded.any(axis=1) & (2 * (traded @ gross) >= started @ gross)
    return rows


def _rates(currencies: Sequence[str], book: Book, days: Days, rates: dict[str, ExchangeRates]) -> Floats:
    """Rates of currencies by day, one column each; 1 for the portfolio's own."""
    found: Floats = np.full((len(days), len(currencies)), np.nan)
    for at, currency in enumerate(currencies):
        if currency == book.currency:
            found[:, at] = 1
        elif currency in rates:
            found[:, at] = rates[currency].rates
    return found


def _old_rates(rates: dict[str, ExchangeRates], days: Days, rows: Rows) -> list[Flag]:
    flags = []
    for source, known in sorted(rates.items()):
        late = int((days[rows] - known.fixed_on[rows] > OLD_RATE).sum())
        if late:
            flags.append(Flag(ticker=source, code="old_fx", detail=_said(source, known.target, late)))
    return flags


def _said(source: str, target: str, days: int) -> str:
    return f"The rate from {source} to {target} is more than 7 days old on {days} days."


def _rows(values: Floats, rows: Rows) -> Floats:
    """Return some rows in the order of rows; a run of them is copied as one block."""
    if rows.size and rows[-1] - rows[0] == rows.size - 1:
        return np.ascontiguousarray(values[rows[0] : rows[-1] + 1])
    return values[rows]


def _changes(levels: Floats) -> Floats:
    changes: Floats = levels[1:] / levels[:-1]
    changes -= 1
    return changes


def _shares(values: Floats, total: float) -> Floats:
    shares: Floats = values / total if total > 0 else np.full(values.shape, np.nan)
    return shares


def _as_date(day: np.datetime64) -> date:
    found: date = day.astype("datetime64[D]").item()
    return found
