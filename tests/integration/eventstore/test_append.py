"""The append: all or nothing, in the order of commits, chained, and never twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from tests.support.appends import an_answer, an_append, count

from application.idempotency import StillRunning
from application.ledger import Append, LostRace
from domain.errors import Unavailable
from infrastructure.eventstore.answers import EVERY_SECONDS, OldAnswers, PostgresIdempotencyStore
from infrastructure.eventstore.append import GroupCommit, append_answer, append_batch
from infrastructure.eventstore.streams import Streams, read_log
from infrastructure.postgres.acting import acting_as
from infrastructure.postgres.connect import connector, pool


async def test_a_batch_keeps_its_order_and_tells_each_command_its_position(database_url: str) -> None:
    async with await connector(database_url, "test")() as connection:
        assert await append_batch(connection, [an_append(), an_append(), an_append()]) == [1, 2, 3]
        assert [fact.position for fact in await read_log(connection, after=1, limit=10)] == [2, 3]


async def test_of_two_commands_on_one_version_the_later_one_loses_alone(database_url: str) -> None:
    async with await connector(database_url, "test")() as connection:
        stream = uuid4()
        await append_batch(connection, [an_append(stream)])
        assert await append_batch(connection, [an_append(), an_append(stream), an_append()]) == [2, None, 3]


async def test_what_follows_a_lost_command_is_recorded_and_the_lost_one_is_not(database_url: str) -> None:
    """The lost one comes first, and it is not its first event that lost."""
    async with await connector(database_url, "test")() as connection:
        known, winner = an_append(), an_append()
        await append_batch(connection, [known])
        lost = Append(caller=winner.caller, events=[*an_append().events, *known.events])
        assert await append_batch(connection, [lost, winner]) == [None, 2]
        recorded = await read_log(connection, after=1, limit=10)
        assert [fact.originator_id for fact in recorded] == [winner.events[0].originator_id]
        assert await (await connection.execute("select events.first_tampered()")).fetchone() == (None,)


async def test_two_commands_of_one_group_that_meet_are_told_apart(database_url: str) -> None:
    async with pool(database_url, "test") as connections:
        commits, stream = GroupCommit(connections), uuid4()
        outcomes = await asyncio.gather(
            *(commits.append(append) for append in (an_append(stream), an_append(stream), an_append())),
            return_exceptions=True,
        )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LostRace", "int", "int"]


async def test_an_answer_is_stored_with_its_events_and_never_twice(api_database_url: str) -> None:
    async with pool(api_database_url, "test") as connections:
        commits = GroupCommit(connections)
        position = await commits.append(an_append(key="k-1"))
        with pytest.raises(LostRace):
            await commits.append(an_append(key="k-1"))
        store = PostgresIdempotencyStore(connections, connector(api_database_url, "test"))
        stored = await store.lookup("acme", "POST /things", "k-1")
        assert stored is not None
        assert (stored.status, stored.headers, stored.body, stored.position) == (
            201,
            {"Location": "/things/1"},
            b"{}",
            position,
        )
        assert await store.lookup("rival", "POST /things", "k-1") is None
        assert await GroupCommit(connections).append(an_append()) == position + 1


async def _remember_alone(database_url: str, *keys: str) -> None:
    async with pool(database_url, "test") as connections, acting_as(connections, tenant="acme") as acting:
        await append_answer(acting, None)
        for key in keys:
            await append_answer(acting, an_answer("acme", key))


async def test_an_answer_without_events_is_stored_with_whatever_else_its_transaction_does(
    database_url: str, api_database_url: str
) -> None:
    await _remember_alone(api_database_url, "k-1")
    with pytest.raises(LostRace):
        await _remember_alone(api_database_url, "k-2", "k-1")
    async with await connector(database_url, "test")() as owner:
        kept = await (await owner.execute("select key from events.answer")).fetchall()
    assert kept == [("k-1",)]


async def test_answers_are_forgotten_two_days_later_and_not_before(database_url: str) -> None:
    now = [0.0]
    old = OldAnswers(clock=lambda: now[0])
    async with await connector(database_url, "test")() as connection:
        await append_batch(connection, [an_append(key=key) for key in ("k-1", "k-2", "k-3")])
        age = "update events.answer set recorded_at = now() - %s::interval where key = %s"
        await connection.execute(age, ("47 hours", "k-2"))
        await connection.execute(age, ("49 hours", "k-3"))
        assert await old.forget(connection) == 1
        kept = await (await connection.execute("select key from events.answer order by key")).fetchall()
        assert kept == [("k-1",), ("k-2",)]
        await connection.execute(age, ("49 hours", "k-2"))
        assert await old.forget(connection) == 0  # it is not time yet
        now[0] += EVERY_SECONDS
        assert await old.forget(connection) == 1


async def test_a_key_is_claimed_by_one_request_in_all_processes(api_database_url: str) -> None:
    async with pool(api_database_url, "test") as connections:
        here, there = (
            PostgresIdempotencyStore(connections, connector(api_database_url, "test")) for _ in range(2)
        )
        async with here.claim("acme", "r", "k"):
            for store in (here, there):
                with pytest.raises(StillRunning):
                    async with store.claim("acme", "r", "k"):
                        pass
            async with there.claim("acme", "r", "other"):
                pass
        async with there.claim("acme", "r", "k"):
            pass
        await here.close()
        await there.close()


async def test_a_changed_row_breaks_the_chain_at_its_position(database_url: str) -> None:
    async with await connector(database_url, "test")() as connection:
        await append_batch(connection, [an_append() for _ in range(5)])
        untouched = await (await connection.execute("select events.first_tampered()")).fetchone()
        assert untouched == (None,)
        await connection.execute("update events.event set actor = 'mallory' where position = 3")
        assert await count(connection, "select events.first_tampered()") == 3


async def test_a_removed_row_breaks_the_chain(database_url: str) -> None:
    async with await connector(database_url, "test")() as connection:
        await append_batch(connection, [an_append() for _ in range(5)])
        await connection.execute("delete from events.event where position = 2")
        assert await count(connection, "select events.first_tampered()") == 3


async def test_the_loss_of_the_newest_rows_shows_too(database_url: str) -> None:
    broken = "select coalesce(events.first_tampered(0, %s), 0)"
    async with await connector(database_url, "test")() as connection:
        assert await count(connection, broken % 9) == 0
        await append_batch(connection, [an_append(), an_append(), an_append()])
        assert await count(connection, broken % 9) == 0
        await connection.execute("delete from events.event where position = 3")
        assert await count(connection, broken % 9) == 3
        assert await count(connection, broken % 2) == 0


async def test_the_api_role_can_append_but_not_touch_the_log(api_database_url: str) -> None:
    async with await connector(api_database_url, "test")() as connection:
        assert await append_batch(connection, [an_append()]) == [1]
        for statement in ("delete from events.event", "update events.head set position = 0"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(statement)
        assert await read_log(connection, after=0, limit=10) == []  # no tenant set: nothing to see


async def test_the_api_role_reads_the_streams_of_one_tenant_only(api_database_url: str) -> None:
    async with pool(api_database_url, "test") as connections:
        stream = uuid4()
        await GroupCommit(connections).append(an_append(stream, tenant="acme"))
        streams = Streams(connections)
        assert len((await streams.load({stream: 0}, tenant="acme"))[stream]) == 1
        assert await streams.load({stream: 0}, tenant="rival") == {stream: []}


async def test_a_follower_never_sees_a_position_before_a_lower_one(database_url: str) -> None:
    writers, rounds = 6, 40
    seen: list[int] = []

    async def write() -> None:
        async with await connector(database_url, "test")() as connection:
            for _ in range(rounds):
                await append_batch(connection, [an_append(), an_append()])

    async def read() -> None:
        async with await connector(database_url, "test")() as connection:
            while len(seen) < writers * rounds * 2:
                seen.extend(
                    fact.position for fact in await read_log(connection, after=max(seen, default=0), limit=7)
                )

    await asyncio.gather(read(), *(write() for _ in range(writers)))
    assert seen == list(range(1, writers * rounds * 2 + 1))


async def test_an_append_that_comes_while_the_connection_is_handed_back_is_served(database_url: str) -> None:
    class SlowToHandBack:
        """The real pool, whose connections take a moment to go back."""

        def __init__(self, connections: AsyncConnectionPool[Any]) -> None:
            self._connections = connections

        @asynccontextmanager
        async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
            async with self._connections.connection() as connection:
                yield connection
            await asyncio.sleep(0.01)

    async with pool(database_url, "test") as connections, asyncio.timeout(10):
        commits = GroupCommit(SlowToHandBack(connections))  # type: ignore[arg-type]
        assert [await commits.append(an_append()) for _ in range(3)] == [1, 2, 3]


async def test_an_append_without_a_database_is_refused_for_now(database_url: str) -> None:
    async with pool(database_url, "test") as connections:
        commits = GroupCommit(connections)
    with pytest.raises(Unavailable):
        await commits.append(an_append())
