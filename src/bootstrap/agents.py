"""The process of one agent: messages from the streams in, events to the store out."""

import asyncio
from datetime import UTC, datetime

from psycopg import InterfaceError, OperationalError
from redis.exceptions import RedisError

from agents.rebalance.agent import RebalanceAgent
from agents.runtime import Patience, Runtime
from application.ledger import LostRace
from bootstrap.ledger import ledger_on
from bootstrap.published import cloud_events
from bootstrap.settings import Settings
from bootstrap.until_stopped import run_until_stopped
from domain.errors import Unavailable
from domain.valuation import Rates
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.postgres.connect import connector, pool
from infrastructure.redis.connect import client
from infrastructure.redis.inbox import CLAIM_IDLE_SECONDS, RedisInbox
from infrastructure.redis.membership import membership
from infrastructure.redis.metrics import AgentMetrics
from infrastructure.redis.refetch import refetch_from
from projections.published.catalogue import PORTFOLIO_EVENTS

PATIENCE = Patience()
TRANSIENT = (OperationalError, InterfaceError, RedisError, OSError, Unavailable, LostRace)


def main(settings: Settings, name: str) -> None:
    """Run the agent until told to stop; several processes of one agent share its work."""
    if name != RebalanceAgent.name:
        raise SystemExit(f"There is no agent {name!r}; there is {RebalanceAgent.name!r}.")

    async def work(stop: asyncio.Event) -> None:
        await serve(settings, AgentMetrics(name), stop)

    run_until_stopped(work, settings=settings, process=f"agent {name}")


async def serve(
    settings: Settings,
    metrics: AgentMetrics,
    stop: asyncio.Event,
    *,
    patience: Patience = PATIENCE,
    claim_idle_seconds: float = CLAIM_IDLE_SECONDS,
) -> None:
    """Run the rebalance agent until `stop` is set."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    process = f"agent-{RebalanceAgent.name}"
    rates = EcbRates()
    await asyncio.to_thread(_warm, rates)
    async with (
        membership(connector(settings.database_url, f"{process}-member"), RebalanceAgent.name) as member,
        pool(settings.database_url, process, size=patience.portfolios_at_once + 1) as connections,
        client(settings.redis_url, process) as redis,
    ):
        agent = RebalanceAgent(ledger_on(connections), rates, recommendation_ttl=settings.recommendation_ttl)
        inbox = RedisInbox(
            redis,
            agent.name,
            member,
            [PORTFOLIO_EVENTS],
            refetch=refetch_from(connections, cloud_events(settings)),
            metrics=metrics,
            claim_idle_seconds=claim_idle_seconds,
        )
        runtime = Runtime(agent, inbox, metrics, stop=stop, is_transient=is_transient, patience=patience)
        await runtime.run()


def is_transient(failure: Exception) -> bool:
    """Whether the same work may succeed later without anybody doing anything."""
    return isinstance(failure, TRANSIENT)


def _warm(rates: Rates) -> None:
    """Read the exchange rates before the first message needs them."""
    rates.rate("EUR", "USD", datetime.now(UTC).date())
