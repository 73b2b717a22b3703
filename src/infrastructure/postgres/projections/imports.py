"""Projects imports and their reverts."""

from typing import Any

from psycopg import AsyncConnection

from infrastructure.postgres.projections.rows import upsert
from projections.fact import Facts
from projections.imports import IMPORT_TOPICS, ImportChanges


class ImportProjection:
    """Writes `position_import`."""

    name = "imports"
    tables = ("position_import",)
    topics = IMPORT_TOPICS

    async def apply(self, connection: AsyncConnection[Any], facts: Facts) -> None:
        """Bring the rows up to the facts; runs in the caller's transaction."""
        changes = ImportChanges()
        changes.feed(facts)
        await upsert(connection, "position_import", list(changes.imported.values()))
        for import_id, reverted_at in changes.reverted.items():
            await connection.execute(
                "update position_import set reverted_at = %s where import_id = %s", (reverted_at, import_id)
            )
