"""The calls of months in PostgreSQL, and the tier that decides how many there may be."""

from typing import Any, Final, LiteralString
from uuid import uuid4

from psycopg_pool import AsyncConnectionPool

from application.limits.month import Month
from infrastructure.limits.book import Batch, Total
from infrastructure.postgres.acting import acting_as
from infrastructure.postgres.away import said_as_unavailable

WAIT_SECONDS: Final = 2.0
_FOLD: LiteralString = """
    select tenant_id, month, used, revision
    from identity.fold_usage(%s, %s, %s::text[], %s::date[], %s::bigint[])"""
_OF: LiteralString = "select used, revision from identity.usage where tenant_id = %s and month = %s"


class PostgresUsage:
    """The table `identity.usage`, to which processes add and which they read as a tenant."""

    def __init__(self, connections: AsyncConnectionPool[Any]) -> None:
        self._connections = connections
        self._writer = uuid4()

    async def fold(self, batch: Batch) -> list[Total]:
        """Add a batch, once however often it is sent, and return what there is then; raises Unavailable."""
        accounts = list(batch.calls)
        months = {month.first: month for _, month in accounts}
        arguments = (
            self._writer,
            batch.number,
            [tenant for tenant, _ in accounts],
            [month.first for _, month in accounts],
            list(batch.calls.values()),
        )
        with said_as_unavailable():
            async with self._connections.connection(timeout=WAIT_SECONDS) as connection:
                rows = await (await connection.execute(_FOLD, arguments)).fetchall()
        return [Total(account=(row[0], months[row[1]]), used=row[2], revision=row[3]) for row in rows]

    async def of(self, tenant: str, month: Month) -> Total:
        """Return the calls of a tenant in a month; raises Unavailable."""
        async with acting_as(self._connections, tenant=tenant) as connection:
            row = await (await connection.execute(_OF, (tenant, month.first))).fetchone()
        used, revision = row or (0, 0)
        return Total(account=(tenant, month), used=used, revision=revision)
