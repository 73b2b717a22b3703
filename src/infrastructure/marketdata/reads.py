"""Reading market data as one tenant, in binary, for whoever makes arrays of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

from psycopg_pool import AsyncConnectionPool

from infrastructure.marketdata.moments import known_by
from infrastructure.postgres.away import said_as_unavailable
from infrastructure.postgres.reads import AS_TENANT


class MarketReads:
    """Runs queries as one tenant, in one round trip; arrays come as the bytes that `array_send` made of them."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def rows(
        self,
        tenant: str,
        query: LiteralString,
        params: Mapping[str, Any],
        *,
        known_at: datetime | None = None,
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query, which may name `tenant` and `known_at` as parameters."""
        given = {"tenant": tenant, "known_at": known_by(known_at), **params}
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                async with connection.pipeline():  # what goes out together is one transaction
                    await connection.execute(AS_TENANT, (tenant,))
                    cursor = connection.cursor(binary=True)
                    await cursor.execute(query, given)
                found: list[tuple[Any, ...]] = await cursor.fetchall()
        return found
