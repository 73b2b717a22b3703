"""Whether the servers that everything stands on answer."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from psycopg_pool import AsyncConnectionPool

from infrastructure.redis.connect import Client

PATIENCE_SECONDS = 2.0


class ServerProbes:
    """The `Probes` port: asks both servers at the same time, and waits for neither for long."""

    def __init__(self, connections: AsyncConnectionPool[Any], redis: Client) -> None:
        self._connections, self._redis = connections, redis

    async def failures(self) -> Mapping[str, str]:
        """Return what is away, with a sentence each; empty when all is well."""
        asked = {"postgresql": self._ask_postgres(), "redis": self._ask_redis()}
        answers = await asyncio.gather(*(_in_time(question) for question in asked.values()))
        return {
            part: f"{part} does not answer."
            for part, answered in zip(asked, answers, strict=True)
            if not answered
        }

    async def _ask_postgres(self) -> None:
        async with self._connections.connection(timeout=PATIENCE_SECONDS) as connection:
            await connection.execute("select 1")

    async def _ask_redis(self) -> None:
        await self._redis.ping()


async def _in_time(question: Awaitable[None]) -> bool:
    try:
        await asyncio.wait_for(question, PATIENCE_SECONDS)
    except Exception:  # whatever it is, the part is not there to work with
        return False
    return True
