"""The write side, the projector and the read side together on one database, in the test's own process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool
from tests.support.database import as_api
from tests.support.files import FilesReadHere

from application.history.past import History
from application.ledger import Ledger
from bootstrap.ledger import ledger_on
from bootstrap.projector import projections
from bootstrap.read_models import PROJECTIONS
from infrastructure.eventstore.follower import Follower
from infrastructure.eventstore.history import PostgresEventReader
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.marketdata.quotes import PostgresQuotes
from infrastructure.marketdata.rates import TenantRatesReader
from infrastructure.postgres.connect import connector, pool
from infrastructure.postgres.datasets import PostgresDatasets
from infrastructure.postgres.positions import ReadPositions
from infrastructure.postgres.projector import Projector
from infrastructure.postgres.reads import TenantReads
from infrastructure.postgres.views.analyses import PostgresAnalysisView
from infrastructure.postgres.views.imports import PostgresImportView
from infrastructure.postgres.views.optimizations import PostgresOptimizationView
from infrastructure.postgres.views.portfolios import PostgresPortfolioView
from infrastructure.postgres.views.recommendations import PostgresRecommendationView


@dataclass(frozen=True)
class Service:
    """What a test talks to."""

    database_url: str
    connections: AsyncConnectionPool[Any]
    ledger: Ledger
    portfolios: PostgresPortfolioView
    imports: PostgresImportView
    recommendations: PostgresRecommendationView
    analyses: PostgresAnalysisView
    optimizations: PostgresOptimizationView
    datasets: PostgresDatasets
    history: History
    positions: ReadPositions
    quotes: PostgresQuotes
    tenant_rates: TenantRatesReader
    rates: EcbRates
    files: FilesReadHere

    async def shows(self, position: int | None) -> None:
        """Wait until the read models show a position."""
        assert position is not None
        assert await self.positions.wait_for(position, 10), f"position {position} was never projected"


@asynccontextmanager
async def service_on(database_url: str) -> AsyncIterator[Service]:
    """Run a projector, and lend the rest as the API's role sees it."""
    stop = asyncio.Event()
    projecting = asyncio.create_task(
        Follower("projector", connector(database_url, "projector", durable=False, schema="read")).run(
            Projector(projections()).step, stop
        )
    )
    api_url = as_api(database_url)
    positions = ReadPositions(connector(api_url, "api"), PROJECTIONS)
    async with pool(api_url, "api") as connections:
        await positions.start()
        reads = TenantReads(connections)
        yield Service(
            database_url=database_url,
            connections=connections,
            ledger=ledger_on(connections),
            portfolios=PostgresPortfolioView(reads),
            imports=PostgresImportView(reads),
            recommendations=PostgresRecommendationView(reads),
            analyses=PostgresAnalysisView(reads),
            optimizations=PostgresOptimizationView(reads),
            datasets=PostgresDatasets(connections),
            history=History(PostgresEventReader(connections)),
            positions=positions,
            quotes=PostgresQuotes(reads),
            tenant_rates=TenantRatesReader(connections, EcbRates()),
            rates=EcbRates(),
            files=FilesReadHere(),
        )
        stop.set()
        await positions.close()
        await projecting


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Service]:
    """The service on a database of this test alone."""
    async with service_on(database_url) as running:
        yield running
