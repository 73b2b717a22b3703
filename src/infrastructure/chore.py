"""Work that comes round in the background of a process."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from traceback import format_tb
from typing import Final, final

import structlog

from domain.errors import Unavailable

_log: Final = structlog.get_logger("trimtab.chores")


class Chore:
    """Repeats a piece of work until it is closed.

    A database that is away, or a failure that is then logged, ends one round and never the chore. `work` returns
    whether there is more to do at once; else it rests for `pause_seconds`, and before the first round too where it
    `rests_first`.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[bool]],
        *,
        pause_seconds: float,
        rests_first: bool = False,
    ) -> None:
        self._name, self._work = name, work
        self._pause_seconds, self._rests_first = pause_seconds, rests_first
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop in the middle of whatever is done."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @final  # what keeps the chore alive is not to be replaced by a name that comes to mind
    async def _run(self) -> None:
        if self._rests_first:
            await asyncio.sleep(self._pause_seconds)
        while True:
            if not await self._round():
                await asyncio.sleep(self._pause_seconds)

    @final
    async def _round(self) -> bool:
        try:
            return await self._work()
        except Unavailable:
            return False  # whoever needs the database now is told so; this can wait
        except Exception as failure:
            # Where it failed and not what it said: the message may quote what it failed on.
            where = "".join(format_tb(failure.__traceback__))
            _log.error("chore_failed", chore=self._name, reason=type(failure).__name__, traceback=where)
            return False
