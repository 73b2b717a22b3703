"""The market data of one tenant, fetched piece by piece: what histories are put together from."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from psycopg_pool import AsyncConnectionPool

from application.market.history import ConstituentSet, CorporateAction, Days, FactorSeries
from application.market.quotes import Listing, Name
from domain.market import SHARED
from infrastructure.marketdata import arrays, benchmarks, names, queries
from infrastructure.marketdata.benchmarks import Levels
from infrastructure.marketdata.exchange import ExchangeBook
from infrastructure.marketdata.factors import factor_series
from infrastructure.marketdata.fixings import RateSeries
from infrastructure.marketdata.reads import MarketReads
from infrastructure.marketdata.series import NO_BARS, BarSeries, completed, joined, overlaid
from infrastructure.postgres.reads import TenantReads

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")
Derive: TypeAlias = Callable[[Sequence[Key]], Awaitable[dict[Key, Found]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateOfTenor:
    """The rates of one currency and tenor from one owner."""

    owner: str
    tenor: str
    series: RateSeries
    source: str


class MarketStore(Protocol):
    """Pieces of market data as one tenant sees them; what is returned is shared and not to be changed."""

    async def listings(
        self, tenant: str, asked: Sequence[Name], known_at: datetime | None
    ) -> list[Listing | None]:
        """Return what names mean."""

    async def series(
        self, tenant: str, ids: Sequence[int], known_at: datetime | None, since: date | None = None
    ) -> list[BarSeries]:
        """Return all bars of listings, at least those since a day, adjusted prices completed."""

    async def actions(
        self, tenant: str, ids: Sequence[int], known_at: datetime | None
    ) -> dict[int, tuple[CorporateAction, ...]]:
        """Return splits and dividends by listing, oldest first."""

    async def tickers(self, tenant: str, ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
        """Return ticker and currency of listings."""

    async def exchange(self, tenant: str, known_at: datetime | None) -> ExchangeBook:
        """Return the imported exchange rates."""

    async def rates(self, tenant: str, currency: str, known_at: datetime | None) -> tuple[RateOfTenor, ...]:
        """Return the interest rates of a currency."""

    async def factors(self, tenant: str, known_at: datetime | None) -> FactorSeries:
        """Return all factor series."""

    async def levels(self, tenant: str, ticker: str, known_at: datetime | None) -> Levels | None:
        """Return the listing whose prices are a benchmark's levels."""

    async def constituents(
        self, tenant: str, benchmark: str, known_at: datetime | None
    ) -> tuple[tuple[ConstituentSet, ...], str]:
        """Return the dated constituents of a benchmark and their source."""

    async def peers(self, tenant: str, currency: str, on: date) -> tuple[int, ...]:
        """Return some listings of a currency with prices about a day, to tell trading days by."""

    async def derived(
        self, tenant: str, what: Hashable, keys: Sequence[Key], derive: Derive[Key, Found]
    ) -> dict[Key, Found]:
        """Return what follows from pieces of the market for each key; `derive` is asked for those not kept."""


