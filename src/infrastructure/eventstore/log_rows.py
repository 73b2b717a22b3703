"""The rows of the log as they lie in the table: streamed, in the order of their positions, undecoded."""

from collections.abc import Generator
from typing import Any, LiteralString

from psycopg import Connection, sql

from infrastructure.eventstore.chain import LoggedRow

# Read as if they were of these types: a time is eight bytes that count microseconds, an id sixteen.
WIRE_TYPES = ["int8", "bytea", "bytea", "int8", "int8", "int8", *["bytea"] * 8]
ROWS: LiteralString = """
    copy (select position, event_id, originator_id, originator_version, effective_at, recorded_at, tenant_id, topic,
                 actor, correlation_id, causation_id, traceparent, state, hash
            from events.event where position >= {first} order by position) to stdout (format binary)"""
VERSIONS: LiteralString = """
    copy (select originator_id, originator_version, position
            from events.event order by originator_id, originator_version, position) to stdout (format binary)"""


def rows_from(connection: Connection[Any], first: int) -> Generator[LoggedRow]:
    """Yield every row from a position on, in constant memory."""
    query = sql.SQL(ROWS).format(first=sql.Literal(first))
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(WIRE_TYPES)
        for row in copy.rows():
            yield LoggedRow._make(row)


def versions(connection: Connection[Any]) -> Generator[tuple[bytes, int, int]]:
    """Yield stream, version and position of every event, stream by stream, the lowest version first."""
    with connection.cursor() as cursor, cursor.copy(VERSIONS) as copy:
        copy.set_types(["bytea", "int8", "int8"])
        yield from copy.rows()
