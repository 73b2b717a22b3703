"""Looking up API keys in PostgreSQL, at most once in five seconds per key."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import kwargs_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from application.credentials import ApiKey
from domain.errors import Unavailable
from infrastructure.identity.keys import api_key

REMEMBERED_SECONDS: Final = 5.0
REMEMBERED_KEYS: Final = 10_000
_FIND: Final = "select id, tenant_id, name, scopes, expires_at, revoked_at from identity.find_api_key(%s)"


class PostgresCredentials:
    """The keys in `identity.api_key`, read through a function, since the API's role may not read the table.

    A revoked key works for `REMEMBERED_SECONDS` more at most. Unknown keys are remembered too, so that the
    same wrong key does not reach the database every time. `clock` gives monotonic seconds.
    """

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[Any]], *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._remembered: OrderedDict[bytes, tuple[float, ApiKey | None]] = OrderedDict()

    async def find_key(self, key_hash: bytes) -> ApiKey | None:
        """Return the key with that hash, or None; raises Unavailable when PostgreSQL is away."""
        remembered = self._remembered.get(key_hash)
        now = self._clock()
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        found = await self._read(key_hash)
        self._remember(key_hash, now + REMEMBERED_SECONDS, found)
        return found

    async def _read(self, key_hash: bytes) -> ApiKey | None:
        try:
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=kwargs_row(api_key))
                await cursor.execute(_FIND, (key_hash,))
                return await cursor.fetchone()
        except (OperationalError, PoolTimeout):
            raise Unavailable("Credentials cannot be checked at the moment.") from None

    def _remember(self, key_hash: bytes, until: float, found: ApiKey | None) -> None:
        self._remembered[key_hash] = until, found
        self._remembered.move_to_end(key_hash)
        while len(self._remembered) > REMEMBERED_KEYS:
            self._remembered.popitem(last=False)
