"""The loop every agent runs in: read, act, and acknowledge only what is recorded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from traceback import format_exception
from typing import Protocol

import structlog

from application.inbox import Inbox, Message

log = structlog.get_logger()


class Agent(Protocol):
    """Somebody who acts unasked."""

    name: str

    async def handle(self, messages: Sequence[Message]) -> None:
        """Act on the messages of one sequence, oldest first; a repeated one must change nothing."""


class Stuck(Exception):
    """The work neither ended nor failed; waiting for it any longer would keep everything behind it waiting, too."""


class Observer(Protocol):
    """Counts what happens."""

    def handled(self, messages: int, seconds: float) -> None:
        """Messages of one portfolio were handled."""

    def buried(self, messages: int) -> None:
        """Messages were given up on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long.

    attempts : tries before a message that raises is buried
    deliveries : hand-outs after which a message is taken to be what kills its readers
    handle_seconds : how long one try may take, far beyond what any takes; the beat would keep a hanging one for ever
    """

    attempts: int = 5
    deliveries: int = 20
    handle_seconds: float = 120.0
    first_pause_seconds: float = 0.05
    longest_pause_seconds: float = 5.0
    beat_seconds: float = 5.0
    portfolios_at_once: int = 4

    def pause(self, failures: int) -> float:
        """Seconds to wait after that many failures in a row (1 and up)."""
        return min(self.longest_pause_seconds, self.first_pause_seconds * 2.0 ** min(failures - 1, 20))


class Runtime:
    """Runs an agent over an inbox until told to stop.

    All messages of one portfolio from one read are handled together, so a burst costs one computation. What
    is away for a while (`is_transient`) is waited for and never counts against a message. On `stop` the work
    in hand is finished and the rest stays with the inbox.
    """

    def __init__(
        self,
        agent: Agent,
        inbox: Inbox,
        observer: Observer,
        *,
        stop: asyncio.Event,
        is_transient: Callable[[Exception], bool],
        patience: Patience = Patience(),
    ) -> None:
        self._agent, self._inbox, self._observer = agent, inbox, observer
        self._stop, self._is_transient, self._patience = stop, is_transient, patience
        self._room = asyncio.Semaphore(patience.portfolios_at_once)

    async def run(self) -> None:
        """Work until `stop` is set."""
        failures = 0
        while not self._stop.is_set():
            try:
                messages = await self._inbox.receive()
                failures = 0
            except Exception as failure:
                if not self._is_transient(failure):
                    raise
                failures += 1
                log.warning("cannot read messages, trying again", agent=self._agent.name, error=str(failure))
                await self._wait(self._patience.pause(failures))
                continue
            await self.work(messages)

    async def work(self, messages: Sequence[Message]) -> None:
        """Settle every message of one read."""
        if messages:
            async with self._beating(messages):
                await asyncio.gather(*(self._settle(group) for group in by_sequence(messages)))

    async def _settle(self, group: Sequence[Message]) -> None:
        async with self._room:
            if self._stop.is_set():
                return
            deadly = [message for message in group if message.deliveries > self._patience.deliveries]
            if deadly:
                await self._give_up(group, f"handed out {deadly[0].deliveries} times and never settled", "")
            else:
                await self._attempt(group)

    async def _attempt(self, group: Sequence[Message]) -> None:
        tries = failures = 0
        while True:
            started = monotonic()
            try:
                await self._handle(group)
            except Exception as failure:
                failures += 1
                tries += not self._is_transient(failure)
                log.warning("cannot handle messages", **self._about(group), error=repr(failure), tries=tries)
                if tries >= self._patience.attempts:
                    await self._give_up(group, repr(failure), "".join(format_exception(failure)))
                    return
                await self._wait(self._patience.pause(failures))
                if self._stop.is_set():
                    return
            else:
                self._observer.handled(len(group), monotonic() - started)
                await self._told(self._inbox.acknowledge(group))
                return

    async def _handle(self, group: Sequence[Message]) -> None:
        try:
            async with asyncio.timeout(self._patience.handle_seconds) as limit:
                await self._agent.handle(group)
        except TimeoutError:
            if limit.expired():
                raise Stuck(f"not done within {self._patience.handle_seconds:g} s") from None
            raise

    async def _give_up(self, group: Sequence[Message], error: str, traceback: str) -> None:
        log.error("messages buried as dead letters", **self._about(group), error=error)
        self._observer.buried(len(group))
        await self._told(self._inbox.bury(group, error=error, traceback=traceback))

    async def _told(self, telling: Awaitable[None]) -> None:
        """Tell the inbox; while it is away the messages stay pending, come again and are settled then."""
        try:
            await telling
        except Exception as failure:
            if not self._is_transient(failure):
                raise
            log.warning("cannot settle messages, they will come again", error=str(failure))

    @asynccontextmanager
    async def _beating(self, messages: Sequence[Message]) -> AsyncIterator[None]:
        beat = asyncio.create_task(self._beat(messages))
        try:
            yield
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat

    async def _beat(self, messages: Sequence[Message]) -> None:
        while True:
            await asyncio.sleep(self._patience.beat_seconds)
            await self._told(self._inbox.keep(messages))

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    def _about(self, group: Sequence[Message]) -> dict[str, object]:
        return {
            "agent": self._agent.name,
            "subject": group[0].subject,
            "positions": [message.position for message in group[:10]],
        }


def by_sequence(messages: Sequence[Message]) -> list[list[Message]]:
    """Return the messages by portfolio, each in order of position, whatever stream they came from."""
    groups: dict[str, list[Message]] = {}
    for message in sorted(messages, key=lambda message: message.position):
        groups.setdefault(message.sequence, []).append(message)
    return list(groups.values())
