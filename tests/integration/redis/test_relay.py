import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import AsyncConnection
from redis import Redis
from tests.support.relaying import entries_on, positions_on, relaying, soon, worker
from tests.support.servers import reachable_folder
from tests.support.streams import TENANT, a_ledger, archived, positions_in, registered

from infrastructure.embedded.redis_server import EmbeddedRedis
from infrastructure.embedded.server import start, stop
from infrastructure.redis.connect import client
from infrastructure.redis.publisher import CHECKPOINT, Publisher
from projections.published.catalogue import PORTFOLIO_EVENTS, REBALANCE_RECOMMENDED
from projections.published.cloudevents import Entry

PORTFOLIOS = "portfolio.%"


async def test_every_event_of_a_portfolio_is_on_the_stream_under_its_position(
    database_url: str, redis_url: str
) -> None:
    async with a_ledger(database_url) as ledger, relaying(database_url, redis_url) as metrics:
        [portfolio_id] = await registered(ledger)
        await archived(ledger, portfolio_id)
        await soon(lambda: len(positions_on(redis_url, PORTFOLIO_EVENTS)) == 2)
        assert positions_on(redis_url, PORTFOLIO_EVENTS) == positions_in(database_url, PORTFOLIOS)
        await soon(lambda: metrics.position._value.get() == 2 and metrics.lag._value.get() == 0)


async def test_an_entry_is_a_cloud_event_with_one_attribute_per_field(
    database_url: str, redis_url: str
) -> None:
    async with a_ledger(database_url) as ledger, relaying(database_url, redis_url):
        [portfolio_id] = await registered(ledger)
        [entry] = await soon(lambda: entries_on(redis_url, PORTFOLIO_EVENTS))
    with psycopg.connect(database_url) as connection:
        [(event_id, recorded_at)] = connection.execute("select event_id, recorded_at from events.event")
    data = msgspec.json.decode(entry.pop("data"))
    assert entry.pop("time") == recorded_at.isoformat().replace("+00:00", "Z")
    assert entry == {
        "specversion": "1.0",
        "id": str(event_id),
        "source": "/trimtab",
        "type": "pm.portfolio.registered.v1",
        "subject": f"portfolio/{portfolio_id}",
        "datacontenttype": "application/json",
        "dataschema": "http://127.0.0.1:8321/v1/schemas/pm.portfolio.registered.v1",
        "tenantid": TENANT,
        "correlationid": "correlation",
        "sequence": "1",
    }
    assert (data["portfolio_id"], data["rebalance_threshold"]) == (str(portfolio_id), 0.05)


async def test_what_was_recorded_before_the_relay_ran_is_published_too(
    database_url: str, redis_url: str
) -> None:
    async with a_ledger(database_url) as ledger:
        await registered(ledger, 3)
    async with relaying(database_url, redis_url):
        await soon(lambda: positions_on(redis_url, PORTFOLIO_EVENTS) == [1, 2, 3])


async def test_a_killed_relay_loses_nothing_and_doubles_nothing(database_url: str, redis_url: str) -> None:
    async with a_ledger(database_url) as ledger:
        for _ in range(3):
            load = asyncio.create_task(registered(ledger, 150))
            with worker("relay", database_url=database_url, redis_url=redis_url):
                await soon(more_than(20 + len(positions_on(redis_url, PORTFOLIO_EVENTS)), redis_url))
            await load
    async with relaying(database_url, redis_url):
        await soon(lambda: len(positions_on(redis_url, PORTFOLIO_EVENTS)) == 450)
    assert positions_on(redis_url, PORTFOLIO_EVENTS) == positions_in(database_url, PORTFOLIOS)


@pytest.mark.parametrize("command", [("relay",), ("agent", "rebalance")])
async def test_a_process_that_is_asked_to_end_does_so_in_peace(
    command: tuple[str, ...], database_url: str, redis_url: str
) -> None:
    with worker(*command, database_url=database_url, redis_url=redis_url) as process:
        with Redis.from_url(redis_url) as redis:
            await soon(
                lambda: [one for one in redis.client_list() if one["name"] == f"trimtab-{'-'.join(command)}"]
            )
        process.terminate()
        assert await asyncio.to_thread(process.wait, 10) == 0


