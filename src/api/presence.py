"""Work that is worth something only as long as the client waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from api.problems import Problem
from api.request import ApiRequest

T = TypeVar("T")
CLIENT_CLOSED_REQUEST = 499


async def while_present(request: ApiRequest, work: Coroutine[Any, Any, T]) -> T:
    """Return what the work answers; it is cancelled when the client goes away before.

    The status of what nobody hears any more is for the log: 499, as web servers have it.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Problem("bad_request", "The client went away before the answer.", status=CLIENT_CLOSED_REQUEST)
    finally:
        leaving.cancel()
        working.cancel()
        await asyncio.gather(leaving, working, return_exceptions=True)


async def _disconnected(request: ApiRequest) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
