"""The time a request may take: to bring its body, and to be answered.

A body that trickles in is refused with 408; a large one is given more time as it comes. An answer that has not
begun in time is a 503. Reading is cancelled then. A write is not: it may be about to commit, so it is left to end
by itself, and who repeats it under its Idempotency-Key learns how it ended.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from api.exchange import Exchange
from api.presence import CLIENT_CLOSED_REQUEST
from api.problems import Problem

Receive = Callable[[], Awaitable[Any]]
BYTES_PER_SECOND: Final = 100_000
"""The slowest a large body may come in the long run."""
AGAIN_SECONDS: Final = 1.0


class RequestClock:
    """Watches one request with one timer; `overdue` is called when its answer is late."""

    __slots__ = (
        "_answer_seconds", "_began", "_body_seconds", "_exchange", "_loop", "_overdue", "_receive", "_received",
        "_slow", "_task", "_timer", "_unread", "_waiting",
    )  # fmt: skip

    def __init__(
        self,
        exchange: Exchange,
        receive: Receive,
        overdue: Callable[[], None],
        *,
        body_seconds: float,
        answer_seconds: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._exchange, self._receive, self._overdue = exchange, receive, overdue
        self._body_seconds, self._answer_seconds = body_seconds, answer_seconds
        self._began = self._loop.time()
        self._received = 0
        self._unread = True
        self._waiting = self._slow = False
        self._task: asyncio.Task[Any] | None = None
        self._timer = self._loop.call_later(min(body_seconds, answer_seconds), self._look)

    def stop(self) -> None:
        """Watch no longer: the answer has begun, or there will be none."""
        self._timer.cancel()

    async def receive(self) -> Any:
        """Return the next message of the client; raises Problem (408) when the body takes too long."""
        self._waiting, self._task = True, asyncio.current_task()
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            if not self._slow or self._task is None:
                raise
            self._task.uncancel()
            raise self._too_slow() from None
        finally:
            self._waiting = False
        if self._unread:
            self._note(message)
        return message

    def _note(self, message: Any) -> None:
        if message["type"] == "http.disconnect":
            raise Problem(
                "bad_request", "The client went away before its body.", status=CLIENT_CLOSED_REQUEST
            )
        self._received += len(message["body"])
        if not message.get("more_body", False):
            self._unread, self._began = False, self._loop.time()

    def _look(self) -> None:
        reading = self._unread and self._task is not None
        left = self._began + self._limit(reading=reading) - self._loop.time()
        if left <= 0 and not reading:
            self._overdue()
        elif left <= 0 and self._waiting and self._task is not None:
            self._slow = True
            self._task.cancel()
        else:
            pause = min(left, self._body_seconds) if left > 0 else AGAIN_SECONDS
            self._timer = self._loop.call_later(pause, self._look)

    def _limit(self, *, reading: bool) -> float:
        if reading:
            return self._body_seconds + self._received / BYTES_PER_SECOND
        return float("inf") if self._exchange.bounded_elsewhere else self._answer_seconds

    def _too_slow(self) -> Problem:
        detail = (
            f"The body did not arrive in time: {self._body_seconds:g} s, and 1 s more for each 100 KB of it."
        )
        return Problem("request_timeout", detail, headers={"Connection": "close"})
