"""Questions to Redis and its answers, one after the other, on a connection that the library has opened.

The library's own reading passes through a stream, a parser and their timeouts; a script that takes Redis a few
microseconds took the process twenty times as long.
"""

import asyncio
from typing import Any, Final

from hiredis import Reader, ReplyError
from redis.asyncio import Connection
from redis.exceptions import ConnectionError as LineLost
from redis.exceptions import NoScriptError, ResponseError

_UNFINISHED: Final = object()


class Wire(asyncio.Protocol):
    """Reads what arrives on a transport; one question is asked at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reader = Reader(notEnoughData=_UNFINISHED)
        self._answer: asyncio.Future[Any] | None = None
        self.is_lost = False

    async def ask(self, command: bytes) -> Any:
        """Send a packed command and return its answer.

        Raises ResponseError for one that Redis refuses, LineLost when it hangs up. Who stops waiting ends the
        connection, since the answer would be taken for that of the next question.
        """
        if self.is_lost:
            raise LineLost("Redis has hung up.")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(command)
        try:
            return await self._answer
        except asyncio.CancelledError:
            self.is_lost = True
            self._transport.abort()
            raise

    def data_received(self, data: bytes) -> None:
        """Hand over an answer that is complete."""
        self._reader.feed(data)
        found = self._reader.gets()
        answer = self._answer
        if found is _UNFINISHED or answer is None or answer.done():
            return
        if isinstance(found, ReplyError):
            answer.set_exception(_refusal(str(found)))
        else:
            answer.set_result(found)

    def connection_lost(self, failure: Exception | None) -> None:
        """Tell who waits that nothing will come."""
        self.is_lost = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LineLost(f"Redis has hung up: {failure or 'end of stream'}"))


async def wire_on(connection: Connection) -> Wire:
    """Open a connection as the library does, TLS, password and database included, and read from it ourselves."""
    library: Any = connection
    await library.disconnect(nowait=True)
    await library.connect()
    transport = library._writer.transport
    wire = Wire(transport)
    transport.set_protocol(wire)
    return wire


def _refusal(text: str) -> ResponseError:
    return NoScriptError(text) if text.startswith("NOSCRIPT") else ResponseError(text)
