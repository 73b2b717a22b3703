"""Server-Sent Events (WHATWG HTML, section 9.2): what changes, told for as long as the client listens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Annotated, Any, Final

import msgspec
from litestar.response import Stream
from msgspec import UNSET, UnsetType

from api.encoding import encode
from api.request import ApiRequest
from domain.errors import Unavailable

EVENT_STREAM: Final = "text/event-stream"
LOOK_SECONDS: Final = 0.25
HEARTBEAT_SECONDS: Final = 15.0
STREAM_SECONDS_MAX: Final = 600.0
"""Then the client connects again by itself, with a credential that still holds."""
RETRY: Final = b"retry: 1000\n\n"
HEADERS: Final = {"X-Accel-Buffering": "no"}
"""A proxy in between must not wait until it has a page full."""


class ServerSentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a stream, as the OpenAPI document describes it."""

    id: Annotated[
        str | UnsetType, msgspec.Meta(description="Grows; `Last-Event-ID` of the next request.")
    ] = UNSET
    event: Annotated[
        str | UnsetType,
        msgspec.Meta(description="`progress`, and how it ended: `completed`, `failed` or `cancelled`."),
    ] = UNSET
    data: Annotated[str | UnsetType, msgspec.Meta(description="JSON: the job as it stands in the list.")] = (
        UNSET
    )
    retry: Annotated[
        int | UnsetType, msgspec.Meta(description="Milliseconds after which browsers connect again.")
    ] = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event: `id` grows, and comes back in `Last-Event-ID`; nothing is told after one that `ends`."""

    id: int
    event: str
    data: Any
    ends: bool = False


Look = Callable[[], Awaitable[Told | None]]


def last_event_id(request: ApiRequest) -> int:
    """Return which event the client has seen; 0 where it says nothing of use."""
    sent = request.exchange.header(b"last-event-id") or ""
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) <= 18 else 0


def event_stream(request: ApiRequest, look: Look) -> Stream:
    """Return the answer that tells what `look` finds, whenever it is news."""
    whole = not request.exchange.bodiless
    told = events(look, after=last_event_id(request)) if whole else _nothing()
    return Stream(told, media_type=EVENT_STREAM, headers=HEADERS)


async def events(look: Look, *, after: int) -> AsyncIterator[bytes]:
    """Yield events newer than one that was seen, with signs of life in between, until one ends it.

    A database that is away for a moment is no end.
    """
    yield RETRY
    until = monotonic() + STREAM_SECONDS_MAX
    quiet_since = monotonic()
    while monotonic() < until:
        found = await _found(look)
        if found is not None and found.id > after:
            yield framed(found)
            after, quiet_since = found.id, monotonic()
        elif monotonic() - quiet_since >= HEARTBEAT_SECONDS:
            yield b": still here\n\n"
            quiet_since = monotonic()
        if found is not None and found.ends:
            return
        await asyncio.sleep(LOOK_SECONDS)


def framed(told: Told) -> bytes:
    """Return an event as it goes out; JSON has no line feeds in it."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (told.id, told.event.encode(), encode(told.data))


async def _found(look: Look) -> Told | None:
    try:
        return await look()
    except Unavailable:
        return None


async def _nothing() -> AsyncIterator[bytes]:
    """A HEAD request wants no body, and does not wait for one."""
    return
    yield b""
