"""What holdings are worth in the portfolio's currency, and what could not be valued."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Protocol
from uuid import UUID

import msgspec

from domain.drift import Exposure
from domain.holding_facts import Position

ZERO = Decimal(0)
RATE_DAYS = 7
"""Days after which an exchange rate is old: it is used, and said to be."""
MILLION = Decimal(1_000_000)


class Rate(msgspec.Struct, frozen=True):
    """Units of the target currency per unit of the source currency, and the day it was fixed."""

    value: Decimal
    on: date

    def is_old(self, used_on: date) -> bool:
        """Return whether it had been fixed more than a week before the day it is used for."""
        return (used_on - self.on).days > RATE_DAYS


class Rates(Protocol):
    """Exchange rates by date."""

    def rate(self, source: str, target: str, on: date) -> Rate | None:
        """Return the last rate fixed on or before a day, or None where there is none."""


class Excluded(msgspec.Struct, frozen=True, kw_only=True):
    """A position that no total contains, and why: `no_price` or `no_rate`."""

    position_id: UUID
    ticker: str
    code: str


class Valuation(msgspec.Struct, frozen=True, kw_only=True):
    """Holdings in one currency; `cash` counts all balances with a rate."""

    currency: str
    exposures: tuple[Exposure, ...]
    cash: Decimal
    excluded: tuple[Excluded, ...]
    unvalued_cash: tuple[str, ...]
    prices_as_of: date | None

    @property
    def total_value(self) -> Decimal:
        """Signed market value of all priced positions plus cash."""
        return sum((exposure.value for exposure in self.exposures), self.cash)

    def in_us_millions(self, rates: Rates, on: date) -> Decimal | None:
        """Return the total in millions of US dollars, or None where the currency has no rate."""
        rate = rates.rate(self.currency, "USD", on)
        return None if rate is None else self.total_value * rate.value / MILLION


def value_holdings(
    positions: Iterable[Position],
    balances: Mapping[tuple[str, str], Decimal],
    *,
    currency: str,
    on: date,
    rates: Rates,
) -> Valuation:
    """Value positions and cash in one currency at the rates of a day.

    A position without a price, or in a currency without a rate, is in no total; it is named in `excluded`.
    """
    known = {currency: Rate(Decimal(1), on)}
    exposures: list[Exposure] = []
    excluded: list[Excluded] = []
    price_dates: list[date] = []
    for held in positions:
        rate = _rate(held.currency, currency, on, rates, known)
        if held.current_price is None or rate is None:
            excluded.append(_excluded(held))
            continue
        exposures.append(_exposure(held, held.current_price * rate.value))
        if held.price_date is not None:
            price_dates.append(held.price_date)
    cash, unvalued = _cash(balances, currency, on, rates, known)
    return Valuation(
        currency=currency,
        exposures=tuple(exposures),
        cash=cash,
        excluded=tuple(excluded),
        unvalued_cash=unvalued,
        prices_as_of=min(price_dates, default=None),
    )


def _cash(
    balances: Mapping[tuple[str, str], Decimal],
    currency: str,
    on: date,
    rates: Rates,
    known: dict[str, Rate],
) -> tuple[Decimal, tuple[str, ...]]:
    cash, unvalued = ZERO, []
    for (_, source), amount in balances.items():
        rate = _rate(source, currency, on, rates, known)
        if rate is None:
            unvalued.append(source)
        else:
            cash += amount * rate.value
    return cash, tuple(unvalued)


def _rate(source: str, target: str, on: date, rates: Rates, known: dict[str, Rate]) -> Rate | None:
    if source not in known:
        found = rates.rate(source, target, on)
        if found is None:
            return None
        known[source] = found
    return known[source]


def _excluded(held: Position) -> Excluded:
    code = "no_price" if held.current_price is None else "no_rate"
    return Excluded(position_id=held.position_id, ticker=held.ticker, code=code)


def _exposure(held: Position, price: Decimal) -> Exposure:
    return Exposure(
        position_id=held.position_id,
        instrument_id=held.instrument_id,
        ticker=held.ticker,
        account=held.account,
        asset_class=held.asset_class,
        quantity=held.quantity,
        price=price,
        value=held.quantity * price,
        sector=held.sector,
        geography=held.geography,
        isin=held.isin,
    )
