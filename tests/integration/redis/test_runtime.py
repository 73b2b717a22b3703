import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from redis import Redis
from redis.exceptions import RedisError
from tests.support.deliveries import ALPHA, BETA, GROUP, an_inbox, pending_in, put
from tests.support.relaying import soon
from tests.support.servers import reachable_folder

from agents.runtime import Agent, Patience, Runtime
from application.inbox import Message
from domain.errors import Unavailable
from infrastructure.embedded.redis_server import EmbeddedRedis
from infrastructure.embedded.server import start, stop
from infrastructure.redis.connect import Client, client
from infrastructure.redis.dead_letters import DeadLetters
from infrastructure.redis.metrics import AgentMetrics

PATIENCE = Patience(first_pause_seconds=0.001, longest_pause_seconds=0.01, beat_seconds=0.05)


class Clerk:
    """Notes what it was given; refuses what its rules say."""

    name = "clerk"

    def __init__(self) -> None:
        self.given: list[list[int]] = []
        self.poison: set[int] = set()
        self.hangs: set[int] = set()
        self.away = 0
        self.may_finish = threading.Event()
        self.may_finish.set()

    async def handle(self, messages: Sequence[Message]) -> None:
        positions = [message.position for message in messages]
        self.given.append(positions)
        await asyncio.to_thread(self.may_finish.wait)
        if self.hangs & set(positions):
            await asyncio.Event().wait()
        if self.away:
            self.away -= 1
            raise Unavailable("not now")
        if self.poison & set(positions):
            raise ValueError(f"cannot read {positions}")

    @property
    def seen(self) -> list[int]:
        return sorted(position for positions in self.given for position in positions)


class Work:
    """A runtime at work in the background."""

    def __init__(self, redis: Client, agent: Agent, patience: Patience = PATIENCE, **given: Any) -> None:
        self.registry = CollectorRegistry()
        self.stop = asyncio.Event()
        runtime = Runtime(
            agent,
            an_inbox(redis, **given),
            AgentMetrics(GROUP, self.registry),
            stop=self.stop,
            is_transient=lambda failure: isinstance(failure, RedisError | Unavailable),
            patience=patience,
        )
        self.task = asyncio.create_task(runtime.run())

    async def __aenter__(self) -> "Work":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await self.task

    def count(self, name: str) -> float:
        return self.registry.get_sample_value(f"trimtab_agent_{name}_total", {"agent": GROUP}) or 0.0


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Client]:
    async with client(redis_url, "test") as connected:
        yield connected


async def test_a_burst_for_one_portfolio_is_handled_at_once_and_in_order(
    redis: Client, redis_url: str
) -> None:
    put(redis_url, (1, ALPHA), (2, BETA), (3, ALPHA), (4, ALPHA), (5, BETA))
    clerk = Clerk()
    async with Work(redis, clerk) as work:
        await soon(lambda: work.count("handled") == 5)
        await soon(lambda: pending_in(redis_url) == 0)
    assert sorted(clerk.given) == [[1, 3, 4], [2, 5]]


async def test_a_poison_message_is_tried_buried_and_handled_after_its_replay(
    redis: Client, redis_url: str
) -> None:
    put(redis_url, (1, ALPHA), (2, BETA))
    clerk = Clerk()
    clerk.poison = {1}
    async with Work(redis, clerk) as work:
        await soon(lambda: work.count("dead") == 1 and work.count("handled") == 1)
        put(redis_url, (3, ALPHA), (4, BETA))
        await soon(lambda: work.count("handled") == 2)
        letters = await DeadLetters(redis).of(GROUP)
        assert [letter.entry for letter in letters] == ["1-0", "3-0"]
        assert letters[0].error == "ValueError('cannot read [1]')"
        assert "in handle" in letters[0].traceback
        assert clerk.given.count([1]) == PATIENCE.attempts
        clerk.poison.clear()
        await DeadLetters(redis).replay(GROUP)
        await soon(lambda: work.count("handled") == 4)
    assert clerk.given[-1] == [1, 3]
    assert await DeadLetters(redis).of(GROUP) == []


