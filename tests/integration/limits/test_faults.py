"""Redis away, emptied or silent, PostgreSQL away, processes that end: what is let in, and what is still counted."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import sleep, time
from typing import Any

import httpx
import pytest
from psycopg_pool import AsyncConnectionPool
from redis import Redis
from structlog.testing import capture_logs
from tests.support.cut_line import CutLine, a_line_to

from application.limits.month import month_of
from application.limits.rules import PerMinute, Quota
from infrastructure.limits.book import Batch
from infrastructure.postgres.usage import PostgresUsage

MARCH = month_of(1_774_512_000)


@pytest.fixture
async def line(redis_url: str, patient: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("infrastructure.redis.line.PATIENCE_SECONDS", 2)
    async with a_line_to(redis_url) as line:
        yield line


async def eventually(question: Callable[[], Awaitable[object]], *, seconds: float = 10) -> None:
    """Wait for a true answer."""
    async with asyncio.timeout(seconds):
        while not await question():
            await asyncio.sleep(0.02)


async def get(client: httpx.AsyncClient, times: int = 1) -> list[int]:
    answers = await asyncio.gather(*(client.get("/v1/things") for _ in range(times)))
    return [answer.status_code for answer in answers]


async def used(client: httpx.AsyncClient) -> int:
    return int((await client.get("/v1/usage")).json()["used"])


async def cut(line: CutLine) -> None:
    await line.cut()


async def silence(line: CutLine) -> None:
    line.fall_silent()


AWAY = pytest.mark.parametrize("go_away", [cut, silence])


@AWAY
async def test_without_redis_everything_is_let_in_but_nobody_signs_in(
    start: Any, line: CutLine, go_away: Any
) -> None:
    api = await start(PerMinute(read=3, auth=3), default_tier="free", redis=line.url)
    client, stranger = api.client(), api.client(None)
    await go_away(line)
    assert await get(client, 50) == [200] * 50
    refused = await stranger.post("/v1/auth/login", json={"email": "ada@example.com"})
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert [(await stranger.post("/v1/auth/register")).status_code for _ in range(5)] == [200] * 5


@AWAY
async def test_a_redis_that_is_away_is_tried_once_a_second_and_not_for_every_request(
    start: Any, line: CutLine, go_away: Any
) -> None:
    api = await start(default_tier="free", redis=line.url)
    client = api.client()
    await get(client)
    with capture_logs() as logs:
        await go_away(line)
        await get(client)
        before = line.attempts
        for _ in range(200):
            await get(client)
        assert line.attempts - before <= 20
    assert [entry["event"] for entry in logs if "limits" in entry["event"]] == ["limits_open"]


@AWAY
async def test_limits_hold_again_as_soon_as_redis_is_back_and_what_was_served_meanwhile_counts(
    start: Any, line: CutLine, go_away: Any
) -> None:
    api = await start(default_tier="free", redis=line.url)
    client = api.client()
    assert await get(client, 10) == [200] * 10
    await go_away(line)
    assert await get(client, 60) == [200] * 60
    assert await used(client) == 70
    await line.join()

    await eventually(lambda: can_sign_in(api.client(None)))
    assert (await get(client, 100)).count(200) == 30
    assert await used(client) == 100


async def can_sign_in(client: httpx.AsyncClient) -> bool:
    """Say whether Redis is there, without a call of anybody's month."""
    answer = await client.post("/v1/auth/login", json={"email": "ada@example.com"})
    return answer.status_code != 503


async def test_a_connection_that_was_lost_is_made_again_without_a_word(start: Any, line: CutLine) -> None:
    api = await start(default_tier="free", redis=line.url)
    assert await get(api.client(), 5) == [200] * 5
    await line.hang_up()
    with capture_logs() as logs:
        assert await can_sign_in(api.client(None))
        assert (await get(api.client(), 100)).count(200) == 95
    assert logs == []


async def test_a_redis_that_was_emptied_learns_from_postgresql(start: Any, redis_url: str) -> None:
    api = await start(default_tier="free")
    client = api.client()
    assert await get(client, 60) == [200] * 60
    with Redis.from_url(redis_url) as redis:
        redis.flushall()
    assert (await get(client, 100)).count(200) == 40
    assert await used(client) == 100
    await eventually(lambda: as_async(api.kept() == 100))
    assert await used(client) == 100


async def test_a_redis_that_was_emptied_between_two_folds_loses_nothing(start: Any, redis_url: str) -> None:
    api = await start(default_tier="free")
    client = api.client()
    with Redis.from_url(redis_url) as redis:
        for _ in range(10):
            assert await get(client, 5) == [200] * 5
            redis.flushall()
    assert await used(client) == 50
    await eventually(lambda: as_async(api.kept() == 50))
    assert await used(client) == 50


async def as_async(value: object) -> object:
    return value


@pytest.mark.parametrize("tier", ["self_hosted", "free"])
async def test_calls_are_in_postgresql_soon_and_when_the_process_ends(start: Any, tier: str) -> None:
    api = await start(default_tier=tier)
    client = api.client()
    await get(client, 20)
    await eventually(lambda: as_async(api.kept() == 20))
    await get(client, 7)
    await client.get("/v1/broken")
    await api.counting.close()
    assert api.kept() == 27


