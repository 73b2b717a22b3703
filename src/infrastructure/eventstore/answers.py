"""Stored answers, and the claim that keeps two requests with one key apart."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from application.idempotency import StillRunning, StoredAnswer
from infrastructure.eventstore.follower import Connect
from infrastructure.postgres.away import said_as_unavailable

KEPT = timedelta(hours=48)
"""Twice what clients are promised: a clock that is wrong by hours breaks no promise."""
PORTION = 1_000
EVERY_SECONDS = 600.0
FORGET: LiteralString = """
    delete from events.answer where (tenant_id, route, key) in (
        select tenant_id, route, key from events.answer where recorded_at < now() - %s order by recorded_at limit %s)"""


class OldAnswers:
    """Forgets answers that nobody asks for again; `clock` gives monotonic seconds.

    A portion at a time, every ten minutes or, while more are waiting, whenever it is asked.
    """

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._next = clock()

    async def forget(self, connection: AsyncConnection[Any]) -> int:
        """Forget a portion if it is time; return how many went. Only the owner's role may."""
        if self._clock() < self._next:
            return 0
        gone = (await connection.execute(FORGET, (KEPT, PORTION))).rowcount
        self._next = self._clock() + (0.0 if gone == PORTION else EVERY_SECONDS)
        return gone


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
