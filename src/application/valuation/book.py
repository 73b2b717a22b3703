"""The book of a portfolio: what it held at the end of each day, and what that was worth."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from application.market.history import Days, Flag, Floats

Mask: TypeAlias = NDArray[np.bool_]
MONEY_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPosition:
    """One column of the book; `listing_id` is None where market data does not know the instrument."""

    position_id: UUID
    instrument_id: UUID
    ticker: str
    account: str
    currency: str
    asset_class: str
    sector: str | None
    geography: str | None
    isin: str | None
    listing_id: int | None


@dataclass(frozen=True, kw_only=True)
class Book:
    """Arrays of shape (n_days, n_positions) but for cash, which has (n_days, n_currencies).

    days : valuation days, ascending: days with a bar of a held instrument, days on which something changed, and
        the last day.
    quantity : units at the end of the day, after its changes; splits so far are counted in.
    before : units at the end of the day before, splits of the day counted in, before the day's changes.
    price : newest price on or before the day, in the position's currency; NaN where none is known.
    priced_on : the day each price is of; None where nobody asked.
    rate : units of the portfolio's currency per unit of the position's; NaN where none is known.
    income : dividends per unit with their ex-date on the day, in the position's currency.
    cash, cash_before : balances per currency at the end of the day, and before its changes.
    cash_rate : units of the portfolio's currency per unit of the cash currency.
    flags : doubtful data. excluded : tickers that no total contains, and why (`no_price`, `no_rate`).

    What follows from the arrays is worked out once, when it is first asked for; nobody writes into an array.
    """

    portfolio_id: UUID
    currency: str
    benchmark_ticker: str | None
    inception: date
    positions: tuple[BookPosition, ...]
    cash_currencies: tuple[str, ...]
    days: Days
    quantity: Floats
    before: Floats
    price: Floats
    rate: Floats
    income: Floats
    cash: Floats
    cash_before: Floats
    cash_rate: Floats
    priced_on: Days | None = None
    flags: tuple[Flag, ...] = ()
    excluded: tuple[tuple[str, str], ...] = ()

    @cached_property
    def value(self) -> Floats:
        """Value of each position at the end of each day in the portfolio's currency; 0 without price or rate."""
        return np.nan_to_num(self.quantity * self.price * self.rate)

    @cached_property
    def value_before(self) -> Floats:
        """Value on each day of what was held before the day's changes."""
        return np.nan_to_num(self.before * self.price * self.rate)

    @cached_property
    def total(self) -> Floats:
        """Total value at the end of each day, cash included; shape (n_days,)."""
        total: Floats = self.value.sum(axis=1) + np.nan_to_num(self.cash * self.cash_rate).sum(axis=1)
        return total

    @property
    def worth(self) -> float:
        """Total value on the last day, without the digits that floating point made up."""
        return round(float(self.total[-1]), MONEY_DIGITS) + 0.0

    @cached_property
    def total_before(self) -> Floats:
        """Total value on each day before its changes, dividends of the day included; shape (n_days,)."""
        held = self.value_before.sum(axis=1) + np.nan_to_num(self.before * self.income * self.rate).sum(
            axis=1
        )
        total: Floats = held + np.nan_to_num(self.cash_before * self.cash_rate).sum(axis=1)
        return total

    @cached_property
    def returns(self) -> Floats:
        """Daily time-weighted returns as fractions; the first day has none (NaN), nor has one after an empty day."""
        previous = self.total[:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            rest = np.where(previous > 0, self.total_before[1:] / previous - 1, np.nan)
        return np.concatenate(([np.nan], rest))

    @cached_property
    def flows(self) -> Floats:
        """External flow of each day in the portfolio's currency, positive into the portfolio; shape (n_days,).

        What the day's changes added at the day's own prices, dividends paid out taken off.
        """
        flows: Floats = self.total - self.total_before
        return flows
