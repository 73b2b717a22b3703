"""Applying parked events again, in their order."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from infrastructure.eventstore.streams import COLUMNS, Recorded
from infrastructure.postgres.dead_letters import dead_letters, release
from infrastructure.postgres.projector import Projection, lock_checkpoints


async def replay_dead_letters(
    connection: AsyncConnection[Any], projections: Sequence[Projection]
) -> tuple[int, int]:
    """Apply what was parked; return how many events went in, and how many still do not.

    The checkpoint is locked meanwhile, so that the worker does not overtake the events being replayed. The first
    event of an aggregate that still fails keeps the later ones parked.
    """
    replayed = stuck = 0
    for projection in projections:
        async with connection.transaction():
            await lock_checkpoints(connection, [projection])
            failing: set[UUID] = set()
            for letter in await dead_letters(connection, projection.name):
                if letter.originator_id in failing or not await _replay(
                    connection, projection, letter.position
                ):
                    failing.add(letter.originator_id)
                    stuck += 1
                    continue
                await release(connection, letter)
                replayed += 1
    return replayed, stuck


async def _replay(connection: AsyncConnection[Any], projection: Projection, position: int) -> bool:
    query: LiteralString = f"select {COLUMNS} from events.event where position = %s"
    cursor = connection.cursor(row_factory=class_row(Recorded))
    await cursor.execute(query, (position,))
    fact = await cursor.fetchone()
    if fact is None:
        return True
    try:
        async with connection.transaction():
            await projection.apply(connection, [fact])
    except Exception:  # whatever it is, the event stays parked and the operator is told how many do
        return False
    return True
