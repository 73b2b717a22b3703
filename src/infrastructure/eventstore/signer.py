"""Signs the log from time to time, beside the work of whoever follows it."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final, LiteralString

import structlog
from psycopg import AsyncConnection

from infrastructure.eventstore.checkpoint_file import CheckpointFile, CheckpointFileUnreadable
from infrastructure.eventstore.checkpoint_table import ALL, INSERT, NEWEST, checkpoint_of
from infrastructure.eventstore.checkpoints import Checkpoint, LogKey

LOOK_SECONDS: Final = 1.0
HEAD: LiteralString = "select position, encode(hash, 'hex') from events.head"
ALONE: LiteralString = "lock table events.checkpoint in share row exclusive mode"
"""Two that signed at once would both name the same checkpoint before theirs."""
RECORDED_AT: LiteralString = "select recorded_at from events.event where position = %s"
log = structlog.get_logger()

IsDue = Callable[[int, Checkpoint | None, datetime], bool]
"""Says whether to sign the head at a position, given the newest checkpoint and the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When a checkpoint is due: after so many events, or after so long where there is any new one."""

    events: int
    interval: timedelta


def utc_now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


class Signer:
    """A part of a follower's step; it looks once a second at most, and its connection has to be a durable one.

    The row comes first and the copy after it: a crash between the two leaves a copy that lacks a line, which is
    written later. The other way round it would testify to a checkpoint that never was in the database.
    """

    def __init__(
        self,
        key: LogKey,
        copy: CheckpointFile,
        rhythm: Rhythm,
        *,
        now: Callable[[], datetime] = utc_now,
        ticks: Callable[[], float] = monotonic,
    ) -> None:
        self._key, self._copy, self._rhythm = key, copy, rhythm
        self._now, self._ticks = now, ticks
        self._look_at = ticks()
        self._is_copied = False

    async def step(self, connection: AsyncConnection[Any]) -> None:
        """Sign where it is due."""
        if self._ticks() < self._look_at:
            return
        self._look_at = self._ticks() + LOOK_SECONDS
        await self._sign(connection, self._is_due)

    async def finish(self, connection: AsyncConnection[Any]) -> None:
        """Sign whatever is new: a log at rest is signed to its end."""
        await self._sign(connection, lambda position, last, now: position > (last.position if last else 0))

    async def _sign(self, connection: AsyncConnection[Any], is_due: IsDue) -> None:
        try:
            if not self._is_copied:
                await self._catch_up(connection)
            async with connection.transaction():
                await connection.execute(ALONE)
                if (due := await self._due(connection, is_due)) is not None:
                    await _store(connection, due)
            if due is not None:
                self._copy.append([due])
        except (OSError, CheckpointFileUnreadable) as failure:
            self._is_copied = False
            log.error("cannot keep a copy of the log's checkpoints", error=str(failure))

    async def _catch_up(self, connection: AsyncConnection[Any]) -> None:
        """Copy what only the database has, as far as it was signed here."""
        copied = {checkpoint.position for checkpoint in self._copy.checkpoints()}
        rows = await (await connection.execute(ALL)).fetchall()
        missing = [one for one in map(checkpoint_of, rows) if one.position not in copied]
        self._copy.append(one for one in missing if self._key.has_signed(one))
        self._is_copied = True

    async def _due(self, connection: AsyncConnection[Any], is_due: IsDue) -> Checkpoint | None:
        head = await (await connection.execute(HEAD)).fetchone()
        newest = await (await connection.execute(NEWEST)).fetchone()
        last = None if newest is None else checkpoint_of(newest)
        now = self._now()
        if head is None or not is_due(head[0], last, now):
            return None
        recorded = await (await connection.execute(RECORDED_AT, (head[0],))).fetchone()
        if recorded is None:
            log.error("the newest event is missing, the log is not signed", position=head[0])
            return None
        unsigned = Checkpoint(
            position=head[0],
            hash=head[1],
            previous=0 if last is None else last.position,
            recorded_at=recorded[0],
            signed_at=now,
            key_id=self._key.key_id,
        )
        return self._key.signed(unsigned)

    def _is_due(self, position: int, last: Checkpoint | None, now: datetime) -> bool:
        if last is None:
            return position > 0
        new = position - last.position
        return new >= self._rhythm.events or (new > 0 and now - last.signed_at >= self._rhythm.interval)


async def _store(connection: AsyncConnection[Any], checkpoint: Checkpoint) -> None:
    values = (
        checkpoint.position,
        bytes.fromhex(checkpoint.hash),
        checkpoint.previous,
        checkpoint.recorded_at,
        checkpoint.signed_at,
        checkpoint.key_id,
        b64decode(checkpoint.signature),
    )
    await connection.execute(INSERT, values)