async def test_what_is_away_for_a_while_never_counts_against_a_message(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA))
    clerk = Clerk()
    clerk.away = 3 * PATIENCE.attempts
    async with Work(redis, clerk) as work:
        await soon(lambda: work.count("handled") == 1)
        assert work.count("dead") == 0


async def test_work_that_never_ends_is_given_up_and_holds_up_nothing(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA), (2, BETA))
    clerk = Clerk()
    clerk.hangs = {1}
    patience = Patience(
        attempts=2, handle_seconds=0.05, first_pause_seconds=0.001, longest_pause_seconds=0.01
    )
    async with Work(redis, clerk, patience) as work:
        await soon(lambda: work.count("dead") == 1 and work.count("handled") == 1)
    letters = await DeadLetters(redis).of(GROUP)
    assert [(letter.entry, letter.error) for letter in letters] == [
        ("1-0", "Stuck('not done within 0.05 s')")
    ]


async def test_a_message_that_kills_its_readers_is_buried_in_the_end(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA))
    for _ in range(4):
        dying = an_inbox(redis)
        while not await dying.receive():
            pass
    clerk = Clerk()
    async with Work(redis, clerk, Patience(deliveries=3)) as work:
        await soon(lambda: work.count("dead") == 1)
    assert clerk.given == []


async def test_a_stopped_agent_finishes_what_it_has_begun_and_leaves_the_rest(
    redis: Client, redis_url: str
) -> None:
    put(redis_url, (1, ALPHA), (2, BETA))
    clerk = Clerk()
    clerk.may_finish.clear()
    async with Work(redis, clerk, Patience(portfolios_at_once=1)) as work:
        await soon(lambda: clerk.given == [[1]])
        work.stop.set()
        clerk.may_finish.set()
        await work.task
        assert work.count("handled") == 1
    assert pending_in(redis_url) == 1
    async with Work(redis, clerk):
        await soon(lambda: pending_in(redis_url) == 0)
    assert clerk.given == [[1], [2]]


async def test_long_work_is_not_taken_away(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA))
    clerk, other = Clerk(), Clerk()
    clerk.may_finish.clear()
    async with Work(redis, clerk) as work, client(redis_url, "other") as second:
        await soon(lambda: clerk.given == [[1]])
        with Redis.from_url(redis_url) as direct:
            before = claims_tried(direct)
            async with Work(second, other, claim_idle_seconds=0.5, consumer="test-2"):
                await soon(lambda: claims_tried(direct) >= before + 10)
            clerk.may_finish.set()
            await soon(lambda: work.count("handled") == 1)
    assert other.given == []


async def test_a_flush_in_the_middle_of_the_work_loses_nothing(redis: Client, redis_url: str) -> None:
    put(redis_url, (1, ALPHA))
    clerk = Clerk()
    async with Work(redis, clerk):
        await soon(lambda: clerk.seen == [1])
        with Redis.from_url(redis_url) as direct:
            direct.flushall()
        put(redis_url, (1, ALPHA), (2, ALPHA))
        await soon(lambda: set(clerk.seen) == {1, 2} and pending_in(redis_url) == 0)


async def test_a_redis_that_restarts_is_read_on() -> None:
    with reachable_folder() as folder:
        server = EmbeddedRedis(folder / "redis")
        process = start(server)
        clerk = Clerk()
        try:
            async with client(server.url(), "test") as redis, Work(redis, clerk):
                put(server.url(), (1, ALPHA))
                await soon(lambda: clerk.seen == [1])
                process.terminate()
                await asyncio.to_thread(process.wait)
                process = await asyncio.to_thread(start, server)
                put(server.url(), (2, ALPHA))
                await soon(lambda: clerk.seen == [1, 2])
        finally:
            stop(server, process)


def claims_tried(redis: "Redis") -> int:
    """How often any member looked for entries of dead ones."""
    statistics = redis.info("commandstats")
    assert isinstance(statistics, dict)
    return int(statistics.get("cmdstat_xautoclaim", {}).get("calls", 0))
