from collections.abc import AsyncIterator

import pytest
from tests.support.database import as_api
from tests.support.market import MarketData

from infrastructure.marketdata.history import PostgresMarketHistory
from infrastructure.postgres.connect import pool


@pytest.fixture
async def history(database_url: str) -> AsyncIterator[PostgresMarketHistory]:
    """The market as the API's role reads it."""
    async with pool(as_api(database_url), "test", size=2) as connections:
        yield PostgresMarketHistory(connections)


@pytest.fixture
def shared(database_url: str) -> MarketData:
    """Writes the shared set."""
    return MarketData(database_url)


@pytest.fixture
def own(database_url: str) -> MarketData:
    """Writes what belongs to the tenant `acme`."""
    return MarketData(database_url, "acme")
