"""Entries that a stream has let go, read again from where they came from."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, LiteralString

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from infrastructure.eventstore.streams import COLUMNS, Recorded
from infrastructure.redis.messages import Fields
from projections.published.cloudevents import CloudEvents

BY_POSITION: LiteralString = "select " + COLUMNS + " from events.event where position = any(%s)"  # noqa: S608 constants only

Refetch = Callable[[Sequence[int]], Awaitable[Mapping[int, Fields]]]


def refetch_from(pool: AsyncConnectionPool[Any], events: CloudEvents) -> Refetch:
    """Return a way to have the fields of entries by position; the pool must be the owner's."""

    async def refetch(positions: Sequence[int]) -> Mapping[int, Fields]:
        async with pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Recorded))
            await cursor.execute(BY_POSITION, (list(positions),))
            entries = [events.entry(recorded) for recorded in await cursor.fetchall()]
        return {
            entry.position: {name.encode(): value for name, value in entry.fields.items()}
            for entry in entries
            if entry is not None
        }

    return refetch
