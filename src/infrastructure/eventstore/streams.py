"""Reading events: one aggregate's stream, or the whole log in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from application.turns import in_turns
from infrastructure.eventstore.codec import Event, decode
from infrastructure.postgres.away import said_as_unavailable
from infrastructure.postgres.reads import AS_TENANT

COLUMNS: LiteralString = """position, event_id, tenant_id, originator_id, originator_version, topic,
    state::text as state, actor, correlation_id, causation_id, traceparent, effective_at, recorded_at"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One row of the log: the envelope, and the event as it was written."""

    position: int
    event_id: UUID
    tenant_id: str
    originator_id: UUID
    originator_version: int
    topic: str
    state: str
    actor: str
    correlation_id: str
    causation_id: str | None
    traceparent: str | None
    effective_at: datetime
    recorded_at: datetime

    def event(self) -> Event:
        """Return the domain event."""
        return decode(
            self.topic,
            self.state,
            originator_id=self.originator_id,
            originator_version=self.originator_version,
            effective_at=self.effective_at,
            recorded_at=self.recorded_at,
        )


class Streams:
    """Reads streams as one tenant; under the API's role row-level security hides everybody else's."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def load(self, after: Mapping[UUID, int], *, tenant: str) -> dict[UUID, list[Event]]:
        """Return the events of streams beyond a version of each, oldest first."""
        asked = [(aggregate_id, version, None) for aggregate_id, version in after.items()]
        found = zip(after, await self._rows(asked, tenant), strict=True)
        return {
            aggregate_id: [recorded.event() async for recorded in in_turns(rows)]
            for aggregate_id, rows in found
        }

    async def history(
        self, aggregate_id: UUID, *, tenant: str, known_at: datetime | None = None
    ) -> list[Recorded]:
        """Return the rows of one stream that were recorded before `known_at`."""
        (rows,) = await self._rows([(aggregate_id, 0, known_at)], tenant)
        return rows

    async def _rows(
        self, asked: Sequence[tuple[UUID, int, datetime | None]], tenant: str
    ) -> list[list[Recorded]]:
        query: LiteralString = f"""
            select {COLUMNS} from events.event
             where originator_id = %s and originator_version > %s and tenant_id = %s
               and (%s::timestamptz is null or recorded_at < %s)
             order by originator_version"""
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                async with connection.pipeline():  # what goes out together is one transaction
                    await connection.execute(AS_TENANT, (tenant,))
                    cursors = [connection.cursor(row_factory=class_row(Recorded)) for _ in asked]
                    for cursor, (key, after, known_at) in zip(cursors, asked, strict=True):
                        await cursor.execute(query, (key, after, tenant, known_at, known_at))
                return [await cursor.fetchall() for cursor in cursors]


async def read_log(connection: AsyncConnection[Any], *, after: int, limit: int) -> Sequence[Recorded]:
    """Return the next events of the whole log; only the owner's role sees every tenant's."""
    return await (await ask_log(connection, after=after, limit=limit)).fetchall()


async def ask_log(connection: AsyncConnection[Any], *, after: int, limit: int) -> AsyncCursor[Recorded]:
    """Ask for the next events; in a pipeline the answer is not waited for."""
    query: LiteralString = (
        f"select {COLUMNS} from events.event where position > %s order by position limit %s"
    )
    cursor = connection.cursor(row_factory=class_row(Recorded))
    await cursor.execute(query, (after, limit))
    return cursor
