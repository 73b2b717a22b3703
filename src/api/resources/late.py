"""What was just recorded: a write that needs it looks twice before it says that there is no such thing."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from api.request import ApiRequest
from api.settling import POSITIONS, SETTLE_SECONDS, wait_before_reading
from projections.progress import Progress

Row = TypeVar("Row")


async def look_twice(
    request: ApiRequest, progress: Progress, look: Callable[[], Awaitable[Row | None]]
) -> Row | None:
    """Return what `look` finds, now or when the read models show all that is recorded by now.

    The id may come from an answer that did not wait, or from a stream, which can be faster than the read models.
    Raises Problem (503) where they are too far behind to tell.
    """
    found = await look()
    if found is not None:
        return found
    recorded, _ = await progress.projections()
    state = request.app.state
    await wait_before_reading(state[POSITIONS], recorded, state[SETTLE_SECONDS])
    return await look()
