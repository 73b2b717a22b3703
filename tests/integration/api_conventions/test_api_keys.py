"""API keys on a real PostgreSQL, looked up under the API's own role."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from domain.errors import Unavailable
from infrastructure.identity.credentials import REMEMBERED_SECONDS, PostgresCredentials
from infrastructure.identity.keys import create_api_key, key_hash
from infrastructure.postgres.connect import pool


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


async def test_the_api_cannot_read_the_table_of_keys(as_api: AsyncConnectionPool[Any]) -> None:
    async with as_api.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("select * from identity.api_key")


async def test_without_a_database_credentials_are_unavailable_and_not_wrong() -> None:
    async with AsyncConnectionPool(
        "host=127.0.0.1 port=1", min_size=0, max_size=1, timeout=0.1, open=False, reconnect_timeout=0.1
    ) as nowhere:
        with pytest.raises(Unavailable):
            await PostgresCredentials(nowhere).find_key(b"x" * 32)
