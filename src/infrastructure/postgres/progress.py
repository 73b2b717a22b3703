"""How far the projections are behind the log."""

from typing import Any, LiteralString

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from infrastructure.postgres.away import said_as_unavailable
from projections.progress import ProjectionProgress

PROGRESS: LiteralString = """
select c.projection as name, c.position, greatest(h.position - c.position, 0) as lag_events,
       case when h.position > c.position then extract(epoch from clock_timestamp() - c.updated_at)::float
            else 0.0 end as lag_seconds,
       (select count(*) from read.dead_letter d where d.projection = c.projection) as dead_letters
  from read.checkpoint c cross join events.head h
 where c.projection not like '%%@%%' order by c.projection"""


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
