"""Events as they are recorded, for a person or a program that watches."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, OperationalError

from application.history.events import streams_of
from bootstrap.settings import Settings
from infrastructure.eventstore.follower import LISTEN, POLL_SECONDS, Connect
from infrastructure.eventstore.streams import Recorded, read_log
from infrastructure.postgres.connect import connector
from projections.published.cloudevents import timestamp

BATCH = 500
RECONNECT_SECONDS = 1.0
HEAD = "select position from events.head"
Show = Callable[[Recorded], None]


async def tail(settings: Settings, show: Show, *, portfolio_id: UUID | None, after: int | None) -> None:
    """Show every event beyond a position (by default those yet to come), for ever.

    portfolio_id : only what happened to this portfolio, its holdings, its recommendations and its figures.

    Raises the driver's error where the database cannot be reached at the start; later it is waited for.
    """
    assert settings.database_url is not None
    connect = connector(settings.database_url, "events-tail")
    wanted = None if portfolio_id is None else frozenset(streams_of(portfolio_id))
    connection, position = await connect(), after
    while True:
        with suppress(OperationalError):
            async with connection:
                await connection.execute(LISTEN)
                position = await _head(connection) if position is None else position
                while True:
                    position = await _show_next(connection, show, position, wanted)
        connection = await _connected_again(connect)


def as_json_line(recorded: Recorded) -> str:
    """Return an event on one line, its content as it was written."""
    content = {
        "position": recorded.position,
        "type": recorded.topic,
        "recorded_at": timestamp(recorded.recorded_at),
        "effective_at": timestamp(recorded.effective_at),
        "tenant_id": recorded.tenant_id,
        "stream_id": recorded.originator_id,
        "version": recorded.originator_version,
        "event_id": recorded.event_id,
        "actor": recorded.actor,
        "correlation_id": recorded.correlation_id,
        "causation_id": recorded.causation_id,
        "data": msgspec.Raw(recorded.state.encode()),
    }
    return msgspec.json.encode(content).decode()


def as_text_line(recorded: Recorded) -> str:
    """Return an event on one line for people: where, when, what, whose, and by whom."""
    when = timestamp(recorded.recorded_at.replace(microsecond=0))
    return f"{recorded.position:>10}  {when}  {recorded.topic:<32} {recorded.originator_id}  {recorded.actor}"


async def _show_next(
    connection: AsyncConnection[Any], show: Show, position: int, wanted: frozenset[UUID] | None
) -> int:
    found = await read_log(connection, after=position, limit=BATCH)
    for recorded in found:
        if wanted is None or recorded.originator_id in wanted:
            show(recorded)
        position = recorded.position
    if not found:
        async for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
            pass
    return position


async def _head(connection: AsyncConnection[Any]) -> int:
    row = await (await connection.execute(HEAD)).fetchone()
    return int(row[0]) if row is not None else 0


async def _connected_again(connect: Connect) -> AsyncConnection[Any]:
    while True:
        await asyncio.sleep(RECONNECT_SECONDS)
        with suppress(OperationalError):
            return await connect()
