"""Erasing persons in PostgreSQL, in one transaction."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from infrastructure.postgres.acting import acting_as

ERASE: LiteralString = "select identity.erase_person()"


class PostgresErasure:
    """The `Erasure` port."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def erase(self, person: UUID) -> Sequence[str] | None:
        """Erase a person, or say which tenants stand in the way; None where there is no such person."""
        async with acting_as(self._pool, person=person) as connection:
            row = await (await connection.execute(ERASE)).fetchone()
        return None if row is None else row[0]
