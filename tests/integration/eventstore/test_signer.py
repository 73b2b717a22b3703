"""The log is signed in its rhythm, in the database first and then in the copy."""

import asyncio
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from tests.support.appends import an_append, count

from infrastructure.eventstore.append import append_batch
from infrastructure.eventstore.checkpoints import LogKey, TrustedKeys, new_key
from infrastructure.eventstore.log_home import LogHome
from infrastructure.eventstore.proof import Evidence, proven
from infrastructure.eventstore.signer import LOOK_SECONDS, Rhythm, Signer
from infrastructure.postgres.connect import connector

START = datetime(2026, 3, 1, tzinfo=UTC)
RHYTHM = Rhythm(events=10, interval=timedelta(minutes=10))


class Clock:
    """Both clocks of a signer, moved by the test."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def ticks(self) -> float:
        return self.seconds

    def passes(self, *, seconds: float = LOOK_SECONDS) -> None:
        self.seconds += seconds


@pytest.fixture
def home(tmp_path: Path) -> LogHome:
    return LogHome(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_signer(home: LogHome, clock: Clock) -> Signer:
    return Signer(home.signing_key(), home.checkpoints, RHYTHM, now=clock.now, ticks=clock.ticks)


async def appended(connection: AsyncConnection[Any], events: int) -> None:
    await append_batch(connection, [an_append() for _ in range(events)])


async def positions(connection: AsyncConnection[Any]) -> list[int]:
    rows = await (await connection.execute("select position from events.checkpoint order by 1")).fetchall()
    return [position for (position,) in rows]


async def test_an_empty_log_is_not_signed_and_its_first_event_is_at_once(
    database_url: str, home: LogHome, clock: Clock
) -> None:
    async with await connector(database_url, "test")() as connection:
        signer = a_signer(home, clock)
        await signer.step(connection)
        assert await positions(connection) == []
        await appended(connection, 1)
        clock.passes()
        await signer.step(connection)
        assert await positions(connection) == [1]


async def test_a_checkpoint_is_due_after_so_many_events_or_after_so_long(
    database_url: str, home: LogHome, clock: Clock
) -> None:
    async with await connector(database_url, "test")() as connection:
        signer = a_signer(home, clock)
        for events, seconds in ((3, 1), (9, 1), (1, 1), (4, 599), (0, 1), (0, 3600)):
            await appended(connection, events)
            clock.passes(seconds=seconds)
            await signer.step(connection)
        assert await positions(connection) == [3, 13, 17]


async def test_a_log_that_comes_to_rest_is_signed_to_its_end(
    database_url: str, home: LogHome, clock: Clock
) -> None:
    async with await connector(database_url, "test")() as connection:
        signer = a_signer(home, clock)
        await signer.finish(connection)
        assert await positions(connection) == []
        await appended(connection, 2)
        for _ in range(2):
            await signer.finish(connection)
        assert await positions(connection) == [2]
    assert len(home.checkpoints.checkpoints()) == 1


async def test_of_two_that_sign_at_once_the_later_one_builds_on_the_other(
    database_url: str, home: LogHome, clock: Clock, tmp_path: Path
) -> None:
    home.signing_key()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = LogHome(elsewhere, pem=(tmp_path / "log-signing-key.pem").read_text())
    async with (
        await connector(database_url, "test")() as here,
        await connector(database_url, "test")() as there,
    ):
        for _ in range(5):
            await asyncio.gather(
                appended(there, 1),
                a_signer(home, clock).finish(here),
            )
            await asyncio.gather(a_signer(home, clock).finish(here), a_signer(other, clock).finish(there))
        rows = await (
            await here.execute("select position, previous from events.checkpoint order by 1")
        ).fetchall()
    assert [previous for _, previous in rows] == [0, *(position for position, _ in rows[:-1])]


async def test_it_looks_once_a_second_at_most(database_url: str, home: LogHome, clock: Clock) -> None:
    async with await connector(database_url, "test")() as connection:
        signer = a_signer(home, clock)
        await signer.step(connection)
        await appended(connection, 1)
        clock.passes(seconds=LOOK_SECONDS / 2)
        await signer.step(connection)
        assert await positions(connection) == []


async def test_what_is_signed_is_proven_with_the_copy(database_url: str, home: LogHome, clock: Clock) -> None:
    async with await connector(database_url, "test")() as connection:
        signer = a_signer(home, clock)
        for _ in range(3):
            await appended(connection, 10)
            clock.passes()
            await signer.step(connection)
    kept = home.checkpoints.checkpoints()
    assert [one.position for one in kept] == [10, 20, 30]
    with psycopg.connect(database_url) as owner:
        found = proven(owner, Evidence(keys=TrustedKeys(home.public_keys()), kept=kept))
    assert (found.broken, found.checkpoints) == (None, 3)


async def test_a_copy_that_a_crash_left_behind_is_completed_by_the_next_run(
    database_url: str, home: LogHome, clock: Clock
) -> None:
    async with await connector(database_url, "test")() as connection:
        signer = a_signer(home, clock)
        for _ in range(2):
            await appended(connection, 10)
            clock.passes()
            await signer.step(connection)
        path = home.checkpoints.path
        first, second = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(first + second[:40])  # the crash came while the second line was written
        clock.passes()
        await a_signer(home, clock).step(connection)
    assert path.read_bytes() == first + second


async def test_a_copy_that_cannot_be_written_hinders_nobody_and_is_made_up_for(
    database_url: str, home: LogHome, clock: Clock
) -> None:
    async with await connector(database_url, "test")() as connection:
        signer = a_signer(home, clock)
        await signer.step(connection)
        home.checkpoints.path.unlink(missing_ok=True)
        home.checkpoints.path.mkdir()
        await appended(connection, 1)
        clock.passes()
        await signer.step(connection)
        home.checkpoints.path.rmdir()
        clock.passes()
        await signer.step(connection)
        assert await count(connection, "select count(*) from events.checkpoint") == 1
    assert len(home.checkpoints.checkpoints()) == 1


async def test_only_what_this_key_signed_is_copied(database_url: str, home: LogHome, clock: Clock) -> None:
    async with await connector(database_url, "test")() as connection:
        await appended(connection, 10)
        stranger = Signer(
            LogKey(new_key()), LogHome(home.checkpoints.path.parent / "elsewhere").checkpoints, RHYTHM
        )
        home.checkpoints.path.with_name("elsewhere").mkdir()
        await stranger.step(connection)
        await a_signer(home, clock).step(connection)
    assert home.checkpoints.checkpoints() == []


def test_the_files_of_the_log_are_for_their_owner_only(home: LogHome, tmp_path: Path) -> None:
    home.signing_key()
    home.checkpoints.append([])
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_key_that_was_replaced_stays_known_by_its_public_half(tmp_path: Path) -> None:
    first = LogHome(tmp_path).signing_key()
    assert LogHome(tmp_path).signing_key().key_id == first.key_id
    later = LogHome(tmp_path, pem=new_key())
    second = later.signing_key()
    assert later.public_keys() == [second.public_pem, first.public_pem]
