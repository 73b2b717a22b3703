"""Market data kept in the process: what many portfolios share is fetched and decoded once."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from application.market.history import ConstituentSet, CorporateAction, FactorSeries
from application.market.quotes import Listing, Name
from domain.market import SHARED
from infrastructure.marketdata.benchmarks import Levels
from infrastructure.marketdata.exchange import ExchangeBook
from infrastructure.marketdata.kept_bars import KeptBars, Parts
from infrastructure.marketdata.series import BarSeries, completed, overlaid
from infrastructure.marketdata.store import Derive, Found, Heads, Key, PostgresMarketStore, RateOfTenor

ENTRIES_KEPT = 100_000
ALL_BARS = 512 * 2**20
MISSING: Final[Any] = object()


class CachedMarketStore:
    """Implements `MarketStore` for what is known now.

    Nothing is validated but by `refresh`: it compares the heads of the tenant's imports, and where they have moved it
    fetches what was imported since and lays it over the bars that are kept. One event loop at a time.
    """

    def __init__(self, store: PostgresMarketStore, *, max_bytes: int = ALL_BARS) -> None:
        self._store = store
        self._bars = KeptBars(max_bytes)
        self._lasting: OrderedDict[tuple[str, str, Any], Any] = OrderedDict()
        self._answers: OrderedDict[str, dict[Hashable, Any]] = OrderedDict()
        self._heads: dict[str, Heads] = {}
        self._reached: dict[str, int] = {}
        self._lock = asyncio.Lock()

    async def refresh(self, tenant: str) -> Heads:
        """Bring what is kept up to the tenant's newest imports, and return how far they are."""
        heads = await self._store.heads(tenant)
        if self._heads.get(tenant) != heads:
            async with self._lock:
                for owner, sequence in heads.sequences.items():
                    await self._catch_up(tenant, owner, sequence)
                self._note(tenant, heads)
        return heads

    def _note(self, tenant: str, heads: Heads) -> None:
        """Forget the answers of an earlier version; one that was asked for earlier may arrive later."""
        known = self._heads.get(tenant)
        if known is not None and known.version > heads.version:
            return
        self._heads[tenant] = heads
        if known is None or known.version != heads.version:
            self._answers[tenant] = {}

    async def _catch_up(self, tenant: str, owner: str, sequence: int) -> None:
        reached = self._reached.setdefault(owner, sequence)
        if sequence <= reached:
            return
        has_named, acted_on = await self._store.named_since(tenant, owner, reached)
        kept = self._bars.layers(owner)
        news = await self._store.layers_since(tenant, owner, list(kept), reached) if kept else {}
        for (_, listing_id), bars in news.items():
            self._bars.keep_layer(owner, listing_id, overlaid(kept[listing_id], bars))
        self._forget("actions", owner, set(acted_on))
        if has_named:
            self._forget("listing", owner, None)
        self._reached[owner] = sequence

    def _forget(self, kind: str, owner: str, which: set[int] | None) -> None:
        """Forget what depends on an owner's rows; `which` names listings, None all."""
        if which is not None and not which:
            return
        for key in [
            key
            for key in self._lasting
            if key[0] == kind and owner in (SHARED, key[1]) and (which is None or key[2] in which)
        ]:
            del self._lasting[key]

    async def listings(
        self, tenant: str, asked: Sequence[Name], known_at: datetime | None
    ) -> list[Listing | None]:
        """Return what names mean."""
        found = await self._each("listing", tenant, asked, lambda names: self._named(tenant, names, known_at))
        return [found[name] for name in asked]

    async def _named(
        self, tenant: str, asked: Sequence[Name], known_at: datetime | None
    ) -> dict[Name, Listing | None]:
        return dict(zip(asked, await self._store.listings(tenant, asked, known_at), strict=True))

    async def series(
        self, tenant: str, ids: Sequence[int], known_at: datetime | None, since: date | None = None
    ) -> list[BarSeries]:
        """Return all bars of listings, adjusted prices completed."""
        actions = await self.actions(tenant, ids, known_at)
        called = await self.tickers(tenant, ids)
        layers = await self._layers(tenant, set(ids))
        return [
            self._whole(
                tenant,
                key,
                (layers[SHARED, key], layers[tenant, key], actions[key]),
                called.get(key, ("", None))[1],
            )
            for key in ids
        ]

    async def _layers(self, tenant: str, ids: Iterable[int]) -> dict[tuple[str, int], BarSeries]:
        wanted = [(owner, key) for key in ids for owner in (SHARED, tenant)]
        found = {(owner, key): self._bars.layer(owner, key) for owner, key in wanted}
        missing = [key for key, bars in found.items() if bars is None]
        if missing:
            async with self._lock:  # nothing may be overlaid meanwhile with what is just being fetched
                await self._load(tenant, missing, found)
        return {key: bars for key, bars in found.items() if bars is not None}

    async def _load(
        self, tenant: str, missing: Sequence[tuple[str, int]], found: dict[tuple[str, int], BarSeries | None]
    ) -> None:
        for owner in (SHARED, tenant):
            ids = [key for whose, key in missing if whose == owner]
            if ids:
                for (_, key), bars in (await self._store.layers(tenant, [owner], ids)).items():
                    found[owner, key] = self._bars.keep_layer(owner, key, bars)

    def _whole(
        self,
        tenant: str,
        listing_id: int,
        made_of: Parts,
        currency: str | None,
    ) -> BarSeries:
        known = self._bars.whole(tenant, listing_id, made_of)
        if known is not None:
            return known
        shared, own, actions = made_of
        whole = completed(overlaid(shared, own), actions, currency)
        return self._bars.keep_whole(tenant, listing_id, made_of, whole)

    async def actions(
        self, tenant: str, ids: Sequence[int], known_at: datetime | None
    ) -> dict[int, tuple[CorporateAction, ...]]:
        """Return splits and dividends by listing, oldest first."""
        return await self._each(
            "actions", tenant, ids, lambda missing: self._store.actions(tenant, missing, known_at)
        )

    async def tickers(self, tenant: str, ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
        """Return ticker and currency of listings."""
        return await self._each("ticker", tenant, ids, lambda missing: self._store.tickers(tenant, missing))

    async def exchange(self, tenant: str, known_at: datetime | None) -> ExchangeBook:
        """Return the imported exchange rates."""
        return await self._once(tenant, ("exchange",), lambda: self._store.exchange(tenant, known_at))

    async def rates(self, tenant: str, currency: str, known_at: datetime | None) -> tuple[RateOfTenor, ...]:
        """Return the interest rates of a currency."""
        return await self._once(
            tenant, ("rates", currency), lambda: self._store.rates(tenant, currency, known_at)
        )

    async def factors(self, tenant: str, known_at: datetime | None) -> FactorSeries:
        """Return all factor series."""
        return await self._once(tenant, ("factors",), lambda: self._store.factors(tenant, known_at))

    async def levels(self, tenant: str, ticker: str, known_at: datetime | None) -> Levels | None:
        """Return the listing whose prices are a benchmark's levels."""
        return await self._once(
            tenant, ("levels", ticker), lambda: self._store.levels(tenant, ticker, known_at)
        )

    async def constituents(
        self, tenant: str, benchmark: str, known_at: datetime | None
    ) -> tuple[tuple[ConstituentSet, ...], str]:
        """Return the dated constituents of a benchmark and their source."""
        return await self._once(
            tenant,
            ("constituents", benchmark),
            lambda: self._store.constituents(tenant, benchmark, known_at),
        )

    async def peers(self, tenant: str, currency: str, on: date) -> tuple[int, ...]:
        """Return some listings of a currency with prices about a day, to tell trading days by."""
        return await self._once(
            tenant, ("peers", currency, on), lambda: self._store.peers(tenant, currency, on)
        )

    async def derived(
        self, tenant: str, what: Hashable, keys: Sequence[Key], derive: Derive[Key, Found]
    ) -> dict[Key, Found]:
        """Return what follows from pieces of the market, derived once per version."""
        answers = self._answers[tenant]
        missing = [key for key in dict.fromkeys(keys) if (what, key) not in answers]
        if missing:
            answers.update({(what, key): found for key, found in (await derive(missing)).items()})
        return {key: answers[what, key] for key in keys if (what, key) in answers}

    async def _once(
        self, tenant: str, what: tuple[Hashable, ...], fetch: Callable[[], Awaitable[Found]]
    ) -> Found:
        """Fetch what may depend on any import of the tenant once per version."""
        answers = self._answers[tenant]
        if what not in answers:
            answers[what] = await fetch()  # into what was current when it was asked
        found: Found = answers[what]
        return found

    async def _each(
        self,
        kind: str,
        tenant: str,
        wanted: Sequence[Any],
        fetch: Callable[[list[Any]], Awaitable[dict[Any, Found]]],
    ) -> dict[Any, Found]:
        """Fetch what is not yet kept of things that only change when `_forget` says so."""
        kept = self._lasting
        found = {one: kept.get((kind, tenant, one), MISSING) for one in wanted}
        missing = [one for one, value in found.items() if value is MISSING]
        for one in missing:
            del found[one]
        if missing:
            reached = dict(self._reached)
            fetched = await fetch(missing)
            found |= fetched
            if reached == self._reached:  # else it may be of before what was just forgotten
                kept.update({(kind, tenant, one): value for one, value in fetched.items()})
                while len(kept) > ENTRIES_KEPT:
                    kept.popitem(last=False)
        return found
