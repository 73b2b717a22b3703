"""Connections that say who they are."""

import asyncio
import select
from collections.abc import Awaitable, Callable
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

WAIT_SECONDS = 10.0
"""How long whoever needs a connection waits for one; a client hears 503 then, and when to come back."""
RECONNECT_SECONDS = 2.0
"""How long one attempt to connect pauses and repeats before another begins anew.

The library doubles its pauses: after minutes without a database it would notice only minutes later that it is back.
"""


def pool(database_url: str, process: str, *, size: int = 10) -> AsyncConnectionPool[Any]:
    """Return a closed pool of autocommit connections named `trimtab-<process>`."""
    return _Pool(
        database_url,
        min_size=min(2, size),
        max_size=size,
        open=False,
        timeout=WAIT_SECONDS,
        reconnect_timeout=RECONNECT_SECONDS,
        reconnect_failed=_begin_anew,
        kwargs={"application_name": f"trimtab-{process}", "autocommit": True},
    )


class _Pool(AsyncConnectionPool[AsyncConnection[Any]]):
    """A pool that looks at a connection before it gives it out, without asking the server.

    When the server was gone, all idle connections are lost, and each would fail somebody's work, one after the other.
    """

    async def getconn(self, timeout: float | None = None) -> AsyncConnection[Any]:  # noqa: ASYNC109 the library's
        """Return a connection; where the server hung up on one, none is returned that it hung up on."""
        connection = await super().getconn(timeout)
        if not _hung_up(connection):
            return connection
        await self.putconn(connection)
        # Cut in two, a check would forget the connections it has in hand, and the pool would be smaller ever after.
        await asyncio.shield(self.check())
        return await super().getconn(timeout)


def _hung_up(connection: AsyncConnection[Any]) -> bool:
    """Say whether there is something to read, which on an idle connection is all but always the server's last word."""
    if connection.closed:
        return True
    looking = select.poll()
    looking.register(connection.fileno(), select.POLLIN)
    return bool(looking.poll(0))


async def _begin_anew(connections: AsyncConnectionPool[Any]) -> None:
    """Try again for whoever waits; nothing else would wake the pool until somebody new asks."""
    await connections.check()


def connector(
    database_url: str, process: str, *, durable: bool = True, schema: str | None = None
) -> Callable[[], Awaitable[AsyncConnection[Any]]]:
    """Return a way to open single connections for a worker.

    durable : False lets commits return before they are on disk; only for what can be derived again, rows and
        checkpoint together.
    schema : where names without a schema are looked up; the projections' tables.
    """
    options = "" if durable else "-c synchronous_commit=off"
    if schema is not None:
        options += f" -c search_path={schema}"

    async def connect() -> AsyncConnection[Any]:
        return await AsyncConnection.connect(
            database_url, application_name=f"trimtab-{process}", autocommit=True, options=options
        )

    return connect
