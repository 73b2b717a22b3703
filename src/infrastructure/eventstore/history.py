"""The log of one tenant, filtered and paged."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from application.history.events import EventFilter, RecordedEvent
from application.turns import in_turns
from infrastructure.eventstore.streams import COLUMNS, Recorded, Streams
from infrastructure.postgres.away import said_as_unavailable

FITTING: LiteralString = """
  from events.event where tenant_id = %(tenant)s and originator_id = any(%(streams)s) and position > %(after)s
   and (cardinality(%(types)s::text[]) = 0 or topic = any(%(types)s))
   and (%(start)s::timestamptz is null or recorded_at >= %(start)s)
   and (%(end)s::timestamptz is null or recorded_at < %(end)s)"""
PAGE: LiteralString = f"select {COLUMNS} {FITTING} order by position limit %(limit)s offset %(offset)s"
COUNT: LiteralString = f"select count(*) {FITTING}"


class PostgresEventReader:
    """The `EventReader` port."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool, self._streams = pool, Streams(pool)

    async def page(
        self,
        tenant: str,
        streams: Sequence[UUID],
        wanted: EventFilter,
        *,
        after: int,
        limit: int,
        offset: int,
    ) -> tuple[list[RecordedEvent], int]:
        """Return events beyond a position in their order, and how many fit the filter."""
        params = {
            "tenant": tenant,
            "streams": list(streams),
            "after": after,
            "types": list(wanted.types),
            "start": wanted.start,
            "end": wanted.end,
            "limit": limit,
            "offset": offset,
        }
        with said_as_unavailable():
            async with self._pool.connection() as connection, connection.transaction():
                await connection.execute("select set_config('trimtab.tenant', %s, true)", (tenant,))
                cursor = connection.cursor(row_factory=class_row(Recorded))
                await cursor.execute(PAGE, params)
                rows = await cursor.fetchall()
                count = await (await connection.execute(COUNT, params)).fetchone()
        return [_told(row) async for row in in_turns(rows)], int(count[0]) if count else 0

    async def stream(
        self, tenant: str, aggregate_id: UUID, *, known_at: datetime | None
    ) -> list[RecordedEvent]:
        """Return one stream as far as it was recorded by `known_at`."""
        rows = await self._streams.history(aggregate_id, tenant=tenant, known_at=known_at)
        return [_told(row) async for row in in_turns(rows)]


def _told(row: Recorded) -> RecordedEvent:
    return RecordedEvent(
        position=row.position,
        event_id=row.event_id,
        topic=row.topic,
        state=row.state,
        actor=row.actor,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        effective_at=row.effective_at,
        recorded_at=row.recorded_at,
        domain_event=row.event(),
    )
