"""The parts a portfolio's value consists of, and how each got from one day's value to another's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np

from application.market.history import Floats
from application.performance.track import DUST
from application.valuation.book import Book

STEPS: Final = ("data_corrections", "prices", "fx", "income", "trades", "holdings_changes", "flows")
"""The steps that move values, in their order."""


@dataclass(frozen=True, slots=True)
class Part:
    """A position, or the cash of one currency where `position_id` is None."""

    position_id: UUID | None
    ticker: str
    account: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Values of parts in the portfolio's currency after each step.

    values : shape (1 + len(STEPS), n_parts): at the start, and after every step.
    """

    parts: tuple[Part, ...]
    values: Floats


def parts_of(book: Book, earlier: Mapping[Part, float] | None = None) -> Parts:
    """Return how the parts moved from a book's first day to its last.

    earlier : values of the parts on that first day as they were known at another moment; None where nobody asks.

    A step is what it changed on each day, added up over the days: prices and rates of what was held before the
    day's changes, dividends with their ex-date, and what changed hands at the day's close.
    """
    own = _names(book)
    parts = (*own, *(one for one in earlier or () if one not in set(own)))
    moved = np.zeros((len(STEPS), len(parts)))
    moved[1:, : len(own)] = _moves(book)
    first = np.zeros(len(parts))
    first[: len(own)] = _values(book)[0]
    last = np.zeros(len(parts))
    last[: len(own)] = _values(book)[-1]
    start = first if earlier is None else np.array([earlier.get(one, 0.0) for one in parts])
    moved[0] = first - start
    values = np.vstack([start, start + np.cumsum(moved, axis=0)])
    values[-1] = last  # what it truly is, not the sum of roundings
    return Parts(parts=parts, values=values)


def _names(book: Book) -> tuple[Part, ...]:
    held = [Part(one.position_id, one.ticker, one.account) for one in book.positions]
    return (*held, *(Part(None, f"CASH:{currency}", None) for currency in _currencies(book)))


def _currencies(book: Book) -> list[str]:
    """Currencies of cash, and those in which dividends arrive before they are paid out."""
    paid = (np.nan_to_num(book.before * book.income) != 0).any(axis=0)
    of_dividends = {one.currency for one, some in zip(book.positions, paid.tolist(), strict=True) if some}
    return [*book.cash_currencies, *sorted(of_dividends - set(book.cash_currencies))]


def _values(book: Book) -> Floats:
    """Value of each part at the end of each day; shape (n_days, n_parts)."""
    return np.hstack([book.value, _padded(book, np.nan_to_num(book.cash * book.cash_rate))])


def last_values(book: Book) -> dict[Part, float]:
    """Return the value of every part at the end of a book."""
    last: list[float] = _values(book)[-1].tolist()
    return dict(zip(_names(book), last, strict=True))


def _padded(book: Book, cash: Floats) -> Floats:
    more = len(_currencies(book)) - cash.shape[1]
    return np.hstack([cash, np.zeros((len(cash), more))])


def _moves(book: Book) -> Floats:
    """What prices, rates, income, trades, holdings changes and flows added to each part; (6, n_parts)."""
    value, value_before = book.value, book.value_before
    at_old_rates = np.nan_to_num(book.before[1:] * book.price[1:] * book.rate[:-1])
    prices = at_old_rates - value[:-1]
    fx = value_before[1:] - at_old_rates
    cash = np.nan_to_num(book.cash * book.cash_rate)
    cash_before = np.nan_to_num(book.cash_before * book.cash_rate)
    changed = value[1:] - value_before[1:]
    paid = _income(book)[1:]
    received = _padded(book, cash[1:] - cash_before[1:]) - paid
    trades, in_kind, trade_cash, flows = _matched(changed, received)
    none = np.zeros(value.shape[1])
    no_cash = np.zeros(paid.shape[1])
    cash_fx = _padded(book, cash_before[1:] - cash[:-1])
    return np.vstack(
        [
            np.concatenate([prices.sum(axis=0), no_cash]),
            np.concatenate([fx.sum(axis=0), cash_fx.sum(axis=0)]),
            np.concatenate([none, paid.sum(axis=0)]),
            np.concatenate([trades, trade_cash]),
            np.concatenate([in_kind, no_cash]),
            np.concatenate([none, flows]),
        ]
    )


def _income(book: Book) -> Floats:
    """Dividends by day and currency of cash; shape (n_days, n_currencies)."""
    paid = np.nan_to_num(book.before * book.income * book.rate)
    currencies = _currencies(book)
    found = np.zeros((len(paid), len(currencies)))
    for at, one in enumerate(book.positions):
        if paid[:, at].any():
            found[:, currencies.index(one.currency)] += paid[:, at]
    return found


def _matched(changed: Floats, received: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Part what changed into trades and what came or went by itself.

    On each day the smaller of securities in and cash out (or the other way round) is traded; what is left of
    securities was transferred, and what is left of cash was paid in or out. Securities that only replace one
    another are traded as a whole.
    """
    securities, cash = changed.sum(axis=1), received.sum(axis=1)
    dust = DUST * max(1.0, float(np.abs(changed).sum()), float(np.abs(received).sum()))
    traded = np.where(securities * cash < 0, np.minimum(np.abs(securities), np.abs(cash)), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_securities = np.where(np.abs(securities) > dust, traded / np.abs(securities), 1.0)[:, None]
        of_cash = np.where(np.abs(cash) > dust, traded / np.abs(cash), 1.0)[:, None]
    return (
        (changed * of_securities).sum(axis=0),
        (changed * (1 - of_securities)).sum(axis=0),
        (received * of_cash).sum(axis=0),
        (received * (1 - of_cash)).sum(axis=0),
    )
