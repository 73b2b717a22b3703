"""How soon a session that ended elsewhere counts no more."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from application.identity.ports import SessionState
from domain.errors import Unavailable
from infrastructure.identity.session_states import REMEMBERED_SECONDS, PostgresSessionStates
from infrastructure.postgres.connect import pool

PERSON, SESSION = UUID(int=1), UUID(int=2)
ACTIVE = SessionState(active=True, role="owner")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def owner(database_url: str) -> psycopg.Connection[Any]:
    """The database, with somebody signed in to tenant `acme`."""
    connection = psycopg.connect(database_url, autocommit=True)
    connection.execute(
        "select identity.register(%s, 'a@b', 'a@b', 'A', 'B', 'h', 'acme', 'T', null)", (PERSON,)
    )
    connection.execute(
        "select identity.start_session(%s, %s, null, 'one', '1d', null, null, null)", (SESSION, PERSON)
    )
    return connection


@pytest.fixture
async def connections(api_database_url: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with pool(api_database_url, "test") as connections:
        yield connections


@pytest.mark.parametrize(
    ("change", "afterwards"),
    [
        (
            "update identity.session set ended_at = now(), end_reason = 'ended'",
            SessionState(active=False, role="owner"),
        ),
        ("update identity.session set expires_at = now()", SessionState(active=False, role="owner")),
        ("update identity.member set role = 'viewer'", SessionState(active=True, role="viewer")),
        ("delete from identity.member", SessionState(active=True, role=None)),
        ("delete from identity.person", SessionState(active=False, role=None)),
    ],
    ids=["ended", "expired", "another role", "left", "erased"],
)
async def test_what_happens_elsewhere_counts_five_seconds_later(
    owner: psycopg.Connection[Any],
    connections: AsyncConnectionPool[Any],
    change: Any,
    afterwards: SessionState,
) -> None:
    clock = Clock()
    states = PostgresSessionStates(connections, clock=clock)
    assert await states.state(SESSION, "acme") == ACTIVE
    owner.execute(change)
    clock.now = REMEMBERED_SECONDS - 0.01
    assert await states.state(SESSION, "acme") == ACTIVE
    clock.now = REMEMBERED_SECONDS
    assert await states.state(SESSION, "acme") == afterwards
    owner.close()


async def test_what_happens_here_counts_at_once(
    owner: psycopg.Connection[Any], connections: AsyncConnectionPool[Any]
) -> None:
    states = PostgresSessionStates(connections, clock=Clock())
    assert await states.state(SESSION, "acme") == ACTIVE
    owner.execute("update identity.session set ended_at = now(), end_reason = 'ended'")
    states.forget(SESSION)
    assert not (await states.state(SESSION, "acme")).active
    owner.close()


async def test_a_session_means_nothing_in_another_tenant(
    owner: psycopg.Connection[Any], connections: AsyncConnectionPool[Any]
) -> None:
    states = PostgresSessionStates(connections)
    assert await states.state(SESSION, "other") == SessionState(active=True, role=None)
    owner.close()


async def test_without_the_database_nobody_is_let_in_on_trust(api_database_url: str) -> None:
    connections = pool(api_database_url, "test")
    with pytest.raises(Unavailable):
        await PostgresSessionStates(connections).state(SESSION, "acme")
