"""A Redis without keys for one test, and facts of portfolios to publish through it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from redis import Redis

from application.caller import SCOPES, Caller
from application.ledger import Ledger
from bootstrap.ledger import ledger_on
from domain.policy import RebalanceOptions
from domain.portfolio import Portfolio
from infrastructure.postgres.connect import pool

TENANT = "tenant-a"
NOW = datetime(2026, 3, 26, 8, tzinfo=UTC)


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """The URL of a Redis without keys."""
    with Redis.from_url(redis_server) as redis:
        redis.flushall()
        yield redis_server
        redis.flushall()


@asynccontextmanager
async def a_ledger(database_url: str) -> AsyncIterator[Ledger]:
    """The write side of a database."""
    async with pool(database_url, "test") as connections:
        yield ledger_on(connections)


def a_caller(**given: Any) -> Caller:
    """Somebody of the tenant who may do everything."""
    facts: dict[str, Any] = {
        "tenant": TENANT,
        "actor": "someone",
        "scopes": SCOPES,
        "correlation_id": "correlation",
        "causation_id": None,
        "traceparent": None,
    }
    return Caller(**(facts | given))


def a_portfolio(**given: Any) -> Portfolio:
    """A portfolio as it is registered."""
    facts: dict[str, Any] = {
        "tenant_id": TENANT,
        "name": "Global Equity Alpha",
        "portfolio_type": "long_only",
        "currency": "USD",
        "inception_date": date(2024, 1, 2),
        "benchmark_ticker": None,
        "rebalance_threshold": Decimal("0.05"),
        "metadata": {},
        "description": None,
        "rebalance_policy": RebalanceOptions(),
        "effective_at": NOW,
        "id": uuid4(),
    }
    return Portfolio.start(Portfolio.Registered, **(facts | given))


async def registered(ledger: Ledger, count: int = 1, **given: Any) -> list[UUID]:
    """Register portfolios, one command each."""
    ids = []
    for _ in range(count):
        async with ledger.unit(a_caller()) as unit:
            ids.append(unit.start(a_portfolio(**given)).id)
            await unit.commit(None)
    return ids


async def archived(ledger: Ledger, portfolio_id: UUID) -> None:
    """Archive a portfolio."""
    async with ledger.unit(a_caller()) as unit:
        (await unit.portfolio(portfolio_id)).archive(at=NOW)
        await unit.commit(None)


def positions_in(database_url: str, *topics: str) -> list[int]:
    """The positions of the events whose topics are like one of the patterns."""
    query = "select position from events.event where topic like any(%s) order by 1"
    with psycopg.connect(database_url) as connection:
        return [row[0] for row in connection.execute(query, (list(topics),))]
