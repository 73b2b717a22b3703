"""Counting requests in Redis: those of one moment together, in one script."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from application.limits.month import Month
from application.limits.ports import Decision, LimiterAway, Standing
from application.limits.rules import Limit, Quota
from infrastructure.redis.line import Line, Script, Silent
from infrastructure.redis.usage import PATIENCE_MICROSECONDS, month_key

SCRIPT: Final = Script("limits.lua")
BATCH: Final = 128
"""Requests per script; Redis does nothing else meanwhile."""
ROUNDS: Final = 2
"""Turns of the event loop that a script waits for more requests. An idle loop turns in microseconds; in a busy one each
turn brings requests, and a script costs much the same for one of them or for five."""
_UNKNOWN: Final = -1
_FIGURES: Final = 4


class UnknownMonth(Exception):
    """Redis has not heard of this month's calls yet, or has lost them."""


class RedisLimiter:
    """The `Limiter` port, but for months that Redis does not know.

    While one script is on its way, the requests that come are kept for the next one: under load a script decides many
    at once, and a lone request waits for nobody.

    on_lost : told the tenant and month of a request that a quota counted after whoever asked was gone.
    """

    def __init__(self, line: Line, on_lost: Callable[[str, Month], None] = lambda *_: None) -> None:
        self._line = line
        self._on_lost = on_lost
        self._waiting: list[_Ask] = []
        self._sending: asyncio.Task[None] | None = None

    async def take(self, limits: Sequence[Limit], quota: Quota | None = None) -> Decision:
        """See `Limiter.take`; raises UnknownMonth as well, and then nothing is counted."""
        if not self._line.health.up:
            raise LimiterAway
        ask = _Ask((*limits, quota) if quota is not None else tuple(limits))
        self._waiting.append(ask)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return await ask.answer

    async def _send(self) -> None:
        try:
            while self._waiting:
                for _ in range(ROUNDS):
                    await asyncio.sleep(0)
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                await self._decide(batch)
        finally:
            self._sending = None

    async def _decide(self, batch: list["_Ask"]) -> None:
        keys = [key for ask in batch for key in ask.keys]
        arguments = [argument for ask in batch for argument in ask.arguments]
        try:
            figures = iter(await self._line.run(SCRIPT, keys, arguments))
        except Silent:
            for ask in batch:
                ask.fail(LimiterAway())
            return
        for ask in batch:
            for lost in ask.settle(figures):
                self._on_lost(lost.tenant, lost.month)


class _Ask:
    """One request and its limits."""

    __slots__ = ("answer", "arguments", "keys", "limits")

    def __init__(self, limits: tuple[Limit | Quota, ...]) -> None:
        self.limits = limits
        self.answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self.keys = [_key(limit) for limit in limits]
        self.arguments: list[int] = [len(limits)]
        for limit in limits:
            self.arguments += _arguments(limit)

    def fail(self, failure: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(failure)

    def settle(self, figures: Iterable[int]) -> list[Quota]:
        """Hand over what was decided; return what was counted for nobody."""
        standings = [
            _standing(limit, state, left, time, used)
            for limit, (state, left, time, used) in zip(self.limits, _quadruples(figures), strict=False)
        ]
        found: Any = tuple(standings)
        allowed = None not in found and all(standing.allowed for standing in found)
        if self.answer.done():
            return [limit for limit in self.limits if isinstance(limit, Quota)] if allowed else []
        if None in found:
            self.answer.set_exception(UnknownMonth())
        else:
            self.answer.set_result(Decision(allowed, found))
        return []


def _quadruples(figures: Iterable[int]) -> Iterable[tuple[int, ...]]:
    return zip(*[iter(figures)] * _FIGURES, strict=False)


def _key(limit: Limit | Quota) -> str:
    return limit.key if isinstance(limit, Limit) else month_key(limit.tenant, limit.month)


def _arguments(limit: Limit | Quota) -> tuple[int, int, int]:
    if isinstance(limit, Limit):
        return limit.interval, limit.quota, limit.cost
    return 0, limit.calls, PATIENCE_MICROSECONDS


def _standing(limit: Limit | Quota, state: int, left: int, time: int, used: int) -> Standing | None:
    return None if state == _UNKNOWN else Standing(limit, state == 1, used, left, time / 1_000_000)
