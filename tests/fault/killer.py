"""Whatever can go wrong with processes, at random moments that a seed decides."""

import asyncio
from collections import Counter
from random import Random

import redis
from tests.support.running import RunningService

FLUSH = "flushall"
PROCESSES = (
    "api", "projector", "relay", "agent rebalance", "agent risk", "agent attribution", "agent repricing", "webhooks",
    "agent optimization",
    "redis",
)  # fmt: skip
TRIES_SECONDS = 0.05


class Killer:
    """Kills processes of one service, and empties its Redis."""

    def __init__(self, service: RunningService, random: Random, victims: tuple[str, ...]) -> None:
        self._service, self._random, self._victims = service, random, victims
        self.done: Counter[str] = Counter()

    async def strike(self, times: int, *, pause_seconds: tuple[float, float]) -> None:
        """Strike that often, each victim once before any comes again."""
        for number in range(times):
            await asyncio.sleep(self._random.uniform(*pause_seconds))
            await self._hit(self._order(number)[number % len(self._victims)])

    def _order(self, number: int) -> list[str]:
        if number % len(self._victims) == 0:
            self._shuffled = self._random.sample(self._victims, len(self._victims))
        return self._shuffled

    async def _hit(self, victim: str) -> None:
        """Hit it as soon as it is there to be hit: it may be down from an earlier blow."""
        while not (self._flush() if victim == FLUSH else self._service.kill(victim)):
            await asyncio.sleep(TRIES_SECONDS)
        self.done[victim] += 1

    def _flush(self) -> bool:
        try:
            with self._service.redis() as client:
                return bool(client.flushall())
        except redis.RedisError:
            return False
