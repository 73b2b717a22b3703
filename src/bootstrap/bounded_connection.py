"""Bounds on what a connection may do before and around the requests that the application sees.

The application's own limits begin with a complete head. A client that never completes one, sends one of megabytes,
goes on sending a body that was answered long ago, or does not read its answer, holds a connection and memory too.
"""

import asyncio
from enum import Enum, auto
from typing import ClassVar

from bootstrap.joined_writes import JoinedWrites


class Part(Enum):
    """What of a request arrives next."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class HeadRefused(Exception):
    """A head is not taken; `code` is the problem it is answered with."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BoundedConnection(JoinedWrites):
    """uvicorn's protocol with limits; sizes are bytes, times seconds."""

    HEAD_SECONDS: ClassVar[float] = 10.0
    """What a head may take to arrive, and a fresh connection to send its first byte."""
    HEAD_BYTES: ClassVar[int] = 32_768
    HEADERS: ClassVar[int] = 100
    URL_BYTES: ClassVar[int] = 16_384
    LINGER_SECONDS: ClassVar[float] = 5.0
    """How long the rest of a body is thrown away after the answer; at once closed, many a client misses the answer."""
    STALL_SECONDS: ClassVar[float] = 60.0
    """How long a client may leave an answer unread."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(transport)
        self._part = Part.NOTHING
        self._head_bytes = 0
        self.refused: str | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._clock: asyncio.TimerHandle | None = None
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self._stop_clock()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, which tells the methods below what it found."""
        in_head = self._part is Part.HEAD
        self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if in_head and self._part is Part.HEAD and self._head_bytes > self.HEAD_BYTES:
            self.refused = "uri_too_long" if not self.headers else "header_fields_too_large"
            self.send_400_response("")
        elif self._clock is None and (self._part is Part.HEAD or self._is_idle()):
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._part, self._head_bytes = Part.HEAD, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header came; one that follows a body is dropped, since nothing looks at it before it acts."""
        if self._part is Part.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if len(self.url) > self.URL_BYTES:
            raise self._refusal("uri_too_long")
        size = sum(len(name) + len(value) for name, value in self.headers)
        if len(self.headers) > self.HEADERS or size > self.HEAD_BYTES:
            raise self._refusal("header_fields_too_large")
        self._part = Part.BODY
        self._stop_clock()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._part = Part.NOTHING
        if self.cycle.response_complete:
            self._stop_clock()  # of the lingering
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is out; where the client still sends the body of the request, that ends soon."""
        super().on_response_complete()
        if self._part is Part.BODY and not self.transport.is_closing():
            self._clock = self.loop.call_later(self.LINGER_SECONDS, self.transport.close)

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        super().pause_writing()
        self._stall = self.loop.call_later(self.STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _refusal(self, code: str) -> HeadRefused:
        self.refused = code
        return HeadRefused(code)

    def _is_idle(self) -> bool:
        """Say whether neither a request nor an answer is under way, and nothing else watches the connection."""
        answered = self.cycle is None or self.cycle.response_complete
        return self._part is Part.NOTHING and answered and self.timeout_keep_alive_task is None

    def _wait_for_head(self) -> None:
        self._clock = self.loop.call_later(self.HEAD_SECONDS, self._head_is_late)

    def _head_is_late(self) -> None:
        self._clock = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait_for_head()  # first the answer that is under way
        elif self._part is Part.HEAD:
            self.refused = "request_timeout"
            self.send_400_response("")
        else:
            self.transport.close()

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
