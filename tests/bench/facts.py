"""Events to append, made without a use case around them."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import uuid4

from psycopg import AsyncConnection

from application.caller import Caller
from application.ledger import Append
from bootstrap.ledger import AGGREGATES
from domain.policy import RebalanceOptions
from domain.portfolio import Portfolio
from infrastructure.eventstore.append import append_batch
from infrastructure.eventstore.codec import register_aggregates
from infrastructure.postgres.connect import connector

TENANT = "acme"
NOW = datetime(2024, 1, 2, 10, 0, tzinfo=UTC)
GROUP = 64


def a_caller(tenant: str = TENANT) -> Caller:
    """Who acts."""
    return Caller(
        tenant=tenant,
        actor="bench",
        scopes=frozenset(),
        correlation_id="bench",
        causation_id=None,
        traceparent=None,
    )


def a_portfolio(number: int = 0, *, tenant: str = TENANT) -> Portfolio:
    """A portfolio whose registration is pending."""
    return Portfolio.start(
        Portfolio.Registered,
        id=uuid4(),
        tenant_id=tenant,
        name=f"Portfolio {number}",
        portfolio_type="long_only",
        currency="USD",
        inception_date=date(2024, 1, 2),
        benchmark_ticker="SPY",
        rebalance_threshold=Decimal("0.05"),
        metadata={"desk": "bench"},
        description="One of many.",
        rebalance_policy=RebalanceOptions(),
        effective_at=NOW,
    )


def registrations(number: int, *, tenant: str = TENANT) -> list[Append]:
    """That many commands of one event each."""
    register_aggregates(*AGGREGATES)
    return [
        Append(caller=a_caller(tenant), events=a_portfolio(n, tenant=tenant).collect_events())
        for n in range(number)
    ]


def histories(events: int) -> Iterator[Append]:
    """Commands that together record that many events: a portfolio is registered and then renamed four times."""
    caller = a_caller()
    for number in range(events // 5):
        portfolio = a_portfolio(number)
        for edition in range(4):
            portfolio.revise({"name": f"Portfolio {number}, edition {edition}"}, at=NOW)
        yield Append(caller=caller, events=portfolio.collect_events())


@asynccontextmanager
async def appending(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A durable connection to append through."""
    register_aggregates(*AGGREGATES)
    async with await connector(database_url, "bench")() as connection:
        yield connection


async def fill(database_url: str, appends: Iterable[Append]) -> int:
    """Append everything in groups and return the position reached."""
    rest, reached = iter(appends), 0
    async with appending(database_url) as connection:
        while group := list(islice(rest, GROUP)):
            reached = max(position or 0 for position in await append_batch(connection, group))
    return reached