async def test_a_process_that_starts_goes_on_with_the_calls_of_the_month(start: Any, redis_url: str) -> None:
    first = await start(default_tier="free")
    await get(first.client(), 95)
    await first.counting.close()
    with Redis.from_url(redis_url) as redis:
        redis.flushall()
    second = await start(default_tier="free")
    assert (await get(second.client(), 20)).count(200) == 5


async def test_calls_of_a_process_that_was_killed_are_forgotten_by_redis_in_time(
    start: Any, redis_url: str
) -> None:
    api = await start(default_tier="free")
    client = api.client()
    await get(client, 10)
    await eventually(lambda: as_async(api.kept() == 10))
    with Redis.from_url(redis_url) as redis:
        (month,) = redis.keys("tt:calls:*")
        redis.hincrby(month, "open", 5)  # counted by a process that never folded them
        assert await used(client) == 15
        redis.hset(month, "touched", 0)  # ten seconds and more ago
    assert await used(client) == 10


async def test_a_batch_sent_twice_is_added_once(connections: AsyncConnectionPool[Any]) -> None:
    usage = PostgresUsage(connections)
    batch = Batch(1, {("acme", MARCH): 5, ("other", MARCH): 2})
    first = await usage.fold(batch)
    again = await usage.fold(batch)
    assert {(total.account[0], total.used) for total in again} == {("acme", 5), ("other", 2)}
    assert {total.account for total in first} == {total.account for total in again}
    assert (await usage.of("acme", MARCH)).used == 5


async def test_processes_that_fold_the_same_tenants_at_once_lose_nothing_and_block_nobody(
    connections: AsyncConnectionPool[Any],
) -> None:
    tenants = [f"t{number}" for number in range(20)]

    async def process(order: list[str]) -> None:
        usage = PostgresUsage(connections)
        for number in range(1, 11):
            await usage.fold(Batch(number, {(tenant, MARCH): 1 for tenant in order}))

    await asyncio.gather(*(process(tenants[::step]) for step in (1, -1, 1, -1)))
    usage = PostgresUsage(connections)
    assert {(await usage.of(tenant, MARCH)).used for tenant in tenants} == {40}


async def test_what_is_given_back_is_folded_as_less_and_never_below_nothing(
    connections: AsyncConnectionPool[Any],
) -> None:
    usage = PostgresUsage(connections)
    await usage.fold(Batch(1, {("acme", MARCH): 5}))
    await usage.fold(Batch(2, {("acme", MARCH): -2}))
    assert (await usage.of("acme", MARCH)).used == 3
    await usage.fold(Batch(3, {("acme", MARCH): -9}))
    assert (await usage.of("acme", MARCH)).used == 0


async def test_the_api_sees_the_usage_of_its_tenant_alone_and_changes_none(
    connections: AsyncConnectionPool[Any],
) -> None:
    await PostgresUsage(connections).fold(Batch(1, {("acme", MARCH): 5}))
    async with connections.connection() as connection:
        await connection.execute("select set_config('trimtab.tenant', 'other', false)")
        rows = await (await connection.execute("select * from identity.usage")).fetchall()
        assert rows == []
        for statement in ("update identity.usage set used = 0", "select * from identity.usage_writer"):
            with pytest.raises(Exception, match="permission denied"):
                await connection.execute(statement)  # type: ignore[arg-type]
        await connection.execute("select set_config('trimtab.tenant', '', false)")


async def test_without_postgresql_limits_hold_and_calls_are_kept_for_later(
    start: Any, connections: AsyncConnectionPool[Any]
) -> None:
    api = await start(PerMinute(read=20), default_tier="free")
    client = api.client()
    assert await get(client, 5) == [200] * 5
    await eventually(lambda: as_async(api.kept() == 5))
    api.database.execute("revoke execute on function identity.fold_usage from trimtab_api")
    assert await get(client, 5) == [200] * 5
    assert await used(client) == 10
    with suppress(TimeoutError):
        await eventually(lambda: as_async(api.kept() > 5), seconds=1.2)
    assert api.kept() == 5
    api.database.execute("grant execute on function identity.fold_usage to trimtab_api")
    await eventually(lambda: as_async(api.kept() == 10))
    assert await used(client) == 10


async def test_who_is_gone_when_the_answer_comes_is_not_counted(
    start: Any, line: CutLine, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.redis.line.PATIENCE_SECONDS", 60)
    api = await start(default_tier="free", redis=line.url)
    await get(api.client(), 3)
    line.hold_answers()
    asking = asyncio.create_task(
        api.counting.take((), Quota(tenant="acme", month=month_of(time()), calls=100))
    )
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        (month,) = redis.keys("tt:calls:*")
        await eventually(
            lambda: as_async(sum(int(redis.hget(month, field) or 0) for field in ("open", "folded")) == 4)
        )
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking
    line.release_answers()
    assert await used(api.client()) == 3


async def test_a_process_that_was_busy_itself_does_not_blame_redis(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.redis.line.PATIENCE_SECONDS", 2)
    api = await start(default_tier="free")
    client = api.client()
    await get(client)
    quota = Quota(tenant="acme", month=month_of(time()), calls=100)
    with capture_logs() as logs:
        asking = asyncio.create_task(api.counting.take((), quota))
        for _ in range(4):
            await asyncio.sleep(0)
        sleep(2.2)  # the whole process does something else, and Redis has long answered
        assert (await asking).allowed
    assert logs == []
