"""Market data as arrays, kept in the process between questions."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from psycopg_pool import AsyncConnectionPool

from application.market.history import Bars, CorporateAction
from infrastructure.marketdata.beside import beside
from infrastructure.marketdata.cache import ALL_BARS, CachedMarketStore
from infrastructure.marketdata.history import STALE_DAYS, PostgresMarketHistory
from infrastructure.marketdata.series import BarSeries
from infrastructure.marketdata.store import Heads, MarketStore
from infrastructure.marketdata.today import utc_today


class CachedMarketHistory(PostgresMarketHistory):
    """The market from PostgreSQL with what was read kept in the process, for whoever computes many figures.

    Each question first asks, cheaply, whether anything was imported; `pinned` asks once for many questions. What was
    known at a moment in the past is never kept. `max_bytes` bounds the memory of decoded bars.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        *,
        stale_days: int = STALE_DAYS,
        today: Callable[[], date] = utc_today,
        max_bytes: int = ALL_BARS,
    ) -> None:
        super().__init__(pool, stale_days=stale_days, today=today)
        self._cache = CachedMarketStore(self._direct, max_bytes=max_bytes)

    async def pinned(self, tenant: str) -> "PinnedMarketHistory":
        """Return the market of a tenant as it is now, for one computation that asks many questions."""
        return PinnedMarketHistory(self, self._cache, await self._heads(tenant))

    async def _store(self, tenant: str, known_at: datetime | None) -> MarketStore:
        if known_at is not None:
            return self._direct
        await self._cache.refresh(tenant)
        return self._cache

    async def _heads(self, tenant: str) -> Heads:
        return await self._cache.refresh(tenant)


class PinnedMarketHistory(PostgresMarketHistory):
    """One tenant's market without asking again whether anything was imported; not to be kept for long."""

    def __init__(self, history: CachedMarketHistory, cache: CachedMarketStore, heads: Heads) -> None:
        self._direct = history._direct
        self._stale_days = history._stale_days
        self._today = history._today
        self._cache = cache
        self._pinned = heads
        self._series: dict[tuple[int, ...], list[BarSeries]] = {}
        self._actions: dict[tuple[int, ...], list[CorporateAction]] = {}

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
        """Return the bars of listings between two days; the same listings are looked up once."""
        if known_at is not None:
            return await super().bars(
                tenant, listing_ids, start=start, end=end, known_at=known_at, volume=volume
            )
        asked = tuple(listing_ids)
        if asked not in self._series:
            self._series[asked] = await self._cache.series(tenant, asked, None)
        return beside(asked, self._series[asked], start, end, volume=volume)

    async def actions(
        self, tenant: str, listing_ids: Sequence[int], *, known_at: datetime | None = None
    ) -> list[CorporateAction]:
        """Return splits and dividends, oldest first; those of the same listings are looked up once."""
        if known_at is not None:
            return await super().actions(tenant, listing_ids, known_at=known_at)
        asked = tuple(listing_ids)
        if asked not in self._actions:
            self._actions[asked] = await super().actions(tenant, asked)
        return self._actions[asked]

    async def _store(self, tenant: str, known_at: datetime | None) -> MarketStore:
        if known_at is not None:
            return self._direct
        assert tenant in self._pinned.sequences, "pinned for another tenant"
        return self._cache

    async def _heads(self, tenant: str) -> Heads:
        return self._pinned
