"""The script that decides, against another way to say the same, on a real Redis whose clock the test sets."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import floor
from time import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg_pool import AsyncConnectionPool
from redis import Redis
from tests.support.database import as_api

from application.limits.month import month_of
from application.limits.ports import LimiterAway
from application.limits.rules import Limit, Quota
from infrastructure.limits.counting import Counting
from infrastructure.postgres.usage import PostgresUsage
from infrastructure.redis.limits import SCRIPT

CLOCK_KEY = "the clock of the test"
START = 1_774_512_000_000_000
REAL_CLOCK = b"redis.call('TIME')"
SET_CLOCK = f"redis.call('LRANGE', '{CLOCK_KEY}', 0, -1)".encode()


@dataclass
class Bucket:
    """A bucket that drains: the same limit as GCRA, told by its level instead of by a moment."""

    quota: int
    interval: int
    level: int = 0
    at: int = START

    def drained(self, now: int) -> int:
        """What is in it, in microseconds of draining."""
        return max(0, self.level - (now - self.at))

    def takes(self, now: int, cost: int) -> bool:
        """Whether there is room."""
        return self.drained(now) + cost * self.interval <= self.quota * self.interval

    def pour(self, now: int, cost: int) -> None:
        """Take calls."""
        self.level, self.at = self.drained(now) + cost * self.interval, now

    def left(self, now: int) -> int:
        """Whole calls that there is room for."""
        return floor((self.quota * self.interval - self.drained(now)) / self.interval)


@dataclass
class Model:
    """What the script should answer."""

    buckets: dict[str, Bucket] = field(default_factory=dict)

    def take(self, now: int, asks: list[tuple[Limit, int]]) -> list[tuple[int, int, int, int]]:
        """All limits or none."""
        found = [
            (self.buckets.setdefault(limit.key, Bucket(limit.quota, limit.interval)), cost)
            for limit, cost in asks
        ]
        allows = [bucket.takes(now, cost) for bucket, cost in found]
        waits = [
            bucket.drained(now) if allowed else bucket.drained(now) + (cost - bucket.quota) * bucket.interval
            for (bucket, cost), allowed in zip(found, allows, strict=True)
        ]
        if all(allows):
            for bucket, cost in found:
                bucket.pour(now, cost)
            waits = [bucket.drained(now) for bucket, _ in found]
        return [
            (int(allowed), bucket.left(now), wait, bucket.quota - bucket.left(now))
            for (bucket, _), allowed, wait in zip(found, allows, waits, strict=True)
        ]


LIMITS = [
    Limit(name="a", key="a", quota=3, seconds=60),
    Limit(name="b", key="b", quota=7, seconds=60),
    Limit(name="c", key="c", quota=20, seconds=10),
]
REQUESTS = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=70_000_000),  # microseconds since the last
        st.lists(
            st.tuples(st.sampled_from(LIMITS), st.integers(min_value=1, max_value=3)),
            min_size=1,
            max_size=3,
            unique_by=lambda ask: ask[0].key,
        ),
    ),
    max_size=25,
)


@pytest.fixture
def redis(redis_url: str) -> Iterator["Redis"]:
    with Redis.from_url(redis_url) as redis:
        yield redis


def set_clock(redis: "Redis", microseconds: int) -> None:
    redis.delete(CLOCK_KEY)
    redis.rpush(CLOCK_KEY, *divmod(microseconds, 1_000_000))


def ask(redis: "Redis", *requests: list[tuple[int, int, int, str]]) -> list[tuple[int, ...]]:
    """Send requests, each a list of (interval, quota, cost, key), in one script."""
    keys = [key for request in requests for *_, key in request]
    arguments: list[int] = []
    for request in requests:
        arguments.append(len(request))
        for *numbers, _ in request:
            arguments += numbers
    script = SCRIPT.text.replace(REAL_CLOCK, SET_CLOCK)
    figures: Any = redis.eval(script.decode(), len(keys), *keys, *arguments)
    return list(zip(*[iter(figures)] * 4, strict=True))


def request_of(asks: list[tuple[Limit, int]]) -> list[tuple[int, int, int, str]]:
    return [(limit.interval, limit.quota, cost, limit.key) for limit, cost in asks]


def test_the_clock_of_the_script_can_be_set() -> None:
    assert REAL_CLOCK in SCRIPT.text


@settings(max_examples=60)
@given(REQUESTS)
def test_the_script_decides_as_draining_buckets_do(redis_server: str, requests: Any) -> None:
    with Redis.from_url(redis_server) as redis:
        redis.flushall()
        model, now = Model(), START
        for pause, asks in requests:
            now += pause
            set_clock(redis, now)
            assert ask(redis, request_of(asks)) == model.take(now, asks)


@settings(max_examples=30)
@given(REQUESTS)
def test_many_requests_in_one_script_are_decided_one_after_the_other(
    redis_server: str, requests: Any
) -> None:
    with Redis.from_url(redis_server) as redis:
        redis.flushall()
        set_clock(redis, START)
        model = Model()
        expected = [figures for _, asks in requests for figures in model.take(START, asks)]
        assert ask(redis, *(request_of(asks) for _, asks in requests)) == expected


def test_a_clock_that_is_set_back_locks_nobody_out_for_longer_than_the_limit_lasts(redis: "Redis") -> None:
    limit = LIMITS[0]
    request = request_of([(limit, limit.quota)])
    set_clock(redis, START)
    assert ask(redis, request)[0][0] == 1
    an_hour_before = START - 3_600_000_000
    set_clock(redis, an_hour_before)
    (refused,) = ask(redis, request)
    assert refused[0] == 0
    assert refused[2] == 60_000_000


def test_what_nobody_asks_for_any_more_leaves_nothing_behind(redis: "Redis") -> None:
    set_clock(redis, START)
    ask(redis, request_of([(LIMITS[2], 1)]))
    assert 0 < redis.pttl("c") <= 500


def test_a_month_that_is_not_known_counts_nothing_anywhere(redis: "Redis") -> None:
    set_clock(redis, START)
    month = (0, 100, 10_000_000, "month")
    found = ask(redis, [*request_of([(LIMITS[0], 1)]), month])
    assert [figures[0] for figures in found] == [1, -1]
    assert redis.keys("[am]*") == []


def test_a_month_that_is_used_up_refuses_and_leaves_the_minute_alone(redis: "Redis") -> None:
    set_clock(redis, START)
    redis.hset("month", mapping={"folded": 99, "open": 0, "touched": START, "revision": 1})
    request = [*request_of([(LIMITS[1], 1)]), (0, 100, 10_000_000, "month")]
    assert ask(redis, request) == [(1, 6, LIMITS[1].interval, 1), (1, 0, 0, 100)]
    assert ask(redis, request) == [(1, 6, LIMITS[1].interval, 1), (0, 0, 0, 100)]


async def test_of_many_at_once_exactly_as_many_pass_as_there_are(
    redis_url: str, connections: AsyncConnectionPool[Any]
) -> None:
    processes = [Counting(redis_url, "test", PostgresUsage(connections), alone=False) for _ in range(4)]
    limits = [Limit(name="read", key="r", quota=50, seconds=3600)]
    decisions = await asyncio.gather(*(process.take(limits) for _ in range(100) for process in processes))
    assert sum(decision.allowed for decision in decisions) == 50
    for process in processes:
        await process.close()


@pytest.mark.parametrize("give_back", [0, 4])
async def test_several_processes_share_a_month_to_the_last_call(
    redis_url: str, database_url: str, connections: AsyncConnectionPool[Any], give_back: int
) -> None:
    arguments = [redis_url, as_api(database_url), "acme", "300", str(give_back)]
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.limit_taker", *arguments, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    passed = [int((await process.communicate())[0]) for process in running]
    month = month_of(time())
    kept = (await PostgresUsage(connections).of("acme", month)).used
    assert kept == sum(passed)
    assert kept <= 100
    assert give_back or kept == 100


async def test_nobody_waits_for_a_redis_that_was_never_there(
    redis_url: str, connections: AsyncConnectionPool[Any]
) -> None:
    counting = Counting("redis://127.0.0.1:1/0", "test", PostgresUsage(connections), alone=True)
    quota = Quota(tenant="acme", month=month_of(START / 1_000_000), calls=1)
    for _ in range(3):
        with pytest.raises(LimiterAway):
            await counting.take((), quota)
    await counting.close()
