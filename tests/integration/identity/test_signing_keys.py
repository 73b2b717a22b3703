"""Signing keys on PostgreSQL: several processes agree, keys take turns, and a stranger's secret opens none."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from psycopg_pool import AsyncConnectionPool

from application.credentials import CredentialRefused
from application.identity.ports import SessionState
from infrastructure.identity.own_tokens import OwnTokens
from infrastructure.identity.signing_key import KeySigner
from infrastructure.identity.signing_keys import OVERLAP, PostgresSigningKeys, rotate
from infrastructure.postgres.connect import pool

SECRET = "a secret of the tests, long enough for HS256"
OTHER = "another secret of the tests, long enough for HS256"
NOW = datetime.now(UTC)
PERSON, SESSION = UUID(int=1), UUID(int=2)
DAYS = timedelta(days=90)
ACTIVE = SessionState(active=True, role="owner")


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class States:
    """Sessions as a test wants them."""

    answer: SessionState = ACTIVE

    async def state(self, session: UUID, tenant: str) -> SessionState:
        return self.answer


@pytest.fixture
async def connections(api_database_url: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with pool(api_database_url, "test") as connections:
        yield connections


def keys_of(
    connections: AsyncConnectionPool[Any],
    secret: str = SECRET,
    clock: Clock | None = None,
    days: timedelta = DAYS,
) -> PostgresSigningKeys:
    return PostgresSigningKeys(connections, secret, rotate_after=days, clock=clock or Clock())


def token_of(signer: KeySigner, now: datetime = NOW) -> str:
    return signer.access_token(person=PERSON, session=SESSION, tenant="acme", role="owner", now=now)


async def test_of_processes_that_need_the_first_key_at_once_one_makes_it(
    connections: AsyncConnectionPool[Any],
) -> None:
    processes = [keys_of(connections) for _ in range(6)]
    signers = await asyncio.gather(*(keys.signer() for keys in processes))
    assert len({signer.kid for signer in signers}) == 1
    assert [len(await keys.public_keys()) for keys in processes] == [1] * 6


async def test_a_token_of_one_process_counts_in_another_that_knew_no_key(
    connections: AsyncConnectionPool[Any],
) -> None:
    clock = Clock()
    here, there = keys_of(connections), keys_of(connections, clock=clock)
    tokens = OwnTokens(there, States())
    await there.public_keys()
    token = token_of(await here.signer())
    with pytest.raises(CredentialRefused):
        await tokens.verify(token)
    clock.now += 1
    assert (await tokens.verify(token)).person == PERSON


async def test_made_up_key_ids_reach_the_database_once_a_second_at_most(
    connections: AsyncConnectionPool[Any],
) -> None:
    clock = Clock()
    keys = keys_of(connections, clock=clock)
    await keys.signer()
    before = connections.get_stats()["requests_num"]
    for number in range(50):
        assert await keys.public_key(f"made-up-{number}") is None
    assert connections.get_stats()["requests_num"] == before
    clock.now += 1
    for number in range(50):
        assert await keys.public_key(f"made-up-{number}") is None
    assert connections.get_stats()["requests_num"] == before + 1


async def test_a_key_that_is_too_old_makes_way_and_still_verifies(
    connections: AsyncConnectionPool[Any], database_url: str
) -> None:
    clock = Clock()
    keys = keys_of(connections, clock=clock)
    old = token_of(await keys.signer())
    with psycopg.connect(database_url) as connection:
        connection.execute("update identity.signing_key set created_at = now() - interval '91 days'")
    clock.now += 60
    processes = [keys, *(keys_of(connections) for _ in range(3))]
    signers = await asyncio.gather(*(one.signer() for one in processes))
    assert len({signer.kid for signer in signers}) == 1
    new = token_of(signers[0])
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    tokens = OwnTokens(keys, States())
    assert [(await tokens.verify(token)).tenant for token in (old, new)] == ["acme", "acme"]
    assert (await keys.public_keys())[0]["kid"] == signers[0].kid


async def test_a_retired_key_verifies_nothing_even_where_it_was_verified_before(
    connections: AsyncConnectionPool[Any], database_url: str
) -> None:
    clock = Clock()
    keys = keys_of(connections, clock=clock)
    tokens = OwnTokens(keys, States())
    token = token_of(await keys.signer())
    await tokens.verify(token)
    with psycopg.connect(database_url) as connection:
        connection.execute("update identity.signing_key set retires_at = now()")
    clock.now += 60
    with pytest.raises(CredentialRefused):
        await tokens.verify(token)


async def test_an_operator_lets_the_next_key_sign(
    connections: AsyncConnectionPool[Any], database_url: str
) -> None:
    clock = Clock()
    keys = keys_of(connections, clock=clock)
    old = token_of(await keys.signer())
    with psycopg.connect(database_url) as connection:
        kid = rotate(connection, SECRET, overlap=OVERLAP)
    clock.now += 60
    assert (await keys.signer()).kid == kid
    assert (await OwnTokens(keys, States()).verify(old)).person == PERSON
    with psycopg.connect(database_url) as connection:
        rotate(connection, SECRET, overlap=timedelta(0))
    clock.now += 60
    assert [key["kid"] for key in await keys.public_keys()][1:] == [jwt.get_unverified_header(old)["kid"]]


async def test_under_another_secret_the_next_key_is_made_and_earlier_tokens_still_count(
    connections: AsyncConnectionPool[Any],
) -> None:
    token = token_of(await keys_of(connections).signer())
    keys = keys_of(connections, OTHER)
    signer = await keys.signer()
    assert signer.kid != jwt.get_unverified_header(token)["kid"]
    assert (await OwnTokens(keys, States()).verify(token)).person == PERSON


async def test_the_private_half_is_nowhere_in_the_database(
    connections: AsyncConnectionPool[Any], database_url: str
) -> None:
    signer = await keys_of(connections).signer()
    number = signer._key.private_numbers().private_value.to_bytes(32, "big")
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "select private_sealed, public_jwk::text from identity.signing_key"
        ).fetchone()
    assert row
    assert number not in row[0]
    assert '"d"' not in row[1]


class TestTokensThatNobodyGave:
    @pytest.fixture
    async def keys(self, connections: AsyncConnectionPool[Any]) -> PostgresSigningKeys:
        return keys_of(connections)

    async def refusal(self, keys: PostgresSigningKeys, token: str, state: SessionState | None = None) -> str:
        states = States(state) if state else States()
        with pytest.raises(CredentialRefused) as refusal:
            await OwnTokens(keys, states, clock=NOW.timestamp).verify(token)
        return str(refusal.value)

    async def test_signed_with_another_key_under_our_key_id(self, keys: PostgresSigningKeys) -> None:
        forger = KeySigner((await keys.signer()).kid, ec.generate_private_key(ec.SECP256R1()))
        assert "signature" in await self.refusal(keys, token_of(forger))

    async def test_signed_with_our_public_key_as_a_shared_secret(self, keys: PostgresSigningKeys) -> None:
        kid = (await keys.signer()).kid
        claims = jwt.decode(token_of(await keys.signer()), options={"verify_signature": False})
        jwk = (await keys.public_keys())[0]
        token = jwt.encode(claims, (jwk["x"] + jwk["y"]) * 2, algorithm="HS256", headers={"kid": kid})
        assert "signature" in await self.refusal(keys, token)
        assert not OwnTokens(keys, States()).is_ours(token)

    async def test_not_signed_at_all(self, keys: PostgresSigningKeys) -> None:
        signer = await keys.signer()
        claims = jwt.decode(token_of(signer), options={"verify_signature": False})
        token = jwt.encode(claims, None, algorithm="none", headers={"kid": signer.kid})
        assert "signature" in await self.refusal(keys, token)
        assert not OwnTokens(keys, States()).is_ours(token)

    async def test_changed_on_the_way(self, keys: PostgresSigningKeys) -> None:
        head, body, signature = token_of(await keys.signer()).split(".")
        other = token_of(await keys.signer(), NOW + timedelta(days=1)).split(".")[1]
        assert "signature" in await self.refusal(keys, f"{head}.{other}.{signature}")
        assert "signature" in await self.refusal(keys, f"{head}.{body}.{signature[:-8]}AAAAAAAA")

    async def test_too_old(self, keys: PostgresSigningKeys) -> None:
        token = token_of(await keys.signer(), NOW - timedelta(seconds=3600))
        assert await self.refusal(keys, token) == "it has expired"

    @pytest.mark.parametrize("missing", ["exp", "sub", "sid", "tenant_id", "scope", "iat"])
    async def test_without_a_claim(self, keys: PostgresSigningKeys, missing: str) -> None:
        signer = await keys.signer()
        claims = jwt.decode(token_of(signer), options={"verify_signature": False})
        del claims[missing]
        token = jwt.encode(claims, signer._key, algorithm="ES256", headers={"kid": signer.kid})
        assert "claims" in await self.refusal(keys, token)

    async def test_from_another_issuer_or_not_valid_yet(self, keys: PostgresSigningKeys) -> None:
        signer = await keys.signer()
        claims = jwt.decode(token_of(signer), options={"verify_signature": False})
        later, other = {**claims, "nbf": claims["iat"] + 60}, {**claims, "iss": "somebody"}
        signed = [
            jwt.encode(one, signer._key, algorithm="ES256", headers={"kid": signer.kid})
            for one in (later, other)
        ]
        assert await self.refusal(keys, signed[0]) == "it is not valid yet"
        assert "claims" in await self.refusal(keys, signed[1])

    @pytest.mark.parametrize("token", ["", ".", "a.b.c", "x" * 9000, "ey" * 500])
    async def test_no_token_at_all(self, keys: PostgresSigningKeys, token: str) -> None:
        await self.refusal(keys, token)
        assert not OwnTokens(keys, States()).is_ours(token)

    async def test_of_a_session_that_ended_or_a_tenant_that_was_left(self, keys: PostgresSigningKeys) -> None:
        token = token_of(await keys.signer())
        ended = await self.refusal(keys, token, SessionState(active=False, role="owner"))
        left = await self.refusal(keys, token, SessionState(active=True, role=None))
        assert (ended, left) == (
            "its session has ended",
            "its person does not belong to the tenant any more",
        )

    async def test_rights_shrink_with_the_role_and_never_grow(self, keys: PostgresSigningKeys) -> None:
        states = States()
        tokens = OwnTokens(keys, states)
        signer = await keys.signer()
        owner = token_of(signer)
        viewer = signer.access_token(person=PERSON, session=SESSION, tenant="acme", role="viewer", now=NOW)
        assert "admin" in (await tokens.verify(owner)).scopes
        assert "portfolios:write" not in (await tokens.verify(viewer)).scopes
        states.answer = SessionState(active=True, role="viewer")
        assert (await tokens.verify(owner)).scopes == (await tokens.verify(viewer)).scopes
