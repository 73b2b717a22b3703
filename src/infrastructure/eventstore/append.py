"""Group commit: appends that wait at the same moment share one round trip and one fsync."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec
from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation
from psycopg_pool import AsyncConnectionPool

from application.idempotency import KeyedAnswer
from application.ledger import Append, LostRace
from infrastructure.eventstore.codec import encode, topic_of
from infrastructure.postgres.away import AWAY, unavailable

GROUP_SIZE = 64
APPEND = "select n, position from events.append(%s::text::json, %b::text[])"


@dataclass(slots=True)
class _Waiting:
    append: Append
    settled: asyncio.Future[int]


class GroupCommit:
    """Appends through one connection at a time: while a group commits, the next one gathers.

    A command of a group that lost its race fails alone; the database function checks each under the lock.
    """

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._waiting: list[_Waiting] = []
        self._flushing: asyncio.Task[None] | None = None

    async def append(self, append: Append) -> int:
        """Return the position of the command's last event once it is durable; raises LostRace."""
        waiting = _Waiting(append, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await waiting.settled

    async def _flush(self) -> None:
        try:
            async with self._pool.connection() as connection:
                while self._waiting:
                    group, self._waiting = self._waiting[:GROUP_SIZE], self._waiting[GROUP_SIZE:]
                    await _commit(connection, group)
        except Exception as failure:
            _fail(self._waiting, failure)
            self._waiting = []
        finally:  # one that came while the connection was handed back would wait for ever
            self._flushing = asyncio.create_task(self._flush()) if self._waiting else None


async def _commit(connection: AsyncConnection[Any], group: list[_Waiting]) -> None:
    try:
        positions = await append_batch(connection, [waiting.append for waiting in group])
    except UniqueViolation as collision:
        if len(group) == 1:
            _fail(group, LostRace())
            return
        del collision
        for waiting in group:  # two commands of one group met: each on its own, the later one loses
            await _commit(connection, [waiting])
        return
    except Exception as failure:
        _fail(group, failure)
        raise
    for waiting, position in zip(group, positions, strict=True):
        _settle(waiting, position)


async def append_batch(connection: AsyncConnection[Any], appends: Sequence[Append]) -> list[int | None]:
    """Append several commands in one transaction; None where one lost its race."""
    cursor = await connection.execute(APPEND, batch_of(appends))
    return [position for _, position in sorted(await cursor.fetchall())]


def batch_of(appends: Sequence[Append]) -> tuple[str, list[str]]:
    """Return what APPEND takes: the commands, and the states of their events."""
    batch: dict[str, Any] = {
        "commands": len(appends),
        "events": [row for n, append in enumerate(appends) for row in _rows(n, append)],
    }
    if answers := [_answer(n, append.answer) for n, append in enumerate(appends) if append.answer]:
        batch["answers"] = answers
    states = [encode(event).decode() for append in appends for event in append.events]
    return msgspec.json.encode(batch).decode(), states


async def append_answer(connection: AsyncConnection[Any], keyed: KeyedAnswer | None) -> None:
    """Store the answer to a request that records no event, in the transaction that is open on the connection.

    Last in that transaction: other appends wait from here until it ends. Raises LostRace where another request
    with the same key was answered meanwhile; what this one did is then to be rolled back.
    """
    if keyed is None:
        return
    batch = {"commands": 1, "events": [], "answers": [_answer(0, keyed)]}
    cursor = await connection.execute(APPEND, (msgspec.json.encode(batch).decode(), []))
    row = await cursor.fetchone()
    if row is None or row[1] is None:
        raise LostRace


def _answer(n: int, keyed: KeyedAnswer) -> dict[str, Any]:
    request, answer = keyed.request, keyed.answer
    return {
        "n": n,
        "tenant_id": request.tenant,
        "route": request.route,
        "key": request.key,
        "payload_hash": answer.payload_hash.hex(),
        "status": answer.status,
        "headers": answer.headers,
        "body": answer.body.decode(),
    }


def _rows(n: int, append: Append) -> Iterator[dict[str, Any]]:
    caller = append.caller
    for event in append.events:
        yield {
            "n": n,
            "event_id": uuid4(),
            "tenant_id": caller.tenant,
            "originator_id": event.originator_id,
            "originator_version": event.originator_version,
            "topic": topic_of(event),
            "actor": caller.actor,
            "correlation_id": caller.correlation_id,
            "causation_id": caller.causation_id,
            "traceparent": caller.traceparent,
            "effective_at": event.effective_at,
        }


def _settle(waiting: _Waiting, position: int | None) -> None:
    if waiting.settled.done():  # the client went away; what was appended stays
        return
    if position is None:
        waiting.settled.set_exception(LostRace())
    else:
        waiting.settled.set_result(position)


def _fail(group: Sequence[_Waiting], failure: Exception) -> None:
    if isinstance(failure, AWAY):
        failure = unavailable()
    for waiting in group:
        if not waiting.settled.done():
            waiting.settled.set_exception(failure)
