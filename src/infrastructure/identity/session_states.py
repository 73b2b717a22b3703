"""How sessions stand, asked of PostgreSQL at most once in five seconds per session."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from application.identity.ports import SessionState
from infrastructure.postgres.away import said_as_unavailable

REMEMBERED_SECONDS: Final = 5.0
REMEMBERED_SESSIONS: Final = 10_000
_UNKNOWN: Final = SessionState(active=False, role=None)
_READ: LiteralString = "select active, role from identity.session_state(%s, %s)"


class PostgresSessionStates:
    """Tells whether a session's tokens count: ended, expired, left the tenant, or another role since.

    What happens elsewhere is known `REMEMBERED_SECONDS` later at most. `clock` gives monotonic seconds.
    """

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[Any]], *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._remembered: OrderedDict[tuple[UUID, str], tuple[float, SessionState]] = OrderedDict()

    async def state(self, session: UUID, tenant: str) -> SessionState:
        """Return how a session stands towards a tenant; raises Unavailable."""
        now = self._clock()
        remembered = self._remembered.get((session, tenant))
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        found = await self._read(session, tenant)
        self._remembered[session, tenant] = now + REMEMBERED_SECONDS, found
        self._remembered.move_to_end((session, tenant))
        while len(self._remembered) > REMEMBERED_SESSIONS:
            self._remembered.popitem(last=False)
        return found

    def forget(self, session: UUID) -> None:
        """Ask again for a session that this process has changed."""
        for known in [known for known in self._remembered if known[0] == session]:
            self._remembered.pop(known, None)

    async def _read(self, session: UUID, tenant: str) -> SessionState:
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=class_row(SessionState))
                await cursor.execute(_READ, (session, tenant))
                return await cursor.fetchone() or _UNKNOWN
