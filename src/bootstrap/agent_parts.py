"""What each agent is made of. What is heavy to import is imported by the process that needs it, and when it does."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from agents.runtime import Agent
from application.ledger import Ledger
from bootstrap.settings import Settings
from domain.valuation import Rates
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.marketdata.quotes import PostgresQuotes
from infrastructure.marketdata.rates import TenantRatesReader
from infrastructure.postgres.connect import connector
from infrastructure.postgres.exposures import PostgresExposures
from infrastructure.postgres.positions import ReadPositions
from infrastructure.postgres.reads import TenantReads
from infrastructure.redis.connect import Client
from infrastructure.redis.handed_out import handed_out
from projections.published.catalogue import MARKET_IMPORTED, OPTIMIZATION_REQUESTED, PORTFOLIO_EVENTS

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

    from infrastructure.marketdata.cached import CachedMarketHistory
    from infrastructure.workers.pool import WorkerPool

ANALYST_BYTES: Final = 256 * 1024 * 1024
"""Prices that an agent keeps which computes figures."""
LOOKOUT_BYTES: Final = 64 * 1024 * 1024
"""Prices that the rebalance agent keeps, only to tell which are doubtful."""
OPTIMIZER = "bootstrap.optimizer"
"""The module that computes methods."""
METHODS_WAITING: Final = 10_000
"""More than an agent ever has in hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentParts:
    """What an agent's process has at hand; what is put on the stack ends with it."""

    settings: Settings
    connections: "AsyncConnectionPool[Any]"
    ledger: Ledger
    redis: Client
    stack: AsyncExitStack
    stop: asyncio.Event


Build = Callable[[AgentParts], Awaitable[Agent]]


async def built(name: str, parts: AgentParts) -> tuple[Agent, Sequence[str]]:
    """Return an agent, and the streams it reads."""
    build, streams = BUILT_BY[name]
    return await build(parts), streams


async def rebalance(parts: AgentParts) -> Agent:
    """Return the agent that recommends trades."""
    bank = EcbRates()
    await asyncio.to_thread(_load_the_rest, bank)
    from agents.rebalance.agent import RebalanceAgent
    from application.rebalancing.sight import Lookout

    lookout = Lookout(
        PostgresQuotes(TenantReads(parts.connections)),
        TenantRatesReader(parts.connections, bank),
        _market(parts, LOOKOUT_BYTES),
    )
    return RebalanceAgent(
        parts.ledger,
        lookout,
        recommendation_ttl=parts.settings.recommendation_ttl,
        hold_back_days=parts.settings.hold_back_days,
    )


async def risk(parts: AgentParts) -> Agent:
    """Return the agent that measures risk and factors."""
    from agents.figures.risk import RiskAgent

    return RiskAgent(parts.ledger, _market(parts))


async def attribution(parts: AgentParts) -> Agent:
    """Return the agent that attributes active returns."""
    from agents.figures.attribution import AttributionAgent

    return AttributionAgent(parts.ledger, _market(parts))


async def repricing(parts: AgentParts) -> Agent:
    """Return the agent that has portfolios looked at when market data came in."""
    from agents.repricing.agent import RepricingAgent

    assert parts.settings.database_url is not None
    projected = ReadPositions(
        connector(parts.settings.database_url, "agent-repricing-reads"), ("portfolios",)
    )
    await projected.start()
    parts.stack.push_async_callback(projected.close)

    async def handed() -> int:
        return await handed_out(parts.redis, PORTFOLIO_EVENTS, ANSWERING)

    return RepricingAgent(parts.ledger, PostgresExposures(parts.connections, projected, handed))


async def optimization(parts: AgentParts) -> Agent:
    """Return the agent that computes optimisations, with the processes that do it."""
    from agents.optimization.agent import OptimizationAgent
    from infrastructure.postgres.datasets import ForgottenDatasets, PostgresDatasets
    from infrastructure.workers.calculations import WorkerCalculations

    settings = parts.settings
    workers = optimizers(settings)
    await workers.start()
    parts.stack.push_async_callback(workers.close)
    forgotten = ForgottenDatasets(parts.connections, kept=settings.optimization_data_retention)
    await forgotten.start()
    parts.stack.push_async_callback(forgotten.close)
    return OptimizationAgent(
        parts.ledger,
        PostgresDatasets(parts.connections),
        WorkerCalculations(workers),
        at_once=settings.optimization_processes,
        stop=parts.stop,
    )


def optimizers(settings: Settings) -> "WorkerPool":
    """Return the processes that compute methods, not yet started; a method waits for its turn as long as it takes."""
    from infrastructure.workers.pool import WorkerPool, WorkLimits

    limits = WorkLimits(
        max_seconds=settings.optimization_max_seconds,
        max_memory_bytes=settings.optimization_max_memory,
        max_waiting=METHODS_WAITING,
        max_waiting_seconds=timedelta(days=1).total_seconds(),
    )
    return WorkerPool(OPTIMIZER, limits=limits, workers=settings.optimization_processes)


def _market(parts: AgentParts, max_bytes: int = ANALYST_BYTES) -> "CachedMarketHistory":
    from infrastructure.marketdata.cached import CachedMarketHistory

    return CachedMarketHistory(
        parts.connections, stale_days=parts.settings.stale_price_days, max_bytes=max_bytes
    )


def _load_the_rest(rates: Rates) -> None:
    """Read the exchange rates, and load the solver, before the first message needs them."""
    import agents.rebalance.agent  # noqa: F401

    rates.rate("EUR", "USD", datetime.now(UTC).date())


BUILT_BY: Final[Mapping[str, tuple[Build, Sequence[str]]]] = {
    "rebalance": (rebalance, (PORTFOLIO_EVENTS,)),
    "risk": (risk, (PORTFOLIO_EVENTS,)),
    "attribution": (attribution, (PORTFOLIO_EVENTS,)),
    "repricing": (repricing, (MARKET_IMPORTED,)),
    "optimization": (optimization, (OPTIMIZATION_REQUESTED,)),
}
"""Every agent by its name, which is also that of its consumer group."""
ANSWERING: Final = ("rebalance", "risk", "attribution")
"""Those who answer requests for figures."""
