"""Several pieces of work side by side, the next one beginning as soon as one is done."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def in_lanes(work: Callable[[T], Awaitable[None]], parts: Iterable[T], *, lanes: int) -> None:
    """Do the work for every part, in order, `lanes` at a time; the first failure ends all of it and is raised."""
    waiting = deque(parts)

    async def lane() -> None:
        while waiting:
            await work(waiting.popleft())

    tasks = [asyncio.create_task(lane()) for _ in range(min(lanes, len(waiting)))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
