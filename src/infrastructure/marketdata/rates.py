"""Exchange rates of one tenant for those who value exactly and one day at a time.

The same order of preference as `infrastructure.marketdata.exchange`, in decimals and without arrays.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from psycopg_pool import AsyncConnectionPool

from domain.market import SHARED
from domain.valuation import Rate, Rates
from infrastructure.marketdata import queries
from infrastructure.marketdata.ecb import PENCE
from infrastructure.marketdata.reads import MarketReads

FRESH_DAYS = 7
TENANTS_KEPT = 64
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Rates of one pair by the day they were fixed on, ascending."""

    days: Sequence[date]
    rates: Sequence[Decimal]

    def on(self, day: date) -> Rate | None:
        """Return the last one on or before a day."""
        place = bisect_right(self.days, day) - 1
        return None if place < 0 else Rate(self.rates[place], self.days[place])


FixedPairs: TypeAlias = Mapping[tuple[str, str], Fixed]
"""Units of the second currency per unit of the first."""


class TenantRates:
    """Implements `domain.valuation.Rates`: the tenant's own rates, then the shared ones, then the bank's."""

    def __init__(self, own: FixedPairs, shared: FixedPairs, bank: Rates) -> None:
        self._own = own
        self._shared = shared
        self._bank = bank

    def rate(self, source: str, target: str, on: date) -> Rate | None:
        """Return the first choice that is no older than a week, else the newest there is; None where none is."""
        if source == target:
            return Rate(ONE, on)
        main_source, source_unit = PENCE.get(source, (source, ONE))
        main_target, target_unit = PENCE.get(target, (target, ONE))
        found = Rate(ONE, on) if main_source == main_target else self._between(main_source, main_target, on)
        return None if found is None else Rate(found.value * source_unit / target_unit, found.on)

    def _between(self, source: str, target: str, on: date) -> Rate | None:
        choices = [
            _imported(self._own, source, target, on),
            _imported(self._shared, source, target, on),
            self._bank.rate(source, target, on),
        ]
        return _preferred(choices, on) or _preferred(self._mixed(source, target, on), on)

    def _mixed(self, source: str, target: str, on: date) -> list[Rate | None]:
        """Rates of which an import knows one half and the bank the other."""
        found = []
        for pairs in (self._own, self._shared):
            for hub in _neighbours(pairs, source):
                found.append(_times(_leg(pairs, source, hub, on), self._bank.rate(hub, target, on)))
            for hub in _neighbours(pairs, target):
                found.append(_times(self._bank.rate(source, hub, on), _leg(pairs, hub, target, on)))
        return found


class TenantRatesReader:
    """Lends each tenant's rates, read anew only when exchange rates were imported."""

    def __init__(self, pool: AsyncConnectionPool[Any], bank: Rates) -> None:
        self._reads = MarketReads(pool)
        self._bank = bank
        self._kept: OrderedDict[str, tuple[object, Rates]] = OrderedDict()

    async def rates_for(self, tenant: str, *, known_at: datetime | None = None) -> Rates:
        """Return the tenant's rates as they are known now, or were known at a moment."""
        if known_at is not None:
            return await self._read(tenant, known_at)
        (newest,) = await self._reads.rows(tenant, queries.NEWEST_EXCHANGE, {})
        kept = self._kept.get(tenant)
        if kept is None or kept[0] != newest:
            rates = await self._read(tenant, None) if any(newest) else self._bank
            self._kept[tenant] = kept = (newest, rates)
        self._kept.move_to_end(tenant)
        if len(self._kept) > TENANTS_KEPT:
            self._kept.popitem(last=False)
        return kept[1]

    async def _read(self, tenant: str, known_at: datetime | None) -> Rates:
        own: dict[tuple[str, str], Fixed] = {}
        shared: dict[tuple[str, str], Fixed] = {}
        rows = await self._reads.rows(tenant, queries.EXACT_EXCHANGE, {}, known_at=known_at)
        for owner, source, target, days, rates in rows:
            (shared if owner == SHARED else own)[source, target] = Fixed(days, rates)
        return TenantRates(own, shared, self._bank) if rows else self._bank


def _imported(pairs: FixedPairs, source: str, target: str, on: date) -> Rate | None:
    direct = _leg(pairs, source, target, on)
    if direct is not None:
        return direct
    hubs = [hub for hub in _neighbours(pairs, source) if hub in _neighbours(pairs, target)]
    return _preferred(
        [_times(_leg(pairs, source, hub, on), _leg(pairs, hub, target, on)) for hub in hubs], on
    )


def _leg(pairs: FixedPairs, source: str, target: str, on: date) -> Rate | None:
    direct, inverse = pairs.get((source, target)), pairs.get((target, source))
    back = None if inverse is None else inverse.on(on)
    return _preferred(
        [None if direct is None else direct.on(on), None if back is None else Rate(1 / back.value, back.on)],
        on,
    )


def _neighbours(pairs: FixedPairs, currency: str) -> list[str]:
    beside = {target for source, target in pairs if source == currency}
    return sorted(beside | {source for source, target in pairs if target == currency})


def _preferred(choices: Iterable[Rate | None], on: date) -> Rate | None:
    known = [choice for choice in choices if choice is not None]
    fresh = next((choice for choice in known if (on - choice.on).days <= FRESH_DAYS), None)
    return fresh or max(known, key=lambda choice: choice.on, default=None)


def _times(first: Rate | None, second: Rate | None) -> Rate | None:
    return (
        None
        if first is None or second is None
        else Rate(first.value * second.value, min(first.on, second.on))
    )
