"""Throws away sessions, tokens and counts that have no effect any more."""

from datetime import timedelta
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from infrastructure.chore import Chore
from infrastructure.postgres.away import said_as_unavailable

PAUSE_SECONDS: Final = 3_600.0
KEPT: Final = timedelta(days=30)
"""How long ended sessions stay, for whoever has to find out what happened."""
_PRUNE: LiteralString = "select identity.prune(%s)"


class Pruner(Chore):
    """Prunes once an hour, in the background of each API process."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool
        super().__init__("pruning", self.prune, pause_seconds=PAUSE_SECONDS, rests_first=True)

    async def prune(self) -> bool:
        """Prune once, which leaves nothing to do; raises Unavailable."""
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                await connection.execute(_PRUNE, (KEPT,))
        return False
