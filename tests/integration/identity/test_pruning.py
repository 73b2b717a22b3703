"""What is thrown away, and what is not."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infrastructure.identity.pruning import KEPT, Pruner
from infrastructure.postgres.connect import pool

PERSON = UUID(int=1)


def sessions(owner: psycopg.Connection[Any]) -> list[int]:
    return [
        row[0].int for row in owner.execute("select session_id from identity.session order by 1").fetchall()
    ]


async def test_only_what_has_no_effect_any_more_is_thrown_away(
    database_url: str, api_database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(
            "select identity.register(%s, 'a@b', 'a@b', 'A', 'B', 'h', 'acme', 'T', null)", (PERSON,)
        )
        for number in (10, 11, 12, 13):
            owner.execute(
                "select identity.start_session(%s, %s, null, %s, '1d', null, null, null)",
                (UUID(int=number), PERSON, bytes([number])),
            )
        long_ago, lately = KEPT + timedelta(days=1), KEPT - timedelta(days=1)
        ended = (
            "update identity.session set ended_at = now() - %s, end_reason = 'ended' where session_id = %s"
        )
        owner.execute(ended, (long_ago, UUID(int=10)))
        owner.execute(ended, (lately, UUID(int=11)))
        expired = "update identity.session set expires_at = now() - %s where session_id = %s"
        owner.execute(expired, (long_ago, UUID(int=12)))
        owner.execute("update identity.refresh_token set expires_at = now() where token_hash = '\\x0b'")
        async with pool(api_database_url, "test") as connections:
            await Pruner(connections).prune()
        assert sessions(owner) == [11, 13]
        tokens = owner.execute("select token_hash from identity.refresh_token").fetchall()
        assert tokens == [(b"\x0d",)]


async def test_the_api_s_role_reads_no_hash_and_no_stranger_s_session(
    api_database_url: str, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(
            "select identity.register(%s, 'a@b', 'a@b', 'A', 'B', 'h', 'acme', 'T', null)", (PERSON,)
        )
        owner.execute(
            "select identity.start_session(%s, %s, null, 'x', '1d', null, null, null)", (UUID(int=2), PERSON)
        )
    with psycopg.connect(api_database_url, autocommit=True) as api:
        for table in ("session", "person", "member"):
            assert api.execute(f"select count(*) from identity.{table}").fetchone() == (0,), table
        for column in (
            "token_hash from identity.refresh_token",
            "token_hash from identity.password_reset",
            "sealed from identity.mail",
            "account from identity.sign_in_failure",
            "password_hash from identity.person",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                api.execute(f"select {column}")
