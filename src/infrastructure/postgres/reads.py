"""Reading as one tenant: the rows' own security sees to it that a forgotten filter finds nothing."""

from typing import Any, LiteralString, TypeVar

import msgspec
from psycopg_pool import AsyncConnectionPool

from infrastructure.postgres.away import said_as_unavailable

Row = TypeVar("Row")
AS_TENANT: LiteralString = "select set_config('trimtab.tenant', %s, true)"


class TenantReads:
    """Runs queries that return one JSON text each, as one tenant, in one round trip.

    PostgreSQL builds the JSON and msgspec types it; for pages of rows that is several times faster than
    converting value by value.
    """

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def rows(
        self, tenant: str, query: LiteralString, params: dict[str, Any], row: type[Row]
    ) -> list[Row]:
        """Return the rows of a query."""
        wrapped: LiteralString = f"select coalesce(json_agg(t), '[]')::text from ({query}) t"
        return msgspec.json.decode(await self._text(tenant, wrapped, params), type=list[row])  # type: ignore[valid-type]

    async def one(
        self, tenant: str, query: LiteralString, params: dict[str, Any], row: type[Row]
    ) -> Row | None:
        """Return the only row of a query, or None."""
        found = await self.rows(tenant, query, params, row)
        return found[0] if found else None

    async def page(
        self, tenant: str, query: LiteralString, count: LiteralString, params: dict[str, Any], row: type[Row]
    ) -> tuple[list[Row], int]:
        """Return the rows of a query, and the number that a second one counts."""
        wrapped: LiteralString = f"""select json_build_object(
            'rows', (select coalesce(json_agg(t), '[]') from ({query}) t), 'total', ({count}))::text"""
        page = msgspec.json.decode(await self._text(tenant, wrapped, params), type=_page_of(row))
        return page.rows, page.total

    async def _text(self, tenant: str, query: LiteralString, params: dict[str, Any]) -> str:
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                async with connection.pipeline():  # what goes out together is one transaction
                    await connection.execute(AS_TENANT, (tenant,))
                    cursor = await connection.execute(query, params)
                found = await cursor.fetchone()
        return str(found[0]) if found else "[]"


_PAGES: dict[type, type] = {}


def _page_of(row: type) -> Any:
    if row not in _PAGES:
        _PAGES[row] = msgspec.defstruct(f"{row.__name__}Page", [("rows", list[row]), ("total", int)])  # type: ignore[valid-type]
    return _PAGES[row]