class PostgresMarketStore:
    """Market data from schema `market`; works as the owner and as the API's role."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._reads = MarketReads(pool)
        self._named = TenantReads(pool)

    async def listings(
        self, tenant: str, asked: Sequence[Name], known_at: datetime | None
    ) -> list[Listing | None]:
        """Return what names mean."""
        return await names.resolve(self._named, tenant, asked, known_at)

    async def series(
        self, tenant: str, ids: Sequence[int], known_at: datetime | None, since: date | None = None
    ) -> list[BarSeries]:
        """Return all bars of listings, at least those since a day, adjusted prices completed."""
        layers = await self.layers(tenant, [SHARED, tenant], ids, known_at, since)
        raw = {key: overlaid(layers[SHARED, key], layers[tenant, key]) for key in ids}
        actions = await self.actions(tenant, ids, known_at)
        called = await self.tickers(tenant, ids)
        return [completed(raw[key], actions.get(key, ()), called.get(key, ("", None))[1]) for key in ids]

    async def layers(
        self,
        tenant: str,
        owners: Sequence[str],
        ids: Sequence[int],
        known_at: datetime | None = None,
        since: date | None = None,
    ) -> dict[tuple[str, int], BarSeries]:
        """Return each owner's bars of each listing, as they were imported."""
        params = {"owners": list(owners), "ids": list(ids), "since": since}
        rows = await self._reads.rows(tenant, queries.BARS, params, known_at=known_at)
        return _layers(rows, [(owner, key) for owner in owners for key in ids])

    async def layers_since(
        self, tenant: str, owner: str, ids: Sequence[int], sequence: int
    ) -> dict[tuple[str, int], BarSeries]:
        """Return what an owner imported of listings after an import."""
        params = {"owner": owner, "ids": list(ids), "sequence": sequence}
        return _layers(await self._reads.rows(tenant, queries.BARS_SINCE, params), [])

    async def named_since(self, tenant: str, owner: str, sequence: int) -> tuple[bool, list[int]]:
        """Return whether an owner named anything after an import, and the listings it then told actions of."""
        rows = await self._reads.rows(tenant, queries.SINCE, {"owner": owner, "sequence": sequence})
        has_named, acted_on = rows[0]
        return has_named, acted_on

    async def actions(
        self, tenant: str, ids: Sequence[int], known_at: datetime | None
    ) -> dict[int, tuple[CorporateAction, ...]]:
        """Return splits and dividends by listing, oldest first."""
        rows = await self._reads.rows(tenant, queries.ACTIONS, {"ids": list(ids)}, known_at=known_at)
        found: dict[int, list[CorporateAction]] = {key: [] for key in ids}
        for listing_id, ex_date, kind, value, currency in rows:
            found[listing_id].append(
                CorporateAction(
                    listing_id=listing_id, ex_date=ex_date, kind=kind, value=value, currency=currency
                )
            )
        return {key: tuple(actions) for key, actions in found.items()}

    async def tickers(self, tenant: str, ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
        """Return ticker and currency of listings."""
        rows = await self._reads.rows(tenant, queries.TICKERS, {"ids": list(ids)})
        return {listing_id: (ticker, currency) for listing_id, ticker, currency in rows}

    async def exchange(self, tenant: str, known_at: datetime | None) -> ExchangeBook:
        """Return the imported exchange rates."""
        book = ExchangeBook(own={}, shared={})
        for owner, source, target, days, rates in await self._reads.rows(
            tenant, queries.EXCHANGE, {}, known_at=known_at
        ):
            pairs: Any = book.shared if owner == SHARED else book.own
            pairs[source, target] = RateSeries(arrays.days(days), arrays.floats(rates))
        return book

    async def rates(self, tenant: str, currency: str, known_at: datetime | None) -> tuple[RateOfTenor, ...]:
        """Return the interest rates of a currency."""
        rows = await self._reads.rows(tenant, queries.RATES, {"currency": currency}, known_at=known_at)
        return tuple(
            RateOfTenor(
                owner=owner,
                tenor=tenor,
                series=RateSeries(arrays.days(days), arrays.floats(values)),
                source=source,
            )
            for owner, tenor, days, values, source in rows
        )

    async def factors(self, tenant: str, known_at: datetime | None) -> FactorSeries:
        """Return all factor series."""
        return factor_series(await self._reads.rows(tenant, queries.FACTORS, {}, known_at=known_at))

    async def levels(self, tenant: str, ticker: str, known_at: datetime | None) -> Levels | None:
        """Return the listing whose prices are a benchmark's levels."""
        return await benchmarks.levels(self._named, tenant, ticker, known_at)

    async def constituents(
        self, tenant: str, benchmark: str, known_at: datetime | None
    ) -> tuple[tuple[ConstituentSet, ...], str]:
        """Return the dated constituents of a benchmark and their source."""
        return await benchmarks.constituents(self._named, tenant, benchmark, known_at)

    async def peers(self, tenant: str, currency: str, on: date) -> tuple[int, ...]:
        """Return some listings of a currency with prices about a day, to tell trading days by."""
        rows = await self._reads.rows(tenant, queries.PEERS, {"currency": currency, "on": on})
        return tuple(listing_id for (listing_id,) in rows)

    async def derived(
        self, tenant: str, what: Hashable, keys: Sequence[Key], derive: Derive[Key, Found]
    ) -> dict[Key, Found]:
        """Derive everything anew: nothing is kept here."""
        return await derive(keys)

    async def heads(self, tenant: str) -> "Heads":
        """Return how far the imports are that a tenant sees, and the day it is pinned to."""
        rows = await self._reads.rows(tenant, queries.HEADS, {})
        clock, version, shared, own = rows[0]
        return Heads(clock=clock, version=version, sequences={SHARED: shared, tenant: own})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """Newest import of each owner that a tenant sees; `version` counts them all."""

    clock: date | None
    version: int
    sequences: dict[str, int]


def _layers(
    rows: Sequence[tuple[Any, ...]], expected: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], BarSeries]:
    parts: dict[tuple[str, int], list[BarSeries]] = {key: [] for key in expected}
    for listing_id, owner, days, close, adjusted, volume in rows:
        parts.setdefault((owner, listing_id), []).append(_bars(days, close, adjusted, volume))
    return {key: joined(found) if found else NO_BARS for key, found in parts.items()}


def _bars(days: bytes, close: bytes, adjusted: bytes | None, volume: bytes | None) -> BarSeries:
    when: Days = arrays.days(days)
    nothing = np.full(len(when), np.nan)
    return BarSeries(
        when,
        arrays.floats(close),
        nothing if adjusted is None else arrays.floats(adjusted),
        nothing if volume is None else arrays.floats(volume),
    )
