"""The application as if nobody had ever written `where tenant_id = …`: only the database keeps tenants apart."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from psycopg import AsyncCursor, AsyncServerCursor

from bootstrap.settings import API_ROLE

FILTER = re.compile(
    r"(?:\b\w+\.)?(?:tenant_id\s*=\s*%(?:\(\w+\))?s|owner\s*(?:=\s*|in\s*\('\*',\s*)%\(tenant\)s\)?)"
)


def without_filter(query: str) -> str:
    """Return a query whose filters let every tenant's rows through; its parameters stay what they are."""
    return FILTER.sub(r"(\g<0> or true)", query)


@contextmanager
def forgetting_tenants() -> Iterator[set[str]]:
    """Let the API's role run every query without its filter; the set fills with those that had one, as written."""
    forgotten: set[str] = set()
    kept, kept_by_server = AsyncCursor.execute, AsyncServerCursor.execute

    def rewritten(cursor: Any, query: Any) -> Any:
        if not isinstance(query, str) or cursor.connection.info.user != API_ROLE or not FILTER.search(query):
            return query
        forgotten.add(query)
        return without_filter(query)

    async def execute(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        return await kept(self, rewritten(self, query), *args, **options)

    async def execute_by_server(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        return await kept_by_server(self, rewritten(self, query), *args, **options)

    with (
        patch.object(AsyncCursor, "execute", execute),
        patch.object(AsyncServerCursor, "execute", execute_by_server),
    ):
        yield forgotten
