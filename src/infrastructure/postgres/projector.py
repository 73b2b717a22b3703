"""The projection worker: the log in batches, each batch's rows and checkpoints in one transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString, Protocol

import structlog
from psycopg import AsyncConnection, InterfaceError, OperationalError

from infrastructure.eventstore.streams import Recorded, read_log
from infrastructure.postgres.dead_letters import park, parked_originators
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


class Projector:
    """Feeds projections from one reading of the log.

    Rows and checkpoints commit together without waiting for the disk: after a crash of the database both are
    as they were, and the events are applied again. An event that a projection cannot digest is parked with all
    later events of its aggregate, and the rest goes on.
    """

    def __init__(self, projections: Sequence[Projection], *, batch: int = BATCH) -> None:
        self.projections, self._batch = projections, batch
        self.positions: dict[str, int] = {}
        self.lag_seconds = 0.0

    async def step(self, connection: AsyncConnection[Any]) -> bool:
        """Project the next batch; return whether more may be waiting."""
        async with connection.transaction():
            checkpoints = await lock_checkpoints(connection, self.projections)
            facts = await read_log(connection, after=min(checkpoints.values()), limit=self._batch)
            if not facts:
                self._reached(checkpoints)
                return False
            await self._project(connection, facts, checkpoints)
            await advance(connection, facts[-1].position, checkpoints)
        lag = (datetime.now(UTC) - facts[-1].recorded_at).total_seconds()
        self._reached(dict.fromkeys(checkpoints, facts[-1].position), lag)
        return len(facts) == self._batch

    def _reached(self, positions: dict[str, int], lag_seconds: float = 0.0) -> None:
        self.positions.update(positions)
        self.lag_seconds = lag_seconds

    async def _project(
        self, connection: AsyncConnection[Any], facts: Sequence[Recorded], checkpoints: dict[str, int]
    ) -> None:
        for projection in self.projections:
            fresh = wanted(projection, facts, after=checkpoints[projection.name])
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
            log.warning("batch not digestible at once", projection=projection.name, error=repr(failure))
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
        log.error("event parked", projection=projection.name, position=fact.position, error=repr(failure))
        await park(connection, projection.name, fact, repr(failure))


async def lock_checkpoints(
    connection: AsyncConnection[Any], projections: Sequence[Projection]
) -> dict[str, int]:
    """Return how far each projection has read, and keep others from moving it until the transaction ends."""
    names = [projection.name for projection in projections]
    query: LiteralString = (
        "select projection, position from read.checkpoint where projection = any(%s) for update"
    )
    known = dict(await (await connection.execute(query, (names,))).fetchall())
    for name in names:
        if name not in known:
            await connection.execute(
                "insert into read.checkpoint values (%s, 0, now()) on conflict do nothing", (name,)
            )
            known[name] = 0
    return known


async def advance(connection: AsyncConnection[Any], position: int, checkpoints: dict[str, int]) -> None:
    """Move the checkpoints on and wake whoever waits to read."""
    await connection.execute(
        "update read.checkpoint set position = greatest(position, %s), updated_at = clock_timestamp() "
        "where projection = any(%s)",
        (position, list(checkpoints)),
    )
    await connection.execute("select pg_notify(%s, %s)", (PROJECTED, str(position)))
