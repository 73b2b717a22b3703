"""The line to Redis: every question gets its own answer, or none."""

import asyncio
from hashlib import sha1
from typing import Any

import pytest
from redis.asyncio import Connection, ConnectionPool, Redis
from redis.exceptions import ConnectionError as LineLost
from redis.exceptions import NoScriptError, ResponseError

from infrastructure.redis.line import Health, Line, Script
from infrastructure.redis.wire import Wire, wire_on


class Echo(Script):
    """Answers with its first argument, after as many turns as the second says."""

    def __init__(self) -> None:
        self.text = b"for _ = 1, tonumber(ARGV[2]) do redis.call('TIME') end return {tonumber(ARGV[1])}"
        self.sha = sha1(self.text, usedforsecurity=False).hexdigest().encode()


ECHO = Echo()


def command(*words: str) -> bytes:
    parts = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    return f"*{len(words)}\r\n{parts}".encode()


@pytest.fixture
async def connection(redis_url: str) -> Any:
    pool: Any = ConnectionPool.from_url(redis_url, protocol=2)
    connection: Connection = pool.make_connection()
    yield connection
    await connection.disconnect(nowait=True)


async def asked(wire: Wire, *words: str) -> Any:
    return await wire.ask(command(*words))


async def test_an_answer_that_nobody_waits_for_any_more_is_not_taken_for_the_next_ones(
    redis_url: str,
) -> None:
    line = Line(redis_url, "test", Health())
    await line.run(ECHO, [], [0, 0])
    given_up = asyncio.create_task(line.run(ECHO, [], [1, 100_000]))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)

    answer = await line.run(ECHO, [], [2, 0])
    await line.close()

    assert answer == [2]


async def test_what_redis_refuses_is_told_and_the_line_goes_on(connection: Connection) -> None:
    wire = await wire_on(connection)

    with pytest.raises(ResponseError, match="unknown command"):
        await asked(wire, "NONSENSE")
    with pytest.raises(NoScriptError):
        await asked(wire, "EVALSHA", "0" * 40, "0")

    assert await asked(wire, "PING") == b"PONG"


async def test_who_waits_when_redis_hangs_up_is_told(connection: Connection, redis_url: str) -> None:
    wire = await wire_on(connection)
    waiting = asyncio.create_task(asked(wire, "BLPOP", "nothing", "0"))
    await asyncio.sleep(0)

    async with Redis.from_url(redis_url) as other:
        await other.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    with pytest.raises(LineLost):
        await waiting
    with pytest.raises(LineLost):
        await asked(wire, "PING")


async def test_an_answer_in_many_pieces_is_put_together(connection: Connection) -> None:
    wire = await wire_on(connection)
    await asked(wire, "SET", "long", "x" * 1_000_000)

    assert await asked(wire, "GET", "long") == b"x" * 1_000_000
