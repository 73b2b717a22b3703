"""Long work on the event loop, in turns with everybody else's."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from time import monotonic
from typing import Final, TypeVar

T = TypeVar("T")
TURN_SECONDS: Final = 0.01


async def in_turns(values: Iterable[T], *, clock: Callable[[], float] = monotonic) -> AsyncIterator[T]:
    """Yield the values, and let others have the event loop whenever a turn has lasted TURN_SECONDS.

    A stream of hundreds of large imports takes seconds to read; other requests must not wait for it.
    """
    ends = clock() + TURN_SECONDS
    for value in values:
        if clock() >= ends:
            await asyncio.sleep(0)
            ends = clock() + TURN_SECONDS
        yield value
