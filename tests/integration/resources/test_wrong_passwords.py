"""Guessing passwords: how it is stopped, and what nobody learns from it."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from litestar import Litestar
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, log_in, register
from tests.support.service import Service

from bootstrap.identity import Identity, identity
from bootstrap.settings import Settings
from infrastructure.identity.passwords import Argon2Passwords

WRONG = "nine loud herons at dusk"
ANN = "ann@example.com"


@pytest.fixture
async def nobody(client_of: Any) -> httpx.AsyncClient:
    """A client without a credential, at a service that Ann has an account with."""
    client: httpx.AsyncClient = client_of("nobody", None)
    await register(client)
    return client


@pytest.fixture
def from_address(app: Litestar) -> Any:
    """Requests from an address of the test's choice."""

    async def send(address: str, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(address, 1234))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://api", timeout=30) as client:
            return await client.post(path, json=body, headers=headers)

    return send


async def try_password(client: httpx.AsyncClient, password: str, email: str = ANN) -> httpx.Response:
    return await client.post("/v1/auth/login", json={"email": email, "password": password})


async def test_ten_wrong_tries_lock_the_account_at_this_address(
    nobody: httpx.AsyncClient, service: Service
) -> None:
    answers = [await try_password(nobody, WRONG) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    locked = answers[-1]
    body, wait = locked.json(), int(locked.headers["retry-after"])
    assert 890 <= wait <= 900
    assert (body["error"], body["used"], body["limit"]) == ("rate_limit_exceeded", 10, 10)
    right = await try_password(nobody, PASSWORD)
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) <= wait  # trying does not prolong it
    with psycopg.connect(service.database_url) as connection:
        noted = connection.execute("select count(*) from identity.audit where action = 'auth.sign_in_failed'")
        assert noted.fetchone() == (10,)


async def test_a_lock_keeps_out_nobody_else(nobody: httpx.AsyncClient, from_address: Any) -> None:
    await register(nobody, "bob@example.com")
    for _ in range(11):
        await try_password(nobody, WRONG)
    assert (await try_password(nobody, WRONG)).status_code == 429
    assert (await try_password(nobody, PASSWORD, "bob@example.com")).status_code == 200
    body = {"email": ANN, "password": PASSWORD}
    assert (await from_address("203.0.113.9", "/v1/auth/login", body)).status_code == 200
    assert (await try_password(nobody, PASSWORD)).status_code == 429


async def test_the_addresses_of_one_network_count_as_one_where_there_are_many(
    nobody: httpx.AsyncClient, from_address: Any
) -> None:
    body = {"email": ANN, "password": WRONG}
    for number in range(10):
        await from_address(f"2001:db8:1:2::{number:x}", "/v1/auth/login", body)
    assert (await from_address("2001:db8:1:2::ffff", "/v1/auth/login", body)).status_code == 429
    assert (await from_address("2001:db8:1:3::1", "/v1/auth/login", body)).status_code == 401


async def test_an_unknown_address_is_locked_as_a_known_one_is(nobody: httpx.AsyncClient) -> None:
    answers = [await try_password(nobody, WRONG, "nobody@example.com") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]


