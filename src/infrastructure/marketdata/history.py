"""Market data as arrays, as one tenant sees it, from PostgreSQL."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from psycopg_pool import AsyncConnectionPool

from application.market.history import (
    Bars,
    BenchmarkData,
    CorporateAction,
    Days,
    ExchangeRates,
    FactorSeries,
    Flag,
    RiskFreeRate,
    YieldSeries,
)
from application.market.quotes import Listing, Name
from domain.market import SHARED
from infrastructure.marketdata.beside import beside
from infrastructure.marketdata.fixings import last_fixings
from infrastructure.marketdata.quality import Suspect, flags, trading_days
from infrastructure.marketdata.store import Heads, MarketStore, PostgresMarketStore, RateOfTenor
from infrastructure.marketdata.tenors import preference, tenor_days
from infrastructure.marketdata.today import utc_today

STALE_DAYS = 7
OUTDATED = np.timedelta64(366, "D")
"""A rate that old says little about the price of money; one of another tenor that is newer comes first."""

NO_DAYS: Days = np.empty(0, "datetime64[D]")


class PostgresMarketHistory:
    """Implements `application.market.history.MarketHistory`; keeps nothing between two calls.

    Works on a pool of the owner's connections and of the API role's. `stale_days` is the age in days beyond which
    the newest price of a listing is flagged.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        *,
        stale_days: int = STALE_DAYS,
        today: Callable[[], date] = utc_today,
    ) -> None:
        self._direct = PostgresMarketStore(pool)
        self._stale_days = stale_days
        self._today = today

    async def _store(self, tenant: str, known_at: datetime | None) -> MarketStore:
        """Where the pieces come from; a cache overrides it."""
        return self._direct

    async def _heads(self, tenant: str) -> Heads:
        return await self._direct.heads(tenant)

    async def listings(
        self, tenant: str, names: Sequence[Name], *, known_at: datetime | None = None
    ) -> list[Listing | None]:
        """Return what each name means to the tenant, None where it means nothing."""
        store = await self._store(tenant, known_at)
        return await store.listings(tenant, names, known_at)

    async def bars(
        self,
        tenant: str,
        listing_ids: Sequence[int],
        *,
        start: date | None = None,
        end: date | None = None,
        known_at: datetime | None = None,
        volume: bool = True,
    ) -> Bars:
        """Return the bars of listings between two days, both included; without `volume`, that is NaN."""
        store = await self._store(tenant, known_at)
        series = await store.series(tenant, listing_ids, known_at, since=start)
        return beside(listing_ids, series, start, end, volume=volume)

    async def actions(
        self, tenant: str, listing_ids: Sequence[int], *, known_at: datetime | None = None
    ) -> list[CorporateAction]:
        """Return splits and dividends, oldest first; on one day the split before the dividend."""
        store = await self._store(tenant, known_at)
        found = await store.actions(tenant, listing_ids, known_at)
        return sorted(
            (action for actions in found.values() for action in actions), key=lambda action: action.ex_date
        )

    async def exchange_rates(
        self,
        tenant: str,
        sources: Collection[str],
        target: str,
        days: Days,
        *,
        known_at: datetime | None = None,
    ) -> dict[str, ExchangeRates]:
        """Return the last rates on or before each day, for every source currency."""
        store = await self._store(tenant, known_at)
        book = await store.exchange(tenant, known_at)
        return {source: book.rates(source, target, days) for source in sorted(set(sources))}

    async def risk_free(
        self, tenant: str, currency: str, on: date, *, known_at: datetime | None = None
    ) -> RiskFreeRate:
        """Return the newest short risk-free rate of a currency on or before a day.

        The shortest tenor whose rate is not older than a year, own before shared; rupees use the ten-year yield.
        """
        store = await self._store(tenant, known_at)
        today = np.array([on], "datetime64[D]")
        choices = []
        for rate in await store.rates(tenant, currency, known_at):
            fixed = last_fixings(rate.series, today)
            if not np.isnat(fixed.fixed_on[0]):
                outdated = bool(today[0] - fixed.fixed_on[0] > OUTDATED)
                order = (outdated, rate.owner == SHARED, preference(currency, rate.tenor), rate.tenor)
                choices.append((order, rate, fixed))
        if not choices:
            return RiskFreeRate(currency=currency, value=0.0)
        _, rate, fixed = min(choices, key=lambda choice: choice[0])
        return RiskFreeRate(
            currency=currency,
            value=float(fixed.rates[0]),
            source=rate.source,
            tenor=rate.tenor,
            day=fixed.fixed_on[0].item(),
        )

    async def yields(
        self, tenant: str, currency: str, *, tenor: str = "10y", known_at: datetime | None = None
    ) -> YieldSeries | None:
        """Return the yields of a currency, None where none are known; a tenant's own replace the shared ones."""
        store = await self._store(tenant, known_at)
        found = [
            rate
            for rate in await store.rates(tenant, currency, known_at)
            if tenor_days(rate.tenor) == tenor_days(tenor)
        ]
        chosen: RateOfTenor | None = min(
            found, key=lambda rate: (rate.owner == SHARED, rate.tenor), default=None
        )
        if chosen is None:
            return None
        return YieldSeries(
            currency=currency,
            tenor=chosen.tenor,
            days=chosen.series.days,
            rates=chosen.series.rates,
            source=chosen.source,
        )

    async def benchmark(
        self, tenant: str, ticker: str, *, known_at: datetime | None = None
    ) -> BenchmarkData | None:
        """Return a benchmark by ticker or alias, None where neither levels nor constituents are known."""
        store = await self._store(tenant, known_at)
        asked = ticker.strip().upper()
        levels = await store.levels(tenant, asked, known_at)
        sets, source = await store.constituents(tenant, asked, known_at)
        itself = levels is None or levels.listing.ticker == asked
        if levels is not None and not sets and not itself:
            sets, source = await store.constituents(tenant, levels.listing.ticker, known_at)
        is_priced = levels is not None and levels.is_priced
        if not sets and not is_priced:
            return None
        return BenchmarkData(
            ticker=asked,
            name=None if levels is None else levels.listing.name,
            listing=levels.listing if levels is not None and is_priced else None,
            sets=sets,
            source=source or (levels.source if levels is not None else ""),
            note=None if levels is None else levels.note,
        )

    async def factors(
        self,
        tenant: str,
        *,
        start: date | None = None,
        end: date | None = None,
        known_at: datetime | None = None,
    ) -> FactorSeries:
        """Return the factor series between two days; a tenant's own of a name replaces the shared one."""
        store = await self._store(tenant, known_at)
        whole = await store.factors(tenant, known_at)
        first = 0 if start is None else int(np.searchsorted(whole.days, np.datetime64(start, "D")))
        last = (
            None if end is None else int(np.searchsorted(whole.days, np.datetime64(end, "D"), side="right"))
        )
        return FactorSeries(
            names=whole.names,
            days=whole.days[first:last],
            returns=whole.returns[first:last],
            source=whole.source,
        )

    async def quality(
        self, tenant: str, listing_ids: Sequence[int], *, on: date, known_at: datetime | None = None
    ) -> list[Flag]:
        """Return what is doubtful about listings' prices by a day."""
        store = await self._store(tenant, known_at)

        async def inspected(ids: Sequence[int]) -> dict[int, list[Flag]]:
            return await self._inspected(store, tenant, ids, on, known_at)

        found = await store.derived(tenant, ("flags", on), listing_ids, inspected)
        return [flag for listing_id in listing_ids for flag in found.get(listing_id, ())]

    async def _inspected(
        self, store: MarketStore, tenant: str, ids: Sequence[int], on: date, known_at: datetime | None
    ) -> dict[int, list[Flag]]:
        called = await store.tickers(tenant, ids)
        series = await store.series(tenant, ids, known_at)
        actions = await store.actions(tenant, ids, known_at)

        async def trading(currencies: Sequence[str]) -> dict[str, Days]:
            return {
                currency: trading_days(
                    await store.series(tenant, await store.peers(tenant, currency, on), known_at), on=on
                )
                for currency in currencies
            }

        currencies = sorted({currency for _, currency in called.values() if currency})
        calendars = await store.derived(tenant, ("trading days", on), currencies, trading)
        return {
            listing_id: list(
                flags(
                    Suspect(ticker=called[listing_id][0], series=bars, actions=actions[listing_id]),
                    on=on,
                    stale_days=self._stale_days,
                    trading_days=calendars.get(called[listing_id][1] or "", NO_DAYS),
                )
            )
            for listing_id, bars in zip(ids, series, strict=True)
            if listing_id in called
        }

    async def clock(self, tenant: str) -> date:
        """Return today, or the day the tenant is pinned to."""
        return (await self._heads(tenant)).clock or self._today()

    async def version(self, tenant: str) -> int:
        """Return a number that grows with every import the tenant can see."""
        return (await self._heads(tenant)).version
