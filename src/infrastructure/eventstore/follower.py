"""Following the log: woken by NOTIFY, never dependent on it, one active reader per name."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog
from psycopg import AsyncConnection, OperationalError

LISTEN = "listen trimtab_events"
POLL_SECONDS = 1.0
TAKE_OVER_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
log = structlog.get_logger()

Connect = Callable[[], Awaitable[AsyncConnection[Any]]]


class Step(Protocol):
    """One portion of work; returns whether more may be waiting."""

    async def __call__(self, connection: AsyncConnection[Any], /) -> bool:
        """Do it."""


class Follower:
    """Runs a step again and again while it is the one active process of its name.

    A session advisory lock makes it the only one, and dies with its connection: another process takes over
    within a second. A lost connection is opened again, with growing pauses; a missed notification costs at
    most one poll interval.
    """

    def __init__(self, name: str, connect: Connect) -> None:
        self.name, self._connect = name, connect
        self._lock = lock_number(name)
        self.is_active = False

    async def run(self, step: Step, stop: asyncio.Event) -> None:
        """Follow until `stop` is set; a portion that has begun is finished first."""
        pause = 0.1
        while not stop.is_set():
            try:
                async with await self._connect() as connection:
                    await self._become_active(connection, stop)
                    pause = 0.1
                    await self._follow(connection, step, stop)
            except OperationalError as failure:
                log.warning("follower lost its connection", follower=self.name, error=str(failure).strip())
                await _pause(stop, pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            finally:
                self.is_active = False

    async def _become_active(self, connection: AsyncConnection[Any], stop: asyncio.Event) -> None:
        while not stop.is_set():
            cursor = await connection.execute("select pg_try_advisory_lock(%s)", (self._lock,))
            row = await cursor.fetchone()
            if row is not None and row[0]:
                self.is_active = True
                log.info("follower is active", follower=self.name)
                return
            await _pause(stop, TAKE_OVER_SECONDS)

    async def _follow(self, connection: AsyncConnection[Any], step: Step, stop: asyncio.Event) -> None:
        await connection.execute(LISTEN)
        while not stop.is_set():
            if not await step(connection):
                await _notified(connection, stop)


def lock_number(name: str) -> int:
    """Return the advisory lock that stands for a name, apart from other users of such locks."""
    return (0x7472_696D << 32) | zlib.crc32(name.encode())


async def _notified(connection: AsyncConnection[Any], stop: asyncio.Event) -> None:
    async def first() -> None:
        async for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
            pass

    waits = {asyncio.ensure_future(first()), asyncio.ensure_future(stop.wait())}
    done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in pending:
        wait.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for wait in done:
        wait.result()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
