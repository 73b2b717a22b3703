"""The calls of months in Redis, where all processes see them at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from application.limits.month import Month
from infrastructure.redis.line import Line, Script

SCRIPT: Final = Script("usage.lua")
PATIENCE_MICROSECONDS: Final = 10_000_000
"""Calls in a month that nobody adds to and nobody folds for so long were those of a process that was killed."""
KEPT_SECONDS: Final = 40 * 24 * 3600
MONTHS_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is new about a month: calls since the last fold, and what a fold brought about."""

    tenant: str
    month: Month
    calls: int = 0
    folded: int | None = None
    revision: int = 0


class RedisUsage:
    """Tells Redis of calls, and asks it."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def apply(self, changes: Iterable[Change]) -> list[int | None]:
        """Make changes and return the calls of each month, None of one Redis does not know; raises Silent."""
        wanted = list(changes)
        if not wanted:
            return []
        keys = [month_key(change.tenant, change.month) for change in wanted]
        arguments: list[Any] = [PATIENCE_MICROSECONDS, KEPT_SECONDS]
        for change in wanted:
            arguments += (-1 if change.folded is None else change.folded, change.revision, change.calls)
        found = await self._line.run(SCRIPT, keys, arguments)
        return [None if used < 0 else used for used in found]


@lru_cache(MONTHS_REMEMBERED)
def month_key(tenant: str, month: Month) -> str:
    """Return where the calls of a month are kept."""
    return f"tt:calls:{month.first:%Y-%m}:{tenant}"
