"""The projection worker: the log in batches, each batch's rows and checkpoints in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, Protocol
from uuid import UUID

import structlog
from psycopg import AsyncConnection, AsyncCursor, InterfaceError, OperationalError

from infrastructure.eventstore.streams import Recorded, ask_log, read_log
from infrastructure.postgres.dead_letters import ask_parked, park, parked_originators
from projections.fact import Fact, Facts

BATCH = 1_000
PROJECTED = "trimtab_projected"
log = structlog.get_logger()


class Projection(Protocol):
    """Turns facts into rows of its own tables."""

    @property
    def name(self) -> str:
        """What operators call it."""

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables it owns."""

    @property
    def topics(self) -> frozenset[str]:
        """The events it looks at."""

    async def apply(self, connection: AsyncConnection[Any], facts: Facts) -> None:
        """Write the rows; runs in the caller's transaction."""


class WaitsForParked(Exception):
    """A batch holds events of an aggregate that has parked ones, which go before them."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What comes next, how far each projection is, and which aggregates of which projection have parked events."""

    facts: Sequence[Recorded]
    checkpoints: dict[str, int]
    parked: set[tuple[str, UUID]]


_Project = Callable[[AsyncConnection[Any], _Batch], Awaitable[None]]


class Projector:
    """Feeds projections from one reading of the log.

    Rows and checkpoints commit together without waiting for the disk: after a crash of the database both are
    as they were, and the events are applied again. An event that a projection cannot digest is parked with all
    later events of its aggregate, and the rest goes on.
    """

    def __init__(self, projections: Sequence[Projection], *, batch: int = BATCH) -> None:
        self.projections, self._batch = projections, batch
        self.positions: dict[str, int] = {}

    async def step(self, connection: AsyncConnection[Any]) -> bool:
        """Project the next batch; return whether more may be waiting.

        Nearly every batch goes through in two or three round trips. One that does not is begun again, step by
        step, so that only what cannot be digested is parked.
        """
        try:
            async with connection.pipeline():
                facts = await self._batch_of(connection, self._project_at_once)
        except (OperationalError, InterfaceError):
            raise
        except Exception as failure:
            log.warning("batch not digestible at once", error=reason(failure))
            facts = await self._batch_of(connection, self._project)
        return len(facts) == self._batch

    async def _batch_of(self, connection: AsyncConnection[Any], project: _Project) -> Sequence[Recorded]:
        async with connection.transaction():
            batch = await self._next(connection)
            if batch.facts:
                await project(connection, batch)
                await advance(connection, batch.facts[-1].position, batch.checkpoints)
        self.positions.update(batch.checkpoints)
        if batch.facts:
            self.positions.update(dict.fromkeys(batch.checkpoints, batch.facts[-1].position))
        return batch.facts

    async def _next(self, connection: AsyncConnection[Any]) -> _Batch:
        """Lock the checkpoints and read on from where they should be, or, where that is wrong, from where they are."""
        expected = min((self.positions.get(projection.name, 0) for projection in self.projections), default=0)
        locked = await ask_checkpoints(connection, self.projections)
        waiting = await ask_parked(connection)
        reading = await ask_log(connection, after=expected, limit=self._batch)
        checkpoints = await answered_checkpoints(connection, self.projections, locked)
        parked = set(await waiting.fetchall())
        facts: Sequence[Recorded] = await reading.fetchall()
        if min(checkpoints.values()) != expected:
            facts = await read_log(connection, after=min(checkpoints.values()), limit=self._batch)
        return _Batch(facts, checkpoints, parked)

    async def _project_at_once(self, connection: AsyncConnection[Any], batch: _Batch) -> None:
        for projection in self.projections:
            fresh = wanted(projection, batch.facts, after=batch.checkpoints[projection.name])
            if any((projection.name, fact.originator_id) in batch.parked for fact in fresh):
                raise WaitsForParked(projection.name)
            if fresh:
                await projection.apply(connection, fresh)

    async def _project(self, connection: AsyncConnection[Any], batch: _Batch) -> None:
        for projection in self.projections:
            fresh = wanted(projection, batch.facts, after=batch.checkpoints[projection.name])
            if fresh:
                await apply_all(connection, projection, fresh)


def wanted(projection: Projection, facts: Sequence[Recorded], *, after: int) -> list[Recorded]:
    """Return the facts beyond a position that a projection looks at."""
    return [fact for fact in facts if fact.position > after and fact.topic in projection.topics]


async def apply_all(
    connection: AsyncConnection[Any], projection: Projection, facts: Sequence[Recorded]
) -> None:
    """Apply facts at once, or, where one of them cannot be digested, each on its own."""
    parked = await parked_originators(connection, projection.name)
    if not parked.intersection(fact.originator_id for fact in facts):
        try:
            async with connection.transaction():
                await projection.apply(connection, facts)
            return
        except (OperationalError, InterfaceError):
            raise
        except Exception as failure:
            log.warning("batch not digestible at once", projection=projection.name, error=reason(failure))
    for fact in facts:
        await _apply_or_park(connection, projection, fact)


async def _apply_or_park(connection: AsyncConnection[Any], projection: Projection, fact: Fact) -> None:
    parked = await parked_originators(connection, projection.name)
    if fact.originator_id in parked:
        await park(connection, projection.name, fact, "waits for an earlier event of its aggregate")
        return
    try:
        async with connection.transaction():
            await projection.apply(connection, [fact])
    except (OperationalError, InterfaceError):
        raise
    except Exception as failure:
        log.error("event parked", projection=projection.name, position=fact.position, error=reason(failure))
        await park(connection, projection.name, fact, reason(failure))


def reason(failure: Exception) -> str:
    """Return what went wrong without the row it went wrong with, which PostgreSQL shows in the lines that follow."""
    return f"{type(failure).__name__}: {str(failure).partition(chr(10))[0]}"


async def lock_checkpoints(
    connection: AsyncConnection[Any], projections: Sequence[Projection]
) -> dict[str, int]:
    """Return how far each projection has read, and keep others from moving it until the transaction ends."""
    return await answered_checkpoints(connection, projections, await ask_checkpoints(connection, projections))


async def ask_checkpoints(
    connection: AsyncConnection[Any], projections: Sequence[Projection]
) -> AsyncCursor[Any]:
    """Ask for the checkpoints; in a pipeline the answer is not waited for."""
    names = [projection.name for projection in projections]
    query: LiteralString = (
        "select projection, position from read.checkpoint where projection = any(%s) for update"
    )
    return await connection.execute(query, (names,))


async def answered_checkpoints(
    connection: AsyncConnection[Any], projections: Sequence[Projection], locked: AsyncCursor[Any]
) -> dict[str, int]:
    """Return the checkpoints that were asked for, making those that are missing."""
    known = dict(await locked.fetchall())
    for name in (projection.name for projection in projections):
        if name not in known:
            await connection.execute(
                "insert into read.checkpoint values (%s, 0, now()) on conflict do nothing", (name,)
            )
            known[name] = 0
    return known


async def advance(connection: AsyncConnection[Any], position: int, checkpoints: dict[str, int]) -> None:
    """Move the checkpoints on and wake whoever waits to read."""
    await connection.execute(
        "with moved as (update read.checkpoint set position = greatest(position, %s), "
        "updated_at = clock_timestamp() where projection = any(%s)) select pg_notify(%s, %s)",
        (position, list(checkpoints), PROJECTED, str(position)),
    )
