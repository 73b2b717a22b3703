"""Making accounts, and reading and changing one's own."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from tests.support.accounts import PASSWORD, Body, log_in, register
from tests.support.service import Service

from application.identity.register import Registration
from bootstrap.settings import Settings


@pytest.fixture
def nobody(client_of: Any) -> httpx.AsyncClient:
    """A client without a credential."""
    return client_of("nobody", None)  # type: ignore[no-any-return]


async def test_an_account_is_made_with_a_tenant_of_its_own(nobody: httpx.AsyncClient) -> None:
    sent = {"email": "Ann@Example.com", "password": PASSWORD, "first_name": "Ann", "last_name": "Archer"}
    answer = await nobody.post("/v1/auth/register", json=sent)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/v1/auth/me"
    body = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert body.keys() == {"id", "email", "first_name", "last_name", "created_at", "tenant_id"}
    assert (body["email"], body["first_name"], body["last_name"]) == ("Ann@Example.com", "Ann", "Archer")
    signed_in = await log_in(nobody, "ann@example.COM")
    me = (await nobody.get("/v1/auth/me", headers=signed_in.headers)).json()
    assert me == {
        **body,
        "tenants": [{"tenant_id": body["tenant_id"], "name": "Ann Archer", "role": "owner"}],
    }


@pytest.mark.parametrize("spelling", ["ann@example.com", "ANN@EXAMPLE.COM", "ａnn@example.com"])
async def test_an_address_has_one_account_however_it_is_spelled(
    nobody: httpx.AsyncClient, spelling: str
) -> None:
    await register(nobody)
    sent = {"email": spelling, "password": PASSWORD, "first_name": "A", "last_name": "B"}
    answer = await nobody.post("/v1/auth/register", json=sent)
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")


async def test_of_people_who_register_an_address_at_once_exactly_one_wins(nobody: httpx.AsyncClient) -> None:
    sent = {"email": "ann@example.com", "password": PASSWORD, "first_name": "A", "last_name": "B"}
    answers = await asyncio.gather(*(nobody.post("/v1/auth/register", json=sent) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 7]


async def test_everything_that_is_wrong_is_told_at_once(nobody: httpx.AsyncClient) -> None:
    sent = {"email": "ann at example", "password": "password123", "first_name": "A", "last_name": "B"}
    answer = await nobody.post("/v1/auth/register", json=sent)
    assert answer.status_code == 422
    found = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert found == [("/email", "malformed"), ("/password", "guessable")]
    shape = {"password": "short", "first_name": "", "nickname": "a"}
    answer = await nobody.post("/v1/auth/register", json=shape)
    found = [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert sorted(found) == [
        ("email", "missing"),
        ("first_name", "length"),
        ("last_name", "missing"),
        ("nickname", "unknown_field"),
        ("password", "length"),
    ]


@pytest.mark.parametrize(
    "password",
    ["password1234", "Archer1234", "ann@example.com", "qwertyuiop", "x" * 1025, "ü" * 600],
)
async def test_a_weak_or_endless_password_is_refused(nobody: httpx.AsyncClient, password: str) -> None:
    sent = {"email": "ann@example.com", "password": password, "first_name": "Ann", "last_name": "Archer"}
    answer = await nobody.post("/v1/auth/register", json=sent)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["password"]
    assert password not in answer.text


class TestByInvitationOnly:
    @pytest.fixture
    def settings(self) -> Settings:
        return replace(Settings(), registration=Registration.INVITED)

    async def test_nobody_makes_an_account_of_his_own(self, nobody: httpx.AsyncClient) -> None:
        sent = {"email": "ann@example.com", "password": PASSWORD, "first_name": "A", "last_name": "B"}
        answer = await nobody.post("/v1/auth/register", json=sent)
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
        assert "invitation" in answer.json()["detail"]


async def test_the_database_holds_no_password_and_no_token(
    nobody: httpx.AsyncClient, service: Service
) -> None:
    await register(nobody)
    signed_in = await log_in(nobody)
    await nobody.post("/v1/auth/password/forgot", json={"email": "ann@example.com"})
    with psycopg.connect(service.database_url) as connection:
        tables = ("person", "session", "refresh_token", "password_reset", "mail", "signing_key", "audit")
        rows = [connection.execute(f"select t::text from identity.{table} t").fetchall() for table in tables]
    assert all(rows)
    text = str(rows)
    assert "$argon2id$" in text
    for secret in (PASSWORD, signed_in.refresh_token, signed_in.access_token, "tt_refresh_", "tt_reset_"):
        assert secret not in text
        assert secret.encode().hex() not in text


async def test_names_can_be_changed(nobody: httpx.AsyncClient) -> None:
    await register(nobody)
    headers = (await log_in(nobody)).headers
    answer = await nobody.patch("/v1/auth/me", json={"last_name": "Baker"}, headers=headers)
    assert (answer.status_code, answer.json()["first_name"], answer.json()["last_name"]) == (
        200,
        "Ann",
        "Baker",
    )
    assert (await nobody.get("/v1/auth/me", headers=headers)).json() == answer.json()


async def test_a_credential_of_no_person_has_no_account(api: httpx.AsyncClient) -> None:
    answers: list[httpx.Response] = [
        await api.get("/v1/auth/me"),
        await api.get("/v1/auth/sessions"),
        await api.post("/v1/auth/logout-all"),
        await api.post("/v1/auth/switch", json={"tenant_id": "acme"}),
    ]
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(403, "forbidden")] * 4


async def test_an_account_opens_its_own_tenant_and_no_other(
    nobody: httpx.AsyncClient, api: httpx.AsyncClient, portfolio: str
) -> None:
    await register(nobody)
    headers = (await log_in(nobody)).headers
    made: Body = {"name": "Mine", "portfolio_type": "long_only", "initial_cash": 5}
    mine = await nobody.post("/v1/portfolios", json=made, headers=headers)
    assert mine.status_code == 201, mine.text
    assert (await nobody.get(portfolio, headers=headers)).status_code == 404
    assert (await api.get(mine.headers["location"])).status_code == 404
