"""Stored answers, and the claim that keeps two requests with one key apart."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from application.idempotency import StillRunning, StoredAnswer
from infrastructure.eventstore.follower import Connect
from infrastructure.postgres.away import said_as_unavailable


class PostgresIdempotencyStore:
    """The `IdempotencyStore` port.

    Claims are session advisory locks on one connection, so they end with the process that held them; locks of
    one session do not exclude each other, hence the set beside them.
    """

    def __init__(self, pool: AsyncConnectionPool[Any], connect: Connect) -> None:
        self._pool, self._connect = pool, connect
        self._held: set[int] = set()
        self._session: AsyncConnection[Any] | None = None
        self._turn = asyncio.Lock()

    async def lookup(self, tenant: str, route: str, key: str) -> StoredAnswer | None:
        """Return the answer stored under that key, or None."""
        with said_as_unavailable():
            async with self._pool.connection() as connection, connection.transaction():
                await connection.execute("select set_config('trimtab.tenant', %s, true)", (tenant,))
                cursor = await connection.execute(
                    "select payload_hash, status, headers, body, position from events.answer "
                    "where tenant_id = %s and route = %s and key = %s",
                    (tenant, route, key),
                )
                row = await cursor.fetchone()
        return row and StoredAnswer(
            payload_hash=bytes.fromhex(row[0]),
            status=row[1],
            headers=row[2],
            body=row[3].encode(),
            position=row[4],
        )

    @asynccontextmanager
    async def claim(self, tenant: str, route: str, key: str) -> AsyncIterator[None]:
        """Hold the key while its request runs; entering raises StillRunning when another holds it."""
        number = _lock_number(tenant, route, key)
        if number in self._held:
            raise StillRunning
        self._held.add(number)
        try:
            if not await self._ask("select pg_try_advisory_lock(%s)", number):
                raise StillRunning
            try:
                yield
            finally:
                await self._ask("select pg_advisory_unlock(%s)", number)
        finally:
            self._held.discard(number)

    async def close(self) -> None:
        """Give up all claims."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, query: LiteralString, number: int) -> bool:
        async with self._turn:
            with said_as_unavailable():
                return await self._asked(query, number)

    async def _asked(self, query: LiteralString, number: int) -> bool:
        if self._session is None or self._session.closed:
            self._session = await self._connect()
        row = await (await self._session.execute(query, (number,))).fetchone()
        return bool(row and row[0])


def _lock_number(tenant: str, route: str, key: str) -> int:
    digest = hashlib.sha256("\x1f".join((tenant, route, key)).encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
