"""`Prefer: wait=N` for what an agent is still working on."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, TypeVar

from api.request import ApiRequest

T = TypeVar("T")
WAIT_SECONDS_MAX: Final = 30
LOOK_EVERY_SECONDS: Final = 0.05


async def awaited(
    request: ApiRequest, look: Callable[[], Awaitable[T]], found: Callable[[T], bool], *, since: float
) -> T:
    """Look until it is found or the time that the client prefers to wait is over; return what was seen last.

    since : when the waiting began, on the monotonic clock.
    """
    wait = request.preferences.wait
    seen = await look()
    if wait is None or request.preferences.respond_async:
        return seen
    until = since + min(wait, WAIT_SECONDS_MAX)
    while not found(seen) and monotonic() < until:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        seen = await look()
    applied = request.exchange.applied_preferences
    if not applied and wait <= WAIT_SECONDS_MAX:
        applied.append(f"wait={wait}")
    return seen
