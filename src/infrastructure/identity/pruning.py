"""Throws away sessions, tokens and counts that have no effect any more."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from traceback import format_tb
from typing import Any, Final, LiteralString

import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.errors import Unavailable
from infrastructure.postgres.away import said_as_unavailable

PAUSE_SECONDS: Final = 3_600.0
KEPT: Final = timedelta(days=30)
"""How long ended sessions stay, for whoever has to find out what happened."""
_PRUNE: LiteralString = "select identity.prune(%s)"
_log = structlog.get_logger("trimtab.identity")


class Pruner:
    """Prunes once an hour, in the background of each API process."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to prune."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def prune(self) -> None:
        """Prune once; raises Unavailable."""
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                await connection.execute(_PRUNE, (KEPT,))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            try:
                await self.prune()
            except Unavailable:
                continue
            except Exception as failure:
                # Where it failed and not what it said: the message may quote what it failed on.
                where = "".join(format_tb(failure.__traceback__))
                _log.error("pruning_failed", reason=type(failure).__name__, traceback=where)
