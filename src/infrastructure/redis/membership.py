"""A member's name in a consumer group: the same after a restart, and never two processes' at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import structlog
from psycopg import AsyncConnection, OperationalError

from infrastructure.eventstore.follower import Connect, lock_number

RETRY_SECONDS = 0.5
log = structlog.get_logger()


@asynccontextmanager
async def membership(connect: Connect, group: str) -> AsyncIterator[str]:
    """Hold the first free name of a group; waits while the database is away.

    Redis keeps what a member was handed under its name, so whoever takes the name of a dead process goes on
    where that one stopped. An advisory lock guards the name and ends with its connection; should the connection
    be lost while the process lives on, two members may share a name for a while, which costs double work and
    nothing else.
    """
    connection = await _connected(connect)
    try:
        yield f"{group}-{await _first_free(connection, group)}"
    finally:
        await connection.close()


async def _connected(connect: Connect) -> AsyncConnection[Any]:
    while True:
        try:
            return await connect()
        except OperationalError as failure:
            log.warning("the database is away, waiting for it", error=str(failure).strip())
            await asyncio.sleep(RETRY_SECONDS)


async def _first_free(connection: AsyncConnection[Any], group: str) -> int:
    for number in count(1):
        cursor = await connection.execute(
            "select pg_try_advisory_lock(%s)", (lock_number(f"member {group} {number}"),)
        )
        row = await cursor.fetchone()
        if row is not None and row[0]:
            return number
    raise AssertionError("unreachable")
