"""The relay: every published event goes from the log to its stream, once and in order."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import Any, LiteralString

import structlog
from psycopg import AsyncConnection
from redis.exceptions import RedisError

from infrastructure.eventstore.streams import Recorded, read_log
from infrastructure.redis.metrics import RelayMetrics
from infrastructure.redis.publisher import UNREAD, ForeignStreams, Publisher, Standing
from projections.published.catalogue import STREAMS, UnknownTopic
from projections.published.cloudevents import CloudEvents, Entry

EVENTS_PER_BATCH = 500
BYTES_PER_BATCH = 4_000_000
TRIM_EVERY_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 2.0
HEAD = "select position from events.head"
ORIGIN = "select event_id from events.event order by position limit 1"
OLDEST_KEPT = """
    select coalesce(min(position), (select position + 1 from events.head))
      from events.event where recorded_at >= now() - %s"""
log = structlog.get_logger()


class Relay:
    """A follower's step. Where it stands is asked of Redis and never remembered elsewhere.

    Redis may be away, may come back empty or older: the step pauses, asks again, and goes on from what is
    there.
    """

    def __init__(
        self,
        publisher: Publisher,
        events: CloudEvents,
        metrics: RelayMetrics,
        *,
        stop: asyncio.Event,
        retention: timedelta,
    ) -> None:
        self._publisher, self._events, self._metrics = publisher, events, metrics
        self._stop, self._retention = stop, retention
        self._origin, self._position = "", UNREAD
        self._pause = 0.1
        self._trim_at = monotonic()

    async def step(self, connection: AsyncConnection[Any]) -> bool:
        """Publish one batch, or look whether everything published is still there."""
        try:
            more = await self._publish_next(connection)
        except (RedisError, OSError, UnknownTopic, ForeignStreams) as failure:
            await self._wait_after(failure)
            return True
        self._pause = 0.1
        self._metrics.publishes.set(1)
        return more

    async def _publish_next(self, connection: AsyncConnection[Any]) -> bool:
        if self._position == UNREAD:
            await self._look(connection)
        recorded = await read_log(connection, after=self._position, limit=EVENTS_PER_BATCH)
        if not recorded:
            return await self._rest(connection)
        await self._know_origin(connection)
        for batch in batches(recorded, self._events):
            standing = await self._publisher.publish(
                batch.entries, origin=self._origin, after=self._position, upto=batch.upto
            )
            self._stand(standing)
            if standing.position != batch.upto:
                return True
            self._metrics.entries.inc(len(batch.entries))
        await self._measure_lag(connection)
        return True

    async def _rest(self, connection: AsyncConnection[Any]) -> bool:
        """Look whether everything published is still there; True where something has to be read again."""
        before = self._position
        furthest = await self._look(connection)
        if furthest > await self._measure_lag(connection):
            raise ForeignStreams
        if monotonic() >= self._trim_at:
            self._trim_at = monotonic() + TRIM_EVERY_SECONDS
            await self.trim(connection)
        return self._position != before

    async def _look(self, connection: AsyncConnection[Any]) -> int:
        await self._know_origin(connection)
        standing = await self._publisher.standing(self._origin)
        self._stand(standing)
        return standing.furthest

    def _stand(self, standing: Standing) -> None:
        if standing.rewound or standing.position < self._position:
            self._metrics.rewinds.inc()
            log.warning("a stream lost entries, publishing again", after=standing.position)
        self._position = standing.position
        self._metrics.position.set(standing.position)

    async def _measure_lag(self, connection: AsyncConnection[Any]) -> int:
        head: int = await _value(connection, HEAD)
        self._metrics.lag.set(max(0, head - self._position))
        return head

    async def _know_origin(self, connection: AsyncConnection[Any]) -> None:
        if not self._origin:
            self._origin = str(await _value(connection, ORIGIN) or "")

    async def trim(self, connection: AsyncConnection[Any]) -> None:
        """Let go of entries beyond retention that every group has read; kept streams lose nothing."""
        oldest: int = await _value(connection, OLDEST_KEPT, self._retention)
        for stream in STREAMS:
            if stream.kept:
                continue
            needed = await self._publisher.needed_from(stream.name)
            floor = oldest if needed is None else min(oldest, needed)
            removed = await self._publisher.trim(stream.name, floor)
            self._metrics.trimmed.inc(removed)

    async def _wait_after(self, failure: Exception) -> None:
        self._metrics.publishes.set(0)
        self._position = UNREAD
        log.warning("cannot publish, trying again", error=str(failure), seconds=self._pause)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)


class Batch:
    """Entries that go out together, and the position after which to read on."""

    __slots__ = ("entries", "size", "upto")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.size = 0
        self.upto = UNREAD

    def add(self, entry: Entry | None, position: int) -> None:
        """Take in one event; one that is not published only moves the position on."""
        self.upto = position
        if entry is not None:
            self.entries.append(entry)
            self.size += entry.size


def batches(recorded: Sequence[Recorded], events: CloudEvents) -> Iterator[Batch]:
    """Yield the events as batches of bounded size, so that Redis is never stopped for long."""
    batch = Batch()
    for one in recorded:
        batch.add(events.entry(one), one.position)
        if batch.size >= BYTES_PER_BATCH:
            yield batch
            batch = Batch()
    if batch.upto != UNREAD:
        yield batch


async def _value(connection: AsyncConnection[Any], query: LiteralString, *parameters: Any) -> Any:
    cursor = await connection.execute(query, parameters or None)
    row = await cursor.fetchone()
    return row[0] if row is not None else None
