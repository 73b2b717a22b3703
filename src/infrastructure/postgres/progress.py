"""How far the projections are behind the log."""

from typing import Any, LiteralString

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from infrastructure.postgres.away import said_as_unavailable
from projections.progress import ProjectionProgress

PROGRESS: LiteralString = """
select projection as name, position, lag_events, lag_seconds, dead_letters from read.progress() order by projection"""


class PostgresProgress:
    """The `Progress` port."""

    def __init__(self, connections: AsyncConnectionPool[Any]) -> None:
        self._connections = connections

    async def projections(self) -> tuple[int, list[ProjectionProgress]]:
        """Return the position of the last event, and how far each projection has read."""
        with said_as_unavailable():
            async with self._connections.connection() as connection:
                head = await (await connection.execute("select position from events.head")).fetchone()
                cursor = connection.cursor(row_factory=class_row(ProjectionProgress))
                await cursor.execute(PROGRESS, ())
                return int(head[0]) if head else 0, await cursor.fetchall()
