"""The write side, put together on one pool of connections."""

from typing import Any

from psycopg_pool import AsyncConnectionPool

from application.ledger import Ledger
from domain import analysis, holdings, instruments, market, optimization, portfolio, rebalancing
from infrastructure.eventstore.append import GroupCommit
from infrastructure.eventstore.codec import register_aggregates
from infrastructure.eventstore.store import CachedEventStore
from infrastructure.eventstore.streams import Streams

AGGREGATES = (portfolio, holdings, instruments, rebalancing, analysis, market, optimization)


def ledger_on(pool: AsyncConnectionPool[Any]) -> Ledger:
    """Return the ledger that commands and agents work with."""
    register_aggregates(*AGGREGATES)
    return Ledger(CachedEventStore(Streams(pool), GroupCommit(pool)))