async def test_streams_lost_in_the_middle_of_the_load_are_filled_again(
    database_url: str, redis_url: str
) -> None:
    async with a_ledger(database_url) as ledger, relaying(database_url, redis_url) as metrics:
        load = asyncio.create_task(registered(ledger, 200))
        for enough in (30, 60):
            await soon(more_than(enough, redis_url))
            with Redis.from_url(redis_url) as redis:
                redis.flushall()
        await load
        await soon(lambda: len(positions_on(redis_url, PORTFOLIO_EVENTS)) == 200)
        assert positions_on(redis_url, PORTFOLIO_EVENTS) == positions_in(database_url, PORTFOLIOS)
        assert metrics.rewinds._value.get() >= 2


async def test_one_lost_stream_is_noticed_while_nothing_is_recorded(
    database_url: str, redis_url: str
) -> None:
    async with a_ledger(database_url) as ledger, relaying(database_url, redis_url):
        await registered(ledger, 5)
        await soon(lambda: len(positions_on(redis_url, PORTFOLIO_EVENTS)) == 5)
        with Redis.from_url(redis_url) as redis:
            redis.delete(PORTFOLIO_EVENTS)
        await soon(lambda: positions_on(redis_url, PORTFOLIO_EVENTS) == [1, 2, 3, 4, 5])


async def test_a_stream_from_an_older_backup_is_filled_up_from_its_own_end(
    database_url: str, redis_url: str
) -> None:
    async with a_ledger(database_url) as ledger:
        with Redis.from_url(redis_url) as redis:
            async with relaying(database_url, redis_url):
                await registered(ledger, 3)
                await soon(lambda: len(positions_on(redis_url, PORTFOLIO_EVENTS)) == 3)
            backup: Any = {key: redis.dump(key) for key in redis.scan_iter()}
            async with relaying(database_url, redis_url):
                await registered(ledger, 3)
                await soon(lambda: len(positions_on(redis_url, PORTFOLIO_EVENTS)) == 6)
                for key, content in backup.items():
                    redis.restore(key, 0, content, replace=True)
                await soon(lambda: positions_on(redis_url, PORTFOLIO_EVENTS) == [1, 2, 3, 4, 5, 6])


async def test_a_redis_that_goes_away_and_comes_back_gets_everything(database_url: str) -> None:
    with reachable_folder() as folder:
        server = EmbeddedRedis(folder / "redis")
        process = start(server)
        try:
            async with a_ledger(database_url) as ledger, relaying(database_url, server.url()) as metrics:
                await registered(ledger, 5)
                await soon(lambda: len(positions_on(server.url(), PORTFOLIO_EVENTS)) == 5)
                process.kill()
                await asyncio.to_thread(process.wait)
                await registered(ledger, 5)
                await soon(lambda: metrics.publishes._value.get() == 0)
                process = await asyncio.to_thread(start, server)
                await soon(lambda: len(positions_on(server.url(), PORTFOLIO_EVENTS)) == 10)
                assert positions_on(server.url(), PORTFOLIO_EVENTS) == positions_in(database_url, PORTFOLIOS)
                await soon(lambda: metrics.publishes._value.get() == 1)
        finally:
            stop(server, process)


async def test_of_two_relays_one_works_and_the_other_takes_over(database_url: str, redis_url: str) -> None:
    async with a_ledger(database_url) as ledger, AsyncExitStack() as second:
        async with relaying(database_url, redis_url) as metrics:
            await registered(ledger, 2)
            await soon(lambda: len(positions_on(redis_url, PORTFOLIO_EVENTS)) == 2)
            waiting = await second.enter_async_context(relaying(database_url, redis_url))
            await registered(ledger, 2)
            await soon(lambda: len(positions_on(redis_url, PORTFOLIO_EVENTS)) == 4)
            await soon(lambda: metrics.entries._value.get() == 4)  # counted after they were written
            assert waiting.entries._value.get() == 0
        await registered(ledger, 2)
        await soon(lambda: positions_on(redis_url, PORTFOLIO_EVENTS) == [1, 2, 3, 4, 5, 6])


