"""What is kept in the process says the same as the database, whatever was imported meanwhile."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import numpy as np
import pytest
from psycopg_pool import AsyncConnectionPool
from tests.support.database import as_api
from tests.support.market import NAN, MarketData, weekdays

from application.market.history import Bars
from application.market.quotes import Name
from infrastructure.marketdata.cached import CachedMarketHistory
from infrastructure.marketdata.history import PostgresMarketHistory
from infrastructure.postgres.connect import pool

DAYS = weekdays("2022-12-29", 6)
TENANTS = ("acme", "other")


@pytest.fixture
async def connections(database_url: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with pool(as_api(database_url), "test", size=2) as opened:
        yield opened


@pytest.fixture
def cached(connections: AsyncConnectionPool[Any]) -> CachedMarketHistory:
    return CachedMarketHistory(connections)


def same(one: Bars, other: Bars) -> bool:
    return one.listing_ids == other.listing_ids and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name != "days")
        for name in ("days", "close", "adjusted", "volume")
    )


async def test_every_import_is_seen_by_those_who_may_see_it(
    shared: MarketData, own: MarketData, cached: CachedMarketHistory, history: PostgresMarketHistory
) -> None:
    first = shared.bars("AAA", DAYS, [1, 2, 3, 4, 5, 6], adjusted=[1, 2, 3, 4, 5, NAN])
    second = shared.bars("BBB", DAYS[1:3], [10, 20], volume=[7, 8])
    third = shared.listing("CCC")
    imports = [
        lambda: None,
        lambda: shared.bars(first, DAYS[2:3], [30]),
        lambda: own.bars(first, DAYS[:1], [100]),
        lambda: own.bars(third, DAYS[:2], [8, 9]),
        lambda: shared.bars(third, DAYS[1:3], [80, 90]),
        lambda: shared.split(first, DAYS[5], 2),
        lambda: own.split(second, DAYS[2], 2),
        lambda: shared.bars(second, [date(2023, 3, 1)], [25]),
    ]
    for happens in imports:
        happens()
        for tenant in TENANTS:
            ids = [third, first, second]
            assert same(await cached.bars(tenant, ids), await history.bars(tenant, ids))
            window = {"start": DAYS[1], "end": DAYS[4]}
            assert same(
                await cached.bars(tenant, ids[1:], **window), await history.bars(tenant, ids[1:], **window)
            )
            assert await cached.actions(tenant, ids) == await history.actions(tenant, ids)
            assert await cached.version(tenant) == await history.version(tenant)


async def test_names_are_looked_up_again_when_something_was_named(
    shared: MarketData, own: MarketData, cached: CachedMarketHistory
) -> None:
    async def meant(tenant: str) -> int | None:
        (listing,) = await cached.listings(tenant, [Name("AAA", currency="USD")])
        return None if listing is None else listing.listing_id

    assert [await meant(tenant) for tenant in TENANTS] == [None, None]
    public = shared.bars("AAA", DAYS, [1] * 6)
    assert [await meant(tenant) for tenant in TENANTS] == [public, public]
    private = own.bars("AAA", DAYS, [2] * 6)
    assert [await meant(tenant) for tenant in TENANTS] == [private, public]


async def test_rates_factors_and_benchmarks_follow_imports(
    shared: MarketData, own: MarketData, cached: CachedMarketHistory
) -> None:
    days = np.array(DAYS, "datetime64[D]")

    async def seen(tenant: str) -> tuple[float, float, int, bool]:
        rates = await cached.exchange_rates(tenant, ["AED"], "USD", days)
        factors = await cached.factors(tenant)
        benchmark = await cached.benchmark(tenant, "X")
        free = await cached.risk_free(tenant, "USD", DAYS[-1])
        return (
            float(np.nan_to_num(rates["AED"].rates[-1])),
            free.value,
            len(factors.names),
            benchmark is not None,
        )

    assert await seen("acme") == (0, 0, 0, False)
    own.fx("AED", "USD", {DAYS[0]: "0.25"})
    own.rates("USD", "3m", {DAYS[0]: "0.04"})
    shared.factor("market", DAYS, [0.01] * 6)
    shared.constituents("X", DAYS[0], {"AAA": (1, None)})
    assert await seen("acme") == (0.25, 0.04, 1, True)
    assert await seen("other") == (0, 0, 1, True)


async def test_nothing_is_fetched_twice(
    shared: MarketData, cached: CachedMarketHistory, connections: AsyncConnectionPool[Any]
) -> None:
    listing = shared.bars("AAA", DAYS, [1] * 6)

    async def ask() -> None:
        market = await cached.pinned("acme")
        await market.listings("acme", [Name("AAA")])
        await market.bars("acme", [listing])
        await market.exchange_rates("acme", ["EUR"], "USD", np.array(DAYS, "datetime64[D]"))
        await market.risk_free("acme", "USD", DAYS[0])
        await market.benchmark("acme", "AAA")
        await market.factors("acme")
        await market.quality("acme", [listing], on=DAYS[-1])
        await market.clock("acme")

    await ask()
    before = connections.get_stats()["requests_num"]
    await ask()
    assert connections.get_stats()["requests_num"] - before == 1


async def test_a_pinned_market_tells_the_same_of_every_stretch(
    shared: MarketData, cached: CachedMarketHistory, history: PostgresMarketHistory
) -> None:
    ids = [shared.bars("AAA", DAYS, [1, 2, 3, 4, 5, 6]), shared.bars("BBB", DAYS[2:4], [10, 20])]
    market = await cached.pinned("acme")
    for first, last in ((1, 4), (0, 6), (3, 5), (4, 2)):
        start, end = DAYS[first], DAYS[last - 1]
        told = await market.bars("acme", ids, start=start, end=end)
        assert same(told, await history.bars("acme", ids, start=start, end=end))
    assert same(await market.bars("acme", ids[1:]), await history.bars("acme", ids[1:]))


async def test_the_past_is_read_from_the_database(shared: MarketData, cached: CachedMarketHistory) -> None:
    from datetime import UTC, datetime

    listing = shared.bars("AAA", DAYS, [1] * 6)
    between = datetime.now(UTC)
    shared.bars(listing, DAYS[:1], [2])
    assert (await cached.bars("acme", [listing])).close[0, 0] == 2
    assert (await cached.bars("acme", [listing], known_at=between)).close[0, 0] == 1


async def test_memory_is_bounded(
    shared: MarketData, connections: AsyncConnectionPool[Any], history: PostgresMarketHistory
) -> None:
    tight = CachedMarketHistory(connections, max_bytes=3000)
    ids = [shared.bars(f"T{number}", DAYS, [number] * 6) for number in range(12)]
    for _ in range(2):
        assert same(await tight.bars("acme", ids), await history.bars("acme", ids))
    assert tight._cache._bars.n_bytes <= 3000


async def test_listings_of_one_calendar_share_its_days(
    shared: MarketData, cached: CachedMarketHistory
) -> None:
    ids = [shared.bars(f"T{number}", DAYS, [number] * 6) for number in range(3)]
    await cached.bars("acme", ids)
    assert len({id(bars.days) for bars in await cached._cache.series("acme", ids, None)}) == 1
