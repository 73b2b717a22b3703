"""Building a projection anew beside the live one, and switching to it in one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
import structlog
from psycopg import AsyncConnection, sql
from psycopg.errors import LockNotAvailable

from infrastructure.eventstore.follower import lock_number
from infrastructure.eventstore.streams import read_log
from infrastructure.postgres.migrate import sqlalchemy_url
from infrastructure.postgres.projector import Projection, apply_all, lock_checkpoints, wanted
from infrastructure.postgres.tables import LIVE, NEXT, PREVIOUS, create_tables, metadata

CLOSE_ENOUGH = 1_000
BATCH = 1_000
LONGEST_WAIT_MILLISECONDS = 50
PAUSE_SECONDS = 0.05
Progress = Callable[[int, int], None]
log = structlog.get_logger()


class RebuildRefused(Exception):
    """The projection cannot be rebuilt or rolled back now; the message says why."""


class RebuildRunning(RebuildRefused):
    """Another process rebuilds this projection right now."""


class NothingToRollBack(RebuildRefused):
    """There are no earlier tables to switch back to."""


def make_next_tables(database_url: str, projection: Projection) -> None:
    """Create empty tables of the next generation."""
    engine = sa.create_engine(sqlalchemy_url(database_url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for schema in (NEXT, PREVIOUS):
            connection.exec_driver_sql(f"create schema if not exists {schema}")
            for table in projection.tables:
                connection.exec_driver_sql(f'drop table if exists {schema}."{table}"')
        create_tables(connection, NEXT, [metadata.tables[name] for name in projection.tables])
    engine.dispose()


async def rebuild(
    connection: AsyncConnection[Any], database_url: str, projection: Projection, progress: Progress
) -> dict[str, int]:
    """Project the whole log into tables beside the live ones, then switch; return how many rows differed.

    Readers and the live worker go on meanwhile; the worker waits only for the last events and the switch. The
    tables replaced stay in schema `read_previous` until the next rebuild, and `roll_back` switches back to them.

    Raises
    ------
    RebuildRunning
        If the projection is being rebuilt already.
    """
    await _be_the_only_one(connection, projection)
    make_next_tables(database_url, projection)
    await connection.execute(f"set search_path = {NEXT}")
    await connection.execute("set synchronous_commit = off")
    shadow = _Shadow(projection)
    position = await _catch_up(connection, shadow, progress)
    async with connection.transaction():
        live = (await lock_checkpoints(connection, [projection]))[projection.name]
        await _apply_until(connection, shadow, position, live)
        different = {table: await _differences(connection, table) for table in projection.tables}
        await _switch(connection, projection, away=PREVIOUS, into=NEXT)
        await connection.execute("delete from read.dead_letter where projection = %s", (projection.name,))
        await connection.execute(
            "update read.dead_letter set projection = %s where projection = %s",
            (projection.name, shadow.name),
        )
    log.info("projection rebuilt", projection=projection.name, position=live, rows_different=different)
    return different


async def roll_back(connection: AsyncConnection[Any], projection: Projection) -> None:
    """Switch back to the tables that the last rebuild replaced, and project what came since.

    The checkpoint moves back to the last event that those tables have seen. Raises NothingToRollBack.
    """
    async with connection.transaction():
        await lock_checkpoints(connection, [projection])
        seen = await connection.execute(
            "select position from read.checkpoint where projection = %s", (f"{projection.name}@previous",)
        )
        row = await seen.fetchone()
        if row is None:
            raise NothingToRollBack(f"{projection.name} was never rebuilt.")
        await _switch(connection, projection, away=NEXT, into=PREVIOUS)
        await connection.execute(
            "update read.checkpoint set position = %s where projection = %s", (row[0], projection.name)
        )
        await connection.execute(
            "delete from read.checkpoint where projection = %s", (f"{projection.name}@previous",)
        )


class _Shadow:
    """The projection under another name, so that what it parks is told apart from the live one's."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self.name, self.tables, self.topics = f"{projection.name}@next", projection.tables, projection.topics
        self.apply = projection.apply


async def _be_the_only_one(connection: AsyncConnection[Any], projection: Projection) -> None:
    key = lock_number(f"rebuild {projection.name}")
    cursor = await connection.execute("select pg_try_advisory_lock(%s)", (key,))
    row = await cursor.fetchone()
    if row is None or not row[0]:
        raise RebuildRunning(f"{projection.name} is being rebuilt already")


async def _catch_up(connection: AsyncConnection[Any], shadow: Projection, progress: Progress) -> int:
    position = 0
    await connection.execute("delete from read.dead_letter where projection = %s", (shadow.name,))
    while True:
        async with connection.transaction():
            facts = await read_log(connection, after=position, limit=BATCH)
            if fresh := wanted(shadow, facts, after=position):
                await apply_all(connection, shadow, fresh)
        position = facts[-1].position if facts else position
        head = await _head(connection)
        progress(position, head)
        if head - position < CLOSE_ENOUGH:
            return position


async def _apply_until(connection: AsyncConnection[Any], shadow: Projection, position: int, end: int) -> None:
    while position < end:
        facts = [f for f in await read_log(connection, after=position, limit=BATCH) if f.position <= end]
        if fresh := wanted(shadow, facts, after=position):
            await apply_all(connection, shadow, fresh)
        position = facts[-1].position if facts else end


async def _head(connection: AsyncConnection[Any]) -> int:
    row = await (await connection.execute("select position from events.head")).fetchone()
    return int(row[0]) if row else 0


async def _differences(connection: AsyncConnection[Any], table: str) -> int:
    query = sql.SQL(
        "select count(*) from ((select t::text from {live} t except all select t::text from {next} t)"
        " union all (select t::text from {next} t except all select t::text from {live} t)) d"
    ).format(live=sql.Identifier(LIVE, table), next=sql.Identifier(NEXT, table))
    row = await (await connection.execute(query)).fetchone()
    return int(row[0]) if row else 0


async def _switch(connection: AsyncConnection[Any], projection: Projection, *, away: str, into: str) -> None:
    await _keep_readers_out(connection, projection.tables)
    for table in projection.tables:
        for statement in (
            sql.SQL("drop table if exists {}").format(sql.Identifier(away, table)),
            sql.SQL("alter table {} set schema {}").format(sql.Identifier(LIVE, table), sql.Identifier(away)),
            sql.SQL("alter table {} set schema {}").format(sql.Identifier(into, table), sql.Identifier(LIVE)),
        ):
            await connection.execute(statement)
    await connection.execute(
        "insert into read.checkpoint select %s, position, now() from read.checkpoint where projection = %s "
        "on conflict (projection) do update set position = excluded.position, updated_at = now()",
        (f"{projection.name}@previous", projection.name),
    )


async def _keep_readers_out(connection: AsyncConnection[Any], tables: Sequence[str]) -> None:
    """Lock the live tables until the transaction ends, all at once or none.

    One after the other would sooner or later deadlock with a reader that has begun with another table. Nobody
    waits behind us for longer than a reader may notice; we step back and ask again instead.
    """
    wanted = sql.SQL("lock table {} in access exclusive mode").format(
        sql.SQL(", ").join(sql.Identifier(LIVE, table) for table in tables)
    )
    while True:
        try:
            async with connection.transaction():
                await connection.execute(f"set local lock_timeout = '{LONGEST_WAIT_MILLISECONDS}ms'")
                await connection.execute(wanted)
                await connection.execute("set local lock_timeout = 0")
            return
        except LockNotAvailable:
            await asyncio.sleep(PAUSE_SECONDS)
