"""Rows to tables and back as JSON, which PostgreSQL types by the table itself."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec
from psycopg import AsyncConnection

from infrastructure.postgres.tables import metadata

Row = TypeVar("Row")


async def upsert(connection: AsyncConnection[Any], table: str, rows: Sequence[object]) -> None:
    """Write rows of a table of the connection's schema, replacing those with the same key."""
    if rows:
        await connection.execute(_upsert(table), (msgspec.json.encode(rows).decode(),))


async def load(
    connection: AsyncConnection[Any], table: str, row: type[Row], column: str, values: Iterable[object]
) -> list[Row]:
    """Return the rows whose column is among the values."""
    wanted = list(values)
    if not wanted:
        return []
    query = f"select coalesce(json_agg(t), '[]')::text from {table} t where {column} = any(%s)"
    cursor = await connection.execute(query, (wanted,))
    found = await cursor.fetchone()
    return msgspec.json.decode(found[0], type=list[row]) if found else []  # type: ignore[valid-type]


@cache
def _upsert(table: str) -> str:
    columns = [column.name for column in metadata.tables[table].columns]
    keys = [column.name for column in metadata.tables[table].primary_key.columns]
    listed, keyed = ", ".join(columns), ", ".join(keys)
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    return (
        f"insert into {table} ({listed}) select {listed} from json_populate_recordset(null::{table}, %s::json) "
        f"on conflict ({keyed}) do update set {updates}"
    )
