"""The process of one agent: messages from the streams in, events to the store out."""

import asyncio
import os
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final

from psycopg import InterfaceError, OperationalError
from redis.exceptions import RedisError

from agents.runtime import Patience, Runtime
from application.ledger import LostRace
from application.optimization.request import METHODS_MAX
from bootstrap.agent_parts import BUILT_BY, AgentParts, built
from bootstrap.ledger import ledger_on
from bootstrap.published import cloud_events
from bootstrap.settings import Settings
from bootstrap.until_stopped import run_until_stopped
from domain.errors import Unavailable
from infrastructure.postgres.connect import connector, pool
from infrastructure.redis.connect import client
from infrastructure.redis.group import READ_COUNT
from infrastructure.redis.inbox import CLAIM_IDLE_SECONDS, RedisInbox
from infrastructure.redis.membership import membership
from infrastructure.redis.metrics import AgentMetrics
from infrastructure.redis.refetch import refetch_from

PATIENCE = Patience()
TRANSIENT = (OperationalError, InterfaceError, RedisError, OSError, Unavailable, LostRace)
ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Sums over several threads differ in their last digits from run to run."""

PATIENT: Final = frozenset({"risk", "attribution", "optimization"})
"""Those who compute long and are waited for by few: requests and read models get the processor first."""
NICENESS: Final = 5
JOBS: Final = "optimization"
JOBS_AT_ONCE: Final = 4
"""Jobs that an agent has in hand: their methods take turns, so that a small one need not wait for a large one."""
JOB_CLAIM_IDLE_SECONDS: Final = 8.0


def main(settings: Settings, name: str) -> None:
    """Run the agent until told to stop; several processes of one agent share its work."""
    if name not in BUILT_BY:
        raise SystemExit(f"There is no agent {name!r}; there are {', '.join(BUILT_BY)}.")
    os.environ.update({variable: os.environ.get(variable, value) for variable, value in ONE_THREAD.items()})
    if name in PATIENT:
        os.nice(NICENESS)

    async def work(stop: asyncio.Event) -> None:
        await serve(settings, AgentMetrics(name), stop, name=name)

    run_until_stopped(work, settings=settings, process=f"agent {name}")


async def serve(
    settings: Settings,
    metrics: AgentMetrics,
    stop: asyncio.Event,
    *,
    name: str = "rebalance",
    patience: Patience | None = None,
    claim_idle_seconds: float | None = None,
) -> None:
    """Run an agent until `stop` is set."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    process = f"agent-{name}"
    patience = patience or patience_of(name, settings)
    async with (
        membership(connector(settings.database_url, f"{process}-member"), name) as member,
        pool(settings.database_url, process, size=2 * patience.portfolios_at_once) as connections,
        client(settings.redis_url, process) as redis,
        AsyncExitStack() as stack,
    ):
        parts = AgentParts(
            settings=settings,
            connections=connections,
            ledger=ledger_on(connections),
            redis=redis,
            stack=stack,
            stop=stop,
        )
        agent, streams = await built(name, parts)

        def runtime(consumer: str, reads: int) -> Runtime:
            inbox = RedisInbox(
                redis,
                name,
                consumer,
                streams,
                refetch=refetch_from(connections, cloud_events(settings)),
                metrics=metrics,
                claim_idle_seconds=claim_idle_seconds or claim_idle_of(name),
                read_count=reads,
            )
            return Runtime(agent, inbox, metrics, stop=stop, is_transient=is_transient, patience=patience)

        if name == JOBS:
            await _together(runtime(f"{member}.{place}", 1) for place in range(JOBS_AT_ONCE))
        else:
            await runtime(member, READ_COUNT).run()


async def _together(runtimes: Iterable[Runtime]) -> None:
    """Run members of a group side by side, each with one message in hand; when one ends, so do all."""
    running = [asyncio.create_task(one.run()) for one in runtimes]
    try:
        await asyncio.gather(*running)
    finally:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def patience_of(name: str, settings: Settings) -> Patience:
    """Return how long an agent may take over a message: a job as long as all of its methods, and those before them."""
    if name != JOBS:
        return PATIENCE
    longest = settings.optimization_max_seconds * METHODS_MAX * JOBS_AT_ONCE
    return replace(PATIENCE, handle_seconds=PATIENCE.handle_seconds + longest, beat_seconds=2.0)


def claim_idle_of(name: str) -> float:
    """Return after how many seconds without a sign of life others take over what a member has in hand."""
    return JOB_CLAIM_IDLE_SECONDS if name == JOBS else CLAIM_IDLE_SECONDS


def is_transient(failure: Exception) -> bool:
    """Whether the same work may succeed later without anybody doing anything."""
    return isinstance(failure, TRANSIENT)
