"""Relays inside the test, and as processes that can be killed."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from prometheus_client import CollectorRegistry
from redis import Redis
from tests.support.waiting import eventually

from bootstrap.relay import follow
from bootstrap.settings import Settings
from infrastructure.embedded.ports import free_port
from infrastructure.redis.metrics import RelayMetrics

DEADLINE = 20.0


@asynccontextmanager
async def relaying(database_url: str, redis_url: str, **given: Any) -> AsyncIterator[RelayMetrics]:
    """A relay at work in this process."""
    metrics, stop = RelayMetrics(CollectorRegistry()), asyncio.Event()
    with TemporaryDirectory() as home:  # it keeps what it signs there
        settings = replace(
            Settings(), home=Path(home), database_url=database_url, redis_url=redis_url, **given
        )
        task = asyncio.create_task(follow(settings, metrics, stop))
        try:
            yield metrics
        finally:
            stop.set()
            await task


@contextmanager
def worker(*command: str, database_url: str, redis_url: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of ours, for tests that kill it."""
    with TemporaryDirectory() as home:
        environment = os.environ | {
            "TRIMTAB_HOME": home,
            "TRIMTAB_DATABASE_URL": database_url,
            "TRIMTAB_REDIS_URL": redis_url,
            "TRIMTAB_METRICS_PORT": str(free_port()),
        }
        with subprocess.Popen([sys.executable, "-m", "bootstrap.cli", *command], env=environment) as process:
            try:
                yield process
            finally:
                process.kill()
                process.wait()


async def soon(question: Any, *, seconds: float = DEADLINE) -> Any:
    """The first true answer to a question, asked without stopping the loop."""
    return await asyncio.to_thread(eventually, question, seconds=seconds)


def positions_on(redis_url: str, stream: str) -> list[int]:
    """The positions on a stream, in its order."""
    with Redis.from_url(redis_url) as redis:
        entries: Any = redis.xrange(stream)
        return [int(entry_id.split(b"-")[0]) for entry_id, _ in entries]


def entries_on(redis_url: str, stream: str) -> list[dict[str, str]]:
    """The fields of all entries of a stream."""
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        entries: Any = redis.xrange(stream)
        return [fields for _, fields in entries]
