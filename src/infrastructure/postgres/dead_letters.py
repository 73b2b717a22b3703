"""Events that a projection could not digest: parked in order, visible, and replayable."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import class_row

from projections.fact import Fact


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One parked event and why."""

    projection: str
    position: int
    originator_id: UUID
    tenant_id: str
    topic: str
    error: str
    parked_at: datetime


async def parked_originators(connection: AsyncConnection[Any], projection: str) -> set[UUID]:
    """Return the aggregates whose later events have to wait."""
    query: LiteralString = "select distinct originator_id from read.dead_letter where projection = %s"
    return {row[0] for row in await (await connection.execute(query, (projection,))).fetchall()}


async def ask_parked(connection: AsyncConnection[Any]) -> AsyncCursor[tuple[str, UUID]]:
    """Ask for the same of all projections, with their names; in a pipeline the answer is not waited for."""
    return await connection.execute("select distinct projection, originator_id from read.dead_letter")


async def park(connection: AsyncConnection[Any], projection: str, fact: Fact, error: str) -> None:
    """Set an event aside."""
    await connection.execute(
        "insert into read.dead_letter (projection, position, originator_id, tenant_id, topic, error) "
        "values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
        (projection, fact.position, fact.originator_id, fact.tenant_id, fact.topic, error),
    )


async def dead_letters(connection: AsyncConnection[Any], projection: str | None = None) -> list[DeadLetter]:
    """Return the parked events in order."""
    cursor = connection.cursor(row_factory=class_row(DeadLetter))
    await cursor.execute(
        "select projection, position, originator_id, tenant_id, topic, error, parked_at from read.dead_letter "
        "where %s::text is null or projection = %s order by projection, position",
        (projection, projection),
    )
    return await cursor.fetchall()


async def release(connection: AsyncConnection[Any], letter: DeadLetter) -> None:
    """Forget a parked event, since it has been applied."""
    await connection.execute(
        "delete from read.dead_letter where projection = %s and position = %s",
        (letter.projection, letter.position),
    )