async def test_many_tries_at_once_are_not_more_tries(nobody: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(try_password(nobody, WRONG) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 10


async def test_a_lock_ends(nobody: httpx.AsyncClient, service: Service) -> None:
    for _ in range(11):
        await try_password(nobody, WRONG)
    with psycopg.connect(service.database_url) as connection:
        connection.execute("update identity.sign_in_failure set last_at = last_at - interval '15 minutes'")
    assert (await try_password(nobody, WRONG)).status_code == 401
    assert (await try_password(nobody, PASSWORD)).status_code == 200


async def test_signing_in_forgives_earlier_tries(nobody: httpx.AsyncClient) -> None:
    for _ in range(3):
        for _ in range(9):
            assert (await try_password(nobody, WRONG)).status_code == 401
        assert (await try_password(nobody, PASSWORD)).status_code == 200


async def test_a_stolen_access_token_does_not_serve_to_guess_the_password(nobody: httpx.AsyncClient) -> None:
    headers = (await log_in(nobody)).headers
    body = {"current_password": WRONG, "new_password": OTHER_PASSWORD}
    answers = [await nobody.post("/v1/auth/password/change", json=body, headers=headers) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert answers[0].json()["details"] == {"field": "current_password", "code": "wrong"}


class Counting(Argon2Passwords):
    """The real passwords, which count how often argon2 runs."""

    runs = 0

    async def _aside(self, work: Any) -> Any:
        self.runs += 1
        return await super()._aside(work)


class TestTakingTheSameTime:
    @pytest.fixture
    async def people(self, service: Service, tmp_path: Any) -> Any:
        settings = replace(
            Settings(), home=tmp_path, jwt_secret="a secret of the tests, long enough for HS256"
        )
        made = identity(settings, service.connections)
        counting = Counting()
        yield replace(made, services={**made.services, "passwords": counting}, passwords=counting)
        await made.close()
        counting.close()

    async def test_an_unknown_address_costs_as_much_hashing_as_a_wrong_password(
        self, nobody: httpx.AsyncClient, people: Identity
    ) -> None:
        passwords = people.passwords
        assert isinstance(passwords, Counting)
        runs = []
        for email, password in ((ANN, PASSWORD), (ANN, WRONG), ("nobody@example.com", WRONG)):
            before = passwords.runs
            await try_password(nobody, password, email)
            runs.append(passwords.runs - before)
        assert runs == [1, 1, 1]

    async def test_a_locked_account_costs_no_hashing(
        self, nobody: httpx.AsyncClient, people: Identity
    ) -> None:
        passwords = people.passwords
        assert isinstance(passwords, Counting)
        for _ in range(10):
            await try_password(nobody, WRONG)
        before = passwords.runs
        await try_password(nobody, PASSWORD)
        assert passwords.runs == before


class TestInAStorm:
    @pytest.fixture
    async def people(self, service: Service, tmp_path: Any) -> Any:
        settings = replace(
            Settings(), home=tmp_path, jwt_secret="a secret of the tests, long enough for HS256"
        )
        made = identity(settings, service.connections)
        few = Argon2Passwords(line_max=3)
        yield replace(made, services={**made.services, "passwords": few}, passwords=few)
        await made.close()
        few.close()

    async def test_whoever_finds_the_line_too_long_is_told_to_come_back_and_not_counted(
        self, nobody: httpx.AsyncClient, service: Service
    ) -> None:
        answers = await asyncio.gather(
            *(try_password(nobody, WRONG, f"p{number}@example.com") for number in range(12))
        )
        refused = [answer for answer in answers if answer.status_code == 503]
        assert len(refused) == 9
        assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
        assert all(answer.status_code == 401 for answer in answers if answer not in refused)
        with psycopg.connect(service.database_url) as connection:
            counted = connection.execute("select sum(tries) from identity.sign_in_failure").fetchone()
        assert counted == (3,)


async def test_what_no_address_can_be_is_refused_and_not_a_fault(nobody: httpx.AsyncClient) -> None:
    for email in ("a\x00@b", "\u2028@b", " ", "a" * 300):
        answers = [
            await try_password(nobody, WRONG, email),
            await nobody.post("/v1/auth/password/forgot", json={"email": email}),
        ]
        assert all(answer.status_code in (202, 401, 422) for answer in answers), email


async def test_a_password_hashed_with_lower_parameters_is_hashed_anew(
    nobody: httpx.AsyncClient, service: Service
) -> None:
    low = Argon2Passwords(memory_kib=1024)
    old = await low.hash(PASSWORD)
    low.close()
    with psycopg.connect(service.database_url) as connection:
        connection.execute("update identity.person set password_hash = %s", (old,))
    assert (await try_password(nobody, WRONG)).status_code == 401
    assert (await try_password(nobody, PASSWORD)).status_code == 200
    with psycopg.connect(service.database_url) as connection:
        row = connection.execute("select password_hash from identity.person").fetchone()
    assert row
    assert row[0].startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert (await try_password(nobody, PASSWORD)).status_code == 200
