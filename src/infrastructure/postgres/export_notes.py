"""Exports in the audit trail."""

from collections.abc import Mapping
from typing import Any, Final

from psycopg_pool import AsyncConnectionPool

from application.caller import Caller
from infrastructure.postgres.acting import acting_as
from infrastructure.postgres.trail import note

ACTION: Final = "export.made"


class PostgresExportNotes:
    """The `ExportNotes` port."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def made(self, caller: Caller, subject: str, detail: Mapping[str, object]) -> None:
        """Note an export, for good before it is sent; raises Unavailable."""
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            await note(connection, caller, ACTION, subject, detail)
