"""What was held and what it cost on each day, laid out before any exchange rate is known.

Everything is done for all positions and days at once: a loop over either would cost more than the reading.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from application.market.history import Days, Floats
from application.market.quotes import Listing
from application.valuation.book import BookPosition, Mask
from application.valuation.holding_steps import CashSteps, Index, PositionSteps
from application.valuation.market_prices import NEVER, MarketPrices
from domain.holding_facts import Position

FRESH = np.timedelta64(7, "D")
Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
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


class Draft:
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

    def over(self, days: Days) -> Held:
        """Lay everything out over some days, leaving out what is held on none of them."""
        laid = (None if self._laid is None else self._laid.on(days)) or self._lay(days)
        kept = laid.held.any(axis=0)
        income = _of_columns(self._prices.income_on(days), self._market, 0.0)
        cash, cash_before = self._balances(days)
        return Held(
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
