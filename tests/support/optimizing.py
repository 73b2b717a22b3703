"""A relay and agents that compute optimisations, in the test's own process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from prometheus_client import CollectorRegistry
from tests.support.relaying import relaying

from bootstrap.agents import serve
from bootstrap.settings import Settings
from infrastructure.redis.metrics import AgentMetrics

GROUP: Final = "optimization"
CLAIM_IDLE_SECONDS: Final = 1.0


@asynccontextmanager
async def optimizing(settings: Settings, *, agents: int = 1) -> AsyncIterator[None]:
    """Compute what is asked for until the end of the block; `settings` name both servers."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(relaying(settings.database_url, settings.redis_url))
        for _ in range(agents):
            await stack.enter_async_context(_agent(settings))
        yield


@asynccontextmanager
async def _agent(settings: Settings) -> AsyncIterator[None]:
    stop, metrics = asyncio.Event(), AgentMetrics(GROUP, CollectorRegistry())
    task = asyncio.create_task(
        serve(settings, metrics, stop, name=GROUP, claim_idle_seconds=CLAIM_IDLE_SECONDS)
    )
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)
