"""Looking up API keys in PostgreSQL, at most once in five seconds per key."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import kwargs_row
from psycopg_pool import AsyncConnectionPool

from application.credentials import ApiKey, address_of
from domain.errors import Unavailable
from infrastructure.identity.keys import api_key
from infrastructure.postgres.away import AWAY, said_as_unavailable

REMEMBERED_SECONDS: Final = 5.0
REMEMBERED_KEYS: Final = 10_000
NOTED_EVERY_SECONDS: Final = 60.0
_FIND: Final = """
    select id, tenant_id, name, scopes, expires_at, revoked_at, allowed_addresses, requests_per_minute
      from identity.find_api_key(%s, %s)"""
_NOTE: Final = "select identity.note_audit(%s, %s, 'key.refused', %s, %s)"


class PostgresCredentials:
    """The keys in `identity.api_key`, read through a function, since no tenant is known yet.

    A revoked key works for `REMEMBERED_SECONDS` more at most, and not at all where `forget` was told of it. Unknown
    keys are remembered too, so that the same wrong key does not reach the database every time. `clock` gives
    monotonic seconds.
    """

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[Any]], *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._remembered: OrderedDict[bytes, tuple[float, ApiKey | None]] = OrderedDict()
        self._forgotten = 0
        self._noted: OrderedDict[tuple[UUID, str | None], float] = OrderedDict()

    async def find_key(self, key_hash: bytes, address: str | None = None) -> ApiKey | None:
        """Return the key with that hash, or None; raises Unavailable when PostgreSQL is away."""
        remembered = self._remembered.get(key_hash)
        now = self._clock()
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        before = self._forgotten
        found = await self._read(key_hash, address)
        if before == self._forgotten:  # else it was read before a change that is known by now
            self._remember(key_hash, now + REMEMBERED_SECONDS, found)
        return found

    def forget(self, key_id: UUID) -> None:
        """Look a key up again the next time: it was revoked, or its expiry changed."""
        self._forgotten += 1
        for key_hash, (_, key) in [*self._remembered.items()]:
            if key is not None and key.id == key_id:
                del self._remembered[key_hash]

    async def note_refused(self, key: ApiKey, address: str | None) -> None:
        """Note that a key was shown at an address it is not allowed at; once a minute for each."""
        now = self._clock()
        if self._noted.get((key.id, address), now) > now:
            return
        self._noted[key.id, address] = now + NOTED_EVERY_SECONDS
        while len(self._noted) > REMEMBERED_KEYS:
            self._noted.popitem(last=False)
        values = (key.tenant, f"key:{key.id}", str(key.id), address_of(address))
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                await connection.execute(_NOTE, values)

    async def _read(self, key_hash: bytes, address: str | None) -> ApiKey | None:
        try:
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=kwargs_row(api_key))
                await cursor.execute(_FIND, (key_hash, address_of(address)))
                return await cursor.fetchone()
        except AWAY:
            raise Unavailable("Credentials cannot be checked at the moment.") from None

    def _remember(self, key_hash: bytes, until: float, found: ApiKey | None) -> None:
        self._remembered[key_hash] = until, found
        self._remembered.move_to_end(key_hash)
        while len(self._remembered) > REMEMBERED_KEYS:
            self._remembered.popitem(last=False)