async def test_a_relay_that_lost_its_lock_without_noticing_writes_nothing(redis_url: str) -> None:
    async with client(redis_url, "test") as redis:
        publisher = Publisher(redis)
        await publisher.publish([an_entry(1), an_entry(2)], origin="store", after=0, upto=2)
        late = await publisher.publish([an_entry(1), an_entry(9)], origin="store", after=0, upto=9)
    assert late.position == 2
    assert positions_on(redis_url, PORTFOLIO_EVENTS) == [1, 2]


async def test_a_batch_that_was_cut_short_is_completed_without_doubles(redis_url: str) -> None:
    async with client(redis_url, "test") as redis:
        publisher = Publisher(redis)
        await publisher.publish([an_entry(1)], origin="store", after=0, upto=1)
        await redis.xadd(PORTFOLIO_EVENTS, {"data": "2"}, id="2-0")  # as if an error came after the entry
        await publisher.publish([an_entry(2), an_entry(3)], origin="store", after=1, upto=3)
    assert positions_on(redis_url, PORTFOLIO_EVENTS) == [1, 2, 3]


async def test_a_rare_stream_does_not_take_the_relay_back_to_the_beginning(redis_url: str) -> None:
    async with client(redis_url, "test") as redis:
        publisher = Publisher(redis)
        await publisher.publish([an_entry(1, REBALANCE_RECOMMENDED)], origin="store", after=0, upto=1)
        await publisher.publish([an_entry(2)], origin="store", after=1, upto=900)
        assert (await publisher.standing("store")).position == 900
        await redis.delete(REBALANCE_RECOMMENDED)
        assert (await publisher.standing("store")).position == 0
        await redis.delete(CHECKPOINT)
        assert (await publisher.standing("store")).position == 0


async def test_the_streams_of_another_store_are_left_alone(database_url: str, redis_url: str) -> None:
    async with client(redis_url, "test") as redis:
        await Publisher(redis).publish([an_entry(1)], origin="another", after=0, upto=1)
    async with a_ledger(database_url) as ledger, relaying(database_url, redis_url) as metrics:
        await registered(ledger, 3)
        await soon(lambda: metrics.publishes._value.get() == 0)
        assert positions_on(redis_url, PORTFOLIO_EVENTS) == [1]
        with Redis.from_url(redis_url) as emptied:
            emptied.flushall()
        await soon(lambda: positions_on(redis_url, PORTFOLIO_EVENTS) == [1, 2, 3])


async def test_old_entries_go_once_every_group_has_read_them(database_url: str, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.config_set("stream-node-max-entries", 1)  # trimming takes whole nodes
        redis.xgroup_create(PORTFOLIO_EVENTS, "slow", id="0", mkstream=True)
        async with a_ledger(database_url) as ledger:
            await registered(ledger, 4)
            async with relaying(database_url, redis_url, stream_retention=timedelta(0)):
                await soon(lambda: len(positions_on(redis_url, PORTFOLIO_EVENTS)) == 4)
            redis.xreadgroup("slow", "reader", {PORTFOLIO_EVENTS: ">"}, count=3)
            redis.xack(PORTFOLIO_EVENTS, "slow", "1-0")  # 2 and 3 are in hand, 4 is unread
            async with relaying(database_url, redis_url, stream_retention=timedelta(0)):
                await soon(lambda: positions_on(redis_url, PORTFOLIO_EVENTS) == [2, 3, 4])
        redis.config_set("stream-node-max-entries", 100)


async def test_a_lost_database_connection_is_opened_again(database_url: str, redis_url: str) -> None:
    async with a_ledger(database_url) as ledger, relaying(database_url, redis_url):
        await registered(ledger)
        await soon(lambda: len(positions_on(redis_url, PORTFOLIO_EVENTS)) == 1)
        async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'trimtab-relay'"
            )
        await registered(ledger)
        await soon(lambda: positions_on(redis_url, PORTFOLIO_EVENTS) == [1, 2])


def more_than(count: int, redis_url: str) -> Callable[[], bool]:
    return lambda: len(positions_on(redis_url, PORTFOLIO_EVENTS)) > count


def an_entry(position: int, stream: str = PORTFOLIO_EVENTS) -> Entry:
    return Entry(stream=stream, position=position, fields={"data": str(position).encode()})
