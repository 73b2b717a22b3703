"""Connections: an outage is over for us soon after it is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

from infrastructure.postgres import connect
from infrastructure.postgres.connect import pool


@asynccontextmanager
async def a_database_that_is_away(database_url: str, *, refusals: int) -> AsyncIterator[str]:
    """The database behind a door that hangs up on that many callers first."""
    parts = urlsplit(database_url)
    callers: list[asyncio.Task[None]] = []

    def let_in(caller: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        callers.append(asyncio.create_task(served(caller, back, refused=len(callers) < refusals)))

    async def served(caller: asyncio.StreamReader, back: asyncio.StreamWriter, *, refused: bool) -> None:
        if refused:
            back.close()
            await back.wait_closed()
            return
        answers, requests = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(carried(caller, requests), carried(answers, back))

    server = await asyncio.start_server(let_in, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        user = parts.netloc.rpartition("@")[0]
        yield urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
    await asyncio.gather(*callers)


async def carried(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while portion := await source.read(65_536):
        target.write(portion)
        await target.drain()
    target.close()
    await target.wait_closed()


async def test_a_pool_that_failed_often_connects_as_soon_as_the_database_is_back(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "RECONNECT_SECONDS", 0.1)
    async with (
        a_database_that_is_away(database_url, refusals=12) as url,
        pool(url, "test") as connections,
        asyncio.timeout(8),  # with pauses that double, as many refusals take half a minute
        connections.connection() as connection,
    ):
        assert await (await connection.execute("select 1")).fetchone() == (1,)


async def test_connections_that_were_lost_while_idle_fail_nobodys_work(database_url: str) -> None:
    async with pool(database_url, "test", size=4) as connections, asyncio.timeout(20):
        async with AsyncExitStack() as stack:
            for _ in range(4):
                await stack.enter_async_context(connections.connection())
        await until_all_are_ended(database_url)
        for _ in range(8):
            assert await asked(connections) == (1,)


async def test_a_connection_that_is_lost_at_work_fails_no_other_work(database_url: str) -> None:
    async with pool(database_url, "test", size=4) as connections, asyncio.timeout(20):
        async with connections.connection() as connection:
            await until_all_are_ended(database_url)
            with pytest.raises(OperationalError):
                await connection.execute("select 1")
        for _ in range(8):
            assert await asked(connections) == (1,)


async def asked(connections: AsyncConnectionPool[Any]) -> Any:
    async with connections.connection() as connection:
        return await (await connection.execute("select 1")).fetchone()


async def until_all_are_ended(database_url: str) -> None:
    end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'trimtab-test'"
    async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
        while await (await connection.execute(end)).fetchall():
            await asyncio.sleep(0.01)
