"""API keys on a real PostgreSQL, looked up under the API's own role."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg_pool import AsyncConnectionPool
from tests.support.waiting import eventually

from domain.errors import Unavailable
from infrastructure.identity.credentials import (
    NOTED_EVERY_SECONDS,
    REMEMBERED_SECONDS,
    PostgresCredentials,
)
from infrastructure.identity.keys import create_api_key, key_hash
from infrastructure.postgres.connect import pool

WAITING = """
    select count(*) from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and query like %s"""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database(database_url: str) -> str:
    """A migrated database of its own."""
    return database_url


@pytest.fixture
async def as_api(api_database_url: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with pool(api_database_url, "test", size=1) as connections:
        yield connections


def a_key(database: str, **options: Any) -> str:
    with psycopg.connect(database) as connection:
        _, secret = create_api_key(connection, "acme", "reporting", ["portfolios:read"], **options)
    return secret


def revoke(database: str, secret: str) -> None:
    with psycopg.connect(database) as connection:
        statement = "update identity.api_key set revoked_at = now() where key_hash = %s"
        connection.execute(statement, (key_hash(secret),))


async def test_a_key_is_found_by_its_hash(database: str, as_api: AsyncConnectionPool[Any]) -> None:
    expires = datetime.now(UTC) + timedelta(days=1)
    secret = a_key(database, expires_at=expires)
    found = await PostgresCredentials(as_api).find_key(key_hash(secret))
    assert found is not None
    assert (found.tenant, found.name, found.scopes) == ("acme", "reporting", frozenset({"portfolios:read"}))
    assert (found.expires_at, found.revoked_at) == (expires, None)


async def test_an_unknown_key_is_not_found(as_api: AsyncConnectionPool[Any]) -> None:
    assert await PostgresCredentials(as_api).find_key(b"x" * 32) is None


async def test_a_revoked_key_is_known_as_revoked_five_seconds_later_at_most(
    database: str, as_api: AsyncConnectionPool[Any]
) -> None:
    clock = Clock()
    credentials = PostgresCredentials(as_api, clock=clock)
    secret = a_key(database)
    before = await credentials.find_key(key_hash(secret))
    revoke(database, secret)
    clock.now = REMEMBERED_SECONDS
    after = await credentials.find_key(key_hash(secret))
    assert before is not None
    assert before.revoked_at is None
    assert after is not None
    assert after.revoked_at is not None


async def test_a_revocation_that_is_told_counts_at_once(
    database: str, as_api: AsyncConnectionPool[Any]
) -> None:
    credentials = PostgresCredentials(as_api, clock=Clock())
    secret = a_key(database)
    before = await credentials.find_key(key_hash(secret))
    assert before is not None
    revoke(database, secret)
    credentials.forget(before.id)
    after = await credentials.find_key(key_hash(secret))
    assert after is not None
    assert after.revoked_at is not None


def used(database: str, secret: str) -> tuple[datetime | None, list[tuple[str, str]]]:
    """When a key was used last, and what the trail says of keys."""
    with psycopg.connect(database) as connection:
        last = connection.execute(
            "select last_used_at from identity.api_key where key_hash = %s", (key_hash(secret),)
        ).fetchone()
        noted = connection.execute("select action, host(address) from identity.audit order by id").fetchall()
    assert last is not None
    return last[0], noted


def used_before(database: str, secret: str, age: timedelta) -> None:
    with psycopg.connect(database) as connection:
        statement = "update identity.api_key set last_used_at = now() - %s where key_hash = %s"
        connection.execute(statement, (age, key_hash(secret)))


async def test_the_use_of_a_key_is_noted_in_its_row_and_in_the_trail(
    database: str, as_api: AsyncConnectionPool[Any]
) -> None:
    secret = a_key(database)
    assert used(database, secret) == (None, [])
    await PostgresCredentials(as_api).find_key(key_hash(secret), "203.0.113.7")
    first, noted = used(database, secret)
    assert first is not None
    assert noted == [("key.used", "203.0.113.7")]


def waiting_for_a_lock(database: Connection[Any], query: str) -> int:
    (count,) = database.execute(WAITING, (f"%{query}%",)).fetchone() or (0,)
    return int(count)


async def test_a_key_that_is_first_used_many_times_at_once_is_noted_once(
    database: str, api_database_url: str
) -> None:
    secret, requests = a_key(database), 3
    with psycopg.connect(database) as other, psycopg.connect(database, autocommit=True) as watching:
        other.execute("select from identity.api_key for update")
        async with pool(api_database_url, "test", size=requests) as connections:
            finding = asyncio.gather(
                *(PostgresCredentials(connections).find_key(key_hash(secret)) for _ in range(requests))
            )
            await asyncio.to_thread(
                eventually, lambda: waiting_for_a_lock(watching, "find_api_key") == requests
            )
            other.commit()
            assert None not in await finding
    assert len(used(database, secret)[1]) == 1


async def test_the_use_of_a_key_is_noted_once_a_minute_and_in_the_trail_once_an_hour(
    database: str, as_api: AsyncConnectionPool[Any]
) -> None:
    secret = a_key(database)
    await PostgresCredentials(as_api).find_key(key_hash(secret))
    first, _ = used(database, secret)
    await PostgresCredentials(as_api).find_key(key_hash(secret))
    assert used(database, secret)[0] == first
    used_before(database, secret, timedelta(hours=1, seconds=1))
    await PostgresCredentials(as_api).find_key(key_hash(secret))
    last, noted = used(database, secret)
    assert last is not None
    assert first is not None
    assert last > first
    assert len(noted) == 2


@pytest.mark.parametrize(
    "spoilt", ["revoked_at = now()", "expires_at = now()", "allowed_addresses = '{10.0.0.0/8}'"]
)
async def test_a_key_that_opens_nothing_was_not_used(
    database: str, as_api: AsyncConnectionPool[Any], spoilt: str
) -> None:
    secret = a_key(database)
    with psycopg.connect(database) as connection:
        connection.execute(f"update identity.api_key set {spoilt}")  # type: ignore[arg-type]
    assert await PostgresCredentials(as_api).find_key(key_hash(secret), "203.0.113.7") is not None
    assert used(database, secret) == (None, [])


async def test_a_wrong_address_is_noted_once_a_minute(
    database: str, as_api: AsyncConnectionPool[Any]
) -> None:
    clock = Clock()
    credentials = PostgresCredentials(as_api, clock=clock)
    found = await credentials.find_key(key_hash(a_key(database)))
    assert found is not None
    for _ in range(3):
        await credentials.note_refused(found, "203.0.113.7")
    await credentials.note_refused(found, "203.0.113.8")
    clock.now = NOTED_EVERY_SECONDS
    await credentials.note_refused(found, "203.0.113.7")
    with psycopg.connect(database) as connection:
        query = "select host(address) from identity.audit where action = 'key.refused' order by id"
        noted = connection.execute(query).fetchall()
    assert noted == [("203.0.113.7",), ("203.0.113.8",), ("203.0.113.7",)]


def test_a_secret_is_long_random_and_not_in_the_database(database: str) -> None:
    secret = a_key(database)
    assert secret.startswith("tt_live_")
    assert len(secret) >= len("tt_live_") + 32
    assert secret != a_key(database)
    with psycopg.connect(database) as connection:
        rows = connection.execute("select k::text from identity.api_key k").fetchall()
    assert secret not in str(rows)


def test_a_scope_that_does_not_exist_makes_no_key(database: str) -> None:
    with psycopg.connect(database) as connection, pytest.raises(ValueError, match="everything"):
        create_api_key(connection, "acme", "k", ["everything"])


async def test_the_api_cannot_read_what_keys_are_compared_with(as_api: AsyncConnectionPool[Any]) -> None:
    async with as_api.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("select key_hash from identity.api_key")


async def test_without_a_database_credentials_are_unavailable_and_not_wrong() -> None:
    async with AsyncConnectionPool(
        "host=127.0.0.1 port=1", min_size=0, max_size=1, timeout=0.1, open=False, reconnect_timeout=0.1
    ) as nowhere:
        with pytest.raises(Unavailable):
            await PostgresCredentials(nowhere).find_key(b"x" * 32)
