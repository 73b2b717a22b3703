"""The process that tells tenants' endpoints what happened: from the streams to deliveries, from deliveries to HTTP."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

from httpx import create_ssl_context

from agents.runtime import Patience, Runtime
from agents.webhooks.agent import WebhookAgent
from application.webhooks.schedule import Schedule
from bootstrap.agents import is_transient
from bootstrap.published import cloud_events
from bootstrap.settings import Settings
from bootstrap.until_stopped import run_until_stopped
from bootstrap.webhook_parts import webhook_destinations, webhook_seal
from infrastructure.postgres.connect import connector, pool
from infrastructure.redis.connect import client
from infrastructure.redis.inbox import CLAIM_IDLE_SECONDS, RedisInbox
from infrastructure.redis.membership import membership
from infrastructure.redis.metrics import AgentMetrics
from infrastructure.redis.refetch import refetch_from
from infrastructure.webhooks.metrics import WebhookMetrics
from infrastructure.webhooks.outbox import PostgresOutbox
from infrastructure.webhooks.post import Poster
from infrastructure.webhooks.queue import DeliveryQueue, Limits
from infrastructure.webhooks.sender import Sender, Sending
from projections.published.subscriptions import STREAMS_READ

PROCESS: Final = "webhooks"
CONNECTIONS: Final = 12
MARGIN: Final = timedelta(seconds=60)
"""What an attempt takes besides the request: looking up the name, waiting for a connection to note what came of it."""


def main(settings: Settings) -> None:
    """Tell endpoints until told to stop; several of these processes share the work."""

    async def work(stop: asyncio.Event) -> None:
        await serve(settings, AgentMetrics(PROCESS), WebhookMetrics(), stop)

    run_until_stopped(work, settings=settings, process=PROCESS)


async def serve(
    settings: Settings,
    agent_metrics: AgentMetrics,
    metrics: WebhookMetrics,
    stop: asyncio.Event,
    *,
    claim_idle_seconds: float = CLAIM_IDLE_SECONDS,
) -> None:
    """Note deliveries and make them until `stop` is set; while Redis is away, those that are noted still go out."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    async with AsyncExitStack() as stack:
        connections = await stack.enter_async_context(pool(settings.database_url, PROCESS, size=CONNECTIONS))
        redis = await stack.enter_async_context(client(settings.redis_url, PROCESS))
        member = await stack.enter_async_context(
            membership(connector(settings.database_url, f"{PROCESS}-member"), PROCESS)
        )
        inbox = RedisInbox(
            redis,
            PROCESS,
            member,
            STREAMS_READ,
            refetch=refetch_from(connections, cloud_events(settings)),
            metrics=agent_metrics,
            claim_idle_seconds=claim_idle_seconds,
        )
        agent = WebhookAgent(PostgresOutbox(connections, metrics, retention=settings.webhook_retention))
        runtime = Runtime(
            agent, inbox, agent_metrics, stop=stop, is_transient=is_transient, patience=Patience()
        )
        sender = Sender(DeliveryQueue(connections, limits(settings)), sending(settings), metrics, stop=stop)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(runtime.run())
            tasks.create_task(sender.run())


def sending(settings: Settings) -> Sending:
    """Return how deliveries are sent."""
    return Sending(
        destinations=webhook_destinations(settings),
        poster=Poster(create_ssl_context(), seconds=settings.webhook_timeout_seconds),
        seal=webhook_seal(settings),
        schedule=Schedule(waits=settings.webhook_retries, disable_after=settings.webhook_disable_after),
        retention=settings.webhook_retention,
        limits=limits(settings),
    )


def limits(settings: Settings) -> Limits:
    """Return how much is sent at once; a lease outlasts the longest attempt."""
    return Limits(lease=timedelta(seconds=settings.webhook_timeout_seconds) + MARGIN)
