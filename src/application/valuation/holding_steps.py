"""What was told of positions and cash, as arrays of dated steps."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate
from math import nan

import numpy as np
from numpy.typing import NDArray

from application.market.history import Days, Floats
from domain.holding_facts import CashMove, Position
from domain.holdings import Holdings

Index = NDArray[np.intp]
ZERO = Decimal(0)
NO_DATE = date(1, 1, 1)
"""The day of a price that says none: older than any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSteps:
    """All facts of all positions, position by position, each from its oldest effective day on.

    latest : newest fact of each position, in the order of columns; says what the position is called.
    column : position of each fact. day : day it holds from, the clock's at the latest.
    quantity : units as stated. price : as stated, NaN where none is. price_day : NO_DATE where it says none.
    """

    latest: tuple[Position, ...]
    column: Index
    day: Days
    quantity: Floats
    price: Floats
    price_day: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class CashSteps:
    """Balances per currency from the days on which they changed; `days` ascending, once each."""

    currency: str
    days: Days
    balance: Floats


def position_steps(holdings: Holdings | None, *, until: date, clock: date) -> PositionSteps:
    """Return the facts that hold by a day; one of a day after the clock's holds from the clock's day on."""
    latest: list[Position] = []
    rows: list[tuple[int, date, float, float, date]] = []
    for _, told in holdings.position_facts() if holdings is not None else ():
        facts = [(min(day, clock), fact) for day, fact in told if min(day, clock) <= until]
        if any(fact.quantity for _, fact in facts):
            rows += _rows(len(latest), facts, clock)
            latest.append(facts[-1][1])
    column, day, quantity, price, price_day = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return PositionSteps(
        latest=tuple(latest),
        column=np.array(column, dtype=np.intp),
        day=np.array(day, dtype="datetime64[D]"),
        quantity=np.array(quantity, dtype=np.float64),
        price=np.array(price, dtype=np.float64),
        price_day=np.array(price_day, dtype="datetime64[D]"),
    )


def _rows(
    column: int, facts: list[tuple[date, Position]], clock: date
) -> Iterator[tuple[int, date, float, float, date]]:
    """A fact without a price keeps the one before: a value that vanished for want of a word would be a loss."""
    price, price_day = nan, NO_DATE
    for day, fact in facts:
        if fact.current_price is not None:
            price, price_day = float(fact.current_price), min(fact.price_date or NO_DATE, clock)
        yield column, day, float(fact.quantity), price, price_day


def cash_steps(holdings: Holdings | None, *, until: date, clock: date) -> list[CashSteps]:
    """Return balances by currency over all accounts; a level replaces what its account held before.

    Sums are made of exact decimals and become floats at the end, as a balance in the books does.
    """
    accounts: dict[str, list[list[tuple[date, CashMove]]]] = {}
    for (_, currency), told in holdings.cash_facts() if holdings is not None else ():
        facts = [(min(day, clock), move) for day, move in told if min(day, clock) <= until]
        if facts:
            accounts.setdefault(currency, []).append(facts)
    return [_balances(currency, facts) for currency, facts in sorted(accounts.items())]


def _balances(currency: str, accounts: list[list[tuple[date, CashMove]]]) -> CashSteps:
    changes: dict[date, Decimal] = {}
    for facts in accounts:
        balance = ZERO
        for day, move in facts:
            after = move.amount if move.is_level else balance + move.amount
            changes[day] = changes.get(day, ZERO) + after - balance
            balance = after
    days = sorted(changes)
    running = accumulate(changes[day] for day in days)
    return CashSteps(
        currency=currency,
        days=np.array(days, dtype="datetime64[D]"),
        balance=np.array([float(balance) for balance in running], dtype=np.float64),
    )


def first_days(steps: PositionSteps, cash: list[CashSteps]) -> Days:
    """Return every day from which a position or balance holds, ascending, once each."""
    return np.unique(np.concatenate([steps.day, *(one.days for one in cash)]))
