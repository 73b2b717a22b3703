"""Subscriptions in PostgreSQL, changed by one function in one transaction."""

from typing import Any, Final, LiteralString, cast

import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from application.billing.ports import Outcome
from application.billing.subscription_events import SubscriptionChange
from application.idempotency import KeyedAnswer
from infrastructure.eventstore.append import append_answer
from infrastructure.postgres.acting import acting_as

APPLY: Final[LiteralString] = (
    "select identity.apply_payment_event(%s, %s, %s, %s::smallint, %s, %s, %s, %s, %s)"
)
_log = structlog.get_logger("trimtab.billing")


class PostgresSubscriptions:
    """The `Subscriptions` port."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def apply(self, change: SubscriptionChange) -> Outcome:
        """Let a change have its effect; raises Unavailable when PostgreSQL is away."""
        async with acting_as(self._pool, tenant=change.tenant) as connection:
            cursor = await connection.execute(APPLY, _parameters(change))
            row = await cursor.fetchone()
        assert row is not None
        _log.info("payment_event", id=change.event, type=change.type, tenant=change.tenant, outcome=row[0])
        return cast("Outcome", row[0])


class PostgresAnswers:
    """The `Answers` port."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def keep(self, keyed: KeyedAnswer) -> None:
        """Store the answer; raises LostRace where another was stored meanwhile, Unavailable without a database."""
        async with acting_as(self._pool, tenant=keyed.request.tenant) as connection:
            await append_answer(connection, keyed)


def _parameters(change: SubscriptionChange) -> tuple[object, ...]:
    said = (change.event, change.type, change.at, change.rank, change.subscription)
    return (*said, change.tenant, change.tier, change.began, change.state)
