"""One transaction on behalf of a tenant or a person: rows of anybody else are not there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from infrastructure.postgres.away import said_as_unavailable

ACTING: LiteralString = (
    "select set_config('trimtab.tenant', %s, true), set_config('trimtab.person', %s, true)"
)


@asynccontextmanager
async def acting_as(
    pool: AsyncConnectionPool[Any], *, tenant: str = "", person: UUID | None = None
) -> AsyncIterator[AsyncConnection[Any]]:
    """Lend a connection inside one transaction that sees the rows of `tenant` and of `person` alone.

    It commits where the block ends without an exception. Raises Unavailable when PostgreSQL is away.
    """
    with said_as_unavailable():
        async with pool.connection() as connection, connection.transaction():
            await connection.execute(ACTING, (tenant, "" if person is None else str(person)))
            yield connection
