"""The figures of optimisations in PostgreSQL."""

from datetime import timedelta
from typing import Any, Final, LiteralString

from psycopg_pool import AsyncConnectionPool

from infrastructure.chore import Chore
from infrastructure.postgres.acting import acting_as
from infrastructure.postgres.away import said_as_unavailable

KEEP: LiteralString = """
insert into job.dataset (tenant_id, hash, content) values (%(tenant)s, %(hash)s, %(content)s)
on conflict (tenant_id, hash) do update set kept_at = clock_timestamp()"""
READ: LiteralString = "select content from job.dataset where tenant_id = %(tenant)s and hash = %(hash)s"
FORGET: LiteralString = "delete from job.dataset where kept_at < clock_timestamp() - %s"
PAUSE_SECONDS: Final = 3_600.0


class PostgresDatasets:
    """The `Datasets` port; each call is a transaction that sees the rows of one tenant."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def keep(self, tenant: str, dataset_hash: str, content: bytes) -> None:
        """Keep a dataset for a tenant; one that is there already is kept longer."""
        params = {"tenant": tenant, "hash": dataset_hash, "content": content}
        async with acting_as(self._pool, tenant=tenant) as connection:
            await connection.execute(KEEP, params)

    async def read(self, tenant: str, dataset_hash: str) -> bytes | None:
        """Return what a tenant keeps under a hash, None where that is nothing."""
        async with acting_as(self._pool, tenant=tenant) as connection:
            cursor = await connection.execute(READ, {"tenant": tenant, "hash": dataset_hash}, binary=True)
            row = await cursor.fetchone()
        return None if row is None else bytes(row[0])


class ForgottenDatasets(Chore):
    """Lets go, once an hour, of what no job was to be computed on for so long."""

    def __init__(self, pool: AsyncConnectionPool[Any], *, kept: timedelta) -> None:
        self._pool, self._kept = pool, kept
        super().__init__("datasets", self.forget, pause_seconds=PAUSE_SECONDS, rests_first=True)

    async def forget(self) -> bool:
        """Forget once, which leaves nothing to do; raises Unavailable."""
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                await connection.execute(FORGET, (self._kept,))
        return False
