"""How far the read models are, and waiting for them to get somewhere."""

import asyncio
import heapq
from contextlib import suppress
from itertools import count
from typing import LiteralString

from psycopg import OperationalError

from infrastructure.eventstore.follower import Connect
from infrastructure.postgres.projector import PROJECTED

REACHED: LiteralString = "select coalesce(min(position), 0) from read.checkpoint where projection = any(%s)"
POLL_SECONDS = 1.0
PAUSE_SECONDS = 0.5


class ReadPositions:
    """Woken by the projector's notification; asks by itself once a second in case one was missed."""

    def __init__(self, connect: Connect, projections: tuple[str, ...]) -> None:
        self._connect, self._projections = connect, list(projections)
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()
        self._task: asyncio.Task[None] | None = None
        self.reached = 0

    async def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def wait_for(self, position: int, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until the read models show `position`; False when `timeout` seconds passed before."""
        if position <= self.reached:
            return True
        shown: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (position, next(self._order), shown))
        try:
            async with asyncio.timeout(timeout):
                await shown
        except TimeoutError:
            return False
        return True

    async def _listen(self) -> None:
        while True:
            with suppress(OperationalError):
                async with await self._connect() as connection:
                    await connection.execute(f"listen {PROJECTED}")
                    while True:
                        cursor = await connection.execute(REACHED, (self._projections,))
                        row = await cursor.fetchone()
                        self._advance(int(row[0]) if row else 0)
                        async for notification in connection.notifies(timeout=POLL_SECONDS):
                            self._advance(int(notification.payload))
            await asyncio.sleep(PAUSE_SECONDS)

    def _advance(self, position: int) -> None:
        self.reached = max(self.reached, position)
        while self._waiting and self._waiting[0][0] <= self.reached:
            _, _, shown = heapq.heappop(self._waiting)
            if not shown.done():
                shown.set_result(None)
