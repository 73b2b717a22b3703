"""Invitations: made by owners, accepted once, by the address they are for."""

import asyncio
from typing import Any

import httpx
import psycopg
import pytest
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, Body, SignedIn, log_in, register
from tests.support.service import Service
from tests.support.waiting import eventually

from application.caller import SCOPES
from application.identity.invitations import PER_DAY_MAX

BOB = {"password": PASSWORD, "first_name": "Bob", "last_name": "Baker"}


@pytest.fixture
def nobody(client_of: Any) -> httpx.AsyncClient:
    """A client without a credential of its own."""
    client: httpx.AsyncClient = client_of("nobody", None)
    return client


@pytest.fixture
async def ann(nobody: httpx.AsyncClient) -> SignedIn:
    """Somebody signed in as the owner of a tenant."""
    await register(nobody)
    return await log_in(nobody)


async def invite(
    client: httpx.AsyncClient, who: SignedIn, email: str = "bob@example.com", role: str = "viewer"
) -> Body:
    where = f"/v1/tenants/{who.tenant}/invitations"
    answer = await client.post(where, json={"email": email, "role": role}, headers=who.headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def accept(client: httpx.AsyncClient, token: str, **fields: Any) -> httpx.Response:
    headers = fields.pop("headers", None)
    return await client.post("/v1/invitations/accept", json={"token": token, **fields}, headers=headers)


async def test_an_invitation_shows_its_token_once(nobody: httpx.AsyncClient, ann: SignedIn) -> None:
    where = f"/v1/tenants/{ann.tenant}/invitations"
    sent = {"email": "Bob@Example.com", "role": "manager"}
    answer = await nobody.post(where, json=sent, headers=ann.headers)
    made = answer.json()
    assert (answer.status_code, made["email"], made["role"]) == (201, "Bob@Example.com", "manager")
    assert made["token"].startswith("tt_invite_")
    assert made["accept_url"] == "/v1/invitations/accept"
    shown = await nobody.get(answer.headers["location"], headers=ann.headers)
    assert shown.json() == {**made, "token": None}
    listed = (await nobody.get(where, headers=ann.headers)).json()
    assert (listed["invitations"], listed["total"]) == ([shown.json()], 1)


async def test_somebody_new_makes_an_account_and_belongs_to_that_tenant_alone(
    nobody: httpx.AsyncClient, ann: SignedIn
) -> None:
    made = await invite(nobody, ann)
    answer = await accept(nobody, made["token"], **BOB)
    joined = answer.json()
    assert (answer.status_code, joined["tenant_id"], joined["role"]) == (201, ann.tenant, "viewer")
    assert joined["tenant_name"] == "Ann Archer"
    bob = await log_in(nobody, "bob@example.com")
    assert bob.tenant == ann.tenant
    tenants = (await nobody.get("/v1/tenants", headers=bob.headers)).json()["tenants"]
    assert [(one["id"], one["role"]) for one in tenants] == [(ann.tenant, "viewer")]


async def test_who_is_signed_in_accepts_with_the_access_token(
    nobody: httpx.AsyncClient, ann: SignedIn
) -> None:
    await register(nobody, "bob@example.com")
    bob = await log_in(nobody, "bob@example.com")
    made = await invite(nobody, ann, "BOB@example.com")
    assert (await accept(nobody, made["token"], headers=bob.headers)).status_code == 201
    tenants = (await nobody.get("/v1/tenants", headers=bob.headers)).json()["tenants"]
    assert {one["id"] for one in tenants} == {bob.tenant, ann.tenant}
    there = await log_in(nobody, "bob@example.com", tenant_id=ann.tenant)
    assert there.tenant == ann.tenant


async def test_who_has_an_account_accepts_with_its_password_and_with_no_other(
    nobody: httpx.AsyncClient, ann: SignedIn
) -> None:
    await register(nobody, "bob@example.com")
    made = await invite(nobody, ann)
    wrong = await accept(nobody, made["token"], **{**BOB, "password": OTHER_PASSWORD})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "unauthorized")
    assert wrong.headers["www-authenticate"].startswith("Bearer")
    missing = await accept(nobody, made["token"])
    assert (missing.status_code, missing.json()["details"]["field"]) == (422, "password")
    assert (await accept(nobody, made["token"], password=PASSWORD)).status_code == 201


async def test_guessing_the_password_of_an_invited_account_is_stopped(
    nobody: httpx.AsyncClient, ann: SignedIn
) -> None:
    await register(nobody, "bob@example.com")
    made = await invite(nobody, ann)
    statuses = [(await accept(nobody, made["token"], password=OTHER_PASSWORD)).status_code for _ in range(12)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert (await accept(nobody, made["token"], password=PASSWORD)).status_code == 429


async def test_an_invitation_is_for_its_address_alone(nobody: httpx.AsyncClient, ann: SignedIn) -> None:
    await register(nobody, "eve@example.com")
    eve = await log_in(nobody, "eve@example.com")
    made = await invite(nobody, ann)
    assert (await accept(nobody, made["token"], headers=eve.headers)).status_code == 403
    assert (await accept(nobody, made["token"], email="eve@example.com", **BOB)).status_code == 403
    assert (await accept(nobody, made["token"], email="BOB@example.com", **BOB)).status_code == 201


async def test_a_new_account_says_everything_it_lacks(nobody: httpx.AsyncClient, ann: SignedIn) -> None:
    made = await invite(nobody, ann)
    answer = await accept(nobody, made["token"], first_name="Bob")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/password", "/last_name"]
    guessable = await accept(nobody, made["token"], **{**BOB, "password": "password1234"})
    assert (guessable.status_code, guessable.json()["details"]["code"]) == (422, "guessable")
    assert (await accept(nobody, made["token"], **BOB)).status_code == 201


async def test_a_token_works_once(nobody: httpx.AsyncClient, ann: SignedIn) -> None:
    made = await invite(nobody, ann)
    assert (await accept(nobody, made["token"], **BOB)).status_code == 201
    assert (await accept(nobody, made["token"], password=PASSWORD)).status_code == 404
    assert (await accept(nobody, "tt_invite_unknown", **BOB)).status_code == 404


async def test_an_invitation_that_ends_while_it_is_accepted_is_not_called_somebody_elses(
    service: Service, nobody: httpx.AsyncClient, ann: SignedIn
) -> None:
    await register(nobody, "bob@example.com")
    bob, made = await log_in(nobody, "bob@example.com"), await invite(nobody, ann)
    waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    url = service.database_url
    with psycopg.connect(url, autocommit=True) as watching, psycopg.connect(url) as elsewhere:
        elsewhere.execute("delete from identity.invitation")
        accepting = asyncio.create_task(accept(nobody, made["token"], headers=bob.headers))
        await asyncio.to_thread(eventually, lambda: watching.execute(waiting).fetchone() is not None)
        elsewhere.commit()
    answer = await accepting
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_a_withdrawn_a_replaced_and_an_old_invitation_open_nothing(
    nobody: httpx.AsyncClient, ann: SignedIn, service: Service
) -> None:
    where = f"/v1/tenants/{ann.tenant}/invitations"
    withdrawn = await invite(nobody, ann, "one@example.com")
    gone = f"{where}/{withdrawn['id']}"
    assert (await nobody.delete(gone, headers=ann.headers)).status_code == 204
    assert (await nobody.delete(gone, headers=ann.headers)).status_code == 404
    replaced = await invite(nobody, ann, "two@example.com")
    await invite(nobody, ann, "TWO@example.com", "manager")
    old = await invite(nobody, ann, "three@example.com")
    async with await psycopg.AsyncConnection.connect(service.database_url) as connection:
        await connection.execute(
            "update identity.invitation set expires_at = now() where email = 'three@example.com'"
        )
    for made in (withdrawn, replaced, old):
        assert (await accept(nobody, made["token"], **BOB)).status_code == 404
    listed = (await nobody.get(where, headers=ann.headers)).json()["invitations"]
    assert [(one["email"], one["role"]) for one in listed] == [("TWO@example.com", "manager")]


async def test_a_member_is_not_invited_again(nobody: httpx.AsyncClient, ann: SignedIn) -> None:
    where = f"/v1/tenants/{ann.tenant}/invitations"
    sent = {"email": "ANN@example.com", "role": "viewer"}
    answer = await nobody.post(where, json=sent, headers=ann.headers)
    assert (answer.status_code, answer.json()["details"]["field"]) == (409, "email")
    wrong = await nobody.post(where, json={"email": "nobody", "role": "viewer"}, headers=ann.headers)
    assert (wrong.status_code, wrong.json()["details"]["field"]) == (422, "email")


async def test_inviting_takes_admin_and_every_right_of_the_role(
    nobody: httpx.AsyncClient, ann: SignedIn
) -> None:
    made = await invite(nobody, ann, role="manager")
    await accept(nobody, made["token"], **BOB)
    bob = await log_in(nobody, "bob@example.com")
    where = f"/v1/tenants/{ann.tenant}/invitations"
    sent = {"email": "carl@example.com", "role": "viewer"}
    assert (await nobody.post(where, json=sent, headers=bob.headers)).status_code == 403
    only_admin = {"name": "k", "scopes": ["admin"]}
    key = (await nobody.post("/v1/api-keys", json=only_admin, headers=ann.headers)).json()["key"]
    assert (await nobody.post(where, json=sent, headers={"X-API-Key": key})).status_code == 403
    elsewhere = await nobody.post("/v1/tenants/other/invitations", json=sent, headers=ann.headers)
    assert elsewhere.status_code == 404


async def test_a_tenant_that_only_tokens_named_gets_members(client_of: Any) -> None:
    owner, nobody = client_of("acme", SCOPES), client_of("nobody", None)
    sent = {"email": "bob@example.com", "role": "owner"}
    made = (await owner.post("/v1/tenants/acme/invitations", json=sent)).json()
    assert (await accept(nobody, made["token"], **BOB)).status_code == 201
    bob = await log_in(nobody, "bob@example.com")
    assert bob.tenant == "acme"
    assert (await nobody.get("/v1/tenants/acme/members", headers=bob.headers)).json()["total"] == 1


async def test_the_token_is_in_the_mail_and_in_no_table(
    nobody: httpx.AsyncClient, ann: SignedIn, service: Service
) -> None:
    where = f"/v1/tenants/{ann.tenant}/invitations"
    sent, again = {"email": "bob@example.com", "role": "viewer"}, {"Idempotency-Key": "k-1"}
    first = await nobody.post(where, json=sent, headers={**ann.headers, **again})
    replay = await nobody.post(where, json=sent, headers={**ann.headers, **again})
    assert replay.headers["idempotent-replayed"] == "true"
    assert replay.json() == {**first.json(), "token": None}
    token = first.json()["token"]
    async with await psycopg.AsyncConnection.connect(service.database_url) as connection:
        (mails,) = await (await connection.execute("select count(*) from identity.mail")).fetchone() or (0,)
        assert mails == 1
        for table in ("identity.mail", "identity.invitation", "events.answer", "identity.audit"):
            rows = await (await connection.execute(f"select t::text from {table} t")).fetchall()  # type: ignore[arg-type]
            assert rows
            assert token not in str(rows)


async def test_a_tenant_fills_nobodys_letter_box_with_invitations(
    nobody: httpx.AsyncClient, ann: SignedIn, service: Service
) -> None:
    async with await psycopg.AsyncConnection.connect(service.database_url) as connection:
        for number, ago in ((PER_DAY_MAX, 25), (PER_DAY_MAX - 1, 23)):
            await connection.execute(
                """insert into identity.audit (tenant_id, at, actor, action)
                   select %s, now() - %s * interval '1 hour', 'ann', 'member.invited' from generate_series(1, %s)""",
                (ann.tenant, ago, number),
            )
    made = await invite(nobody, ann)
    where = f"/v1/tenants/{ann.tenant}/invitations"
    assert (await nobody.delete(f"{where}/{made['id']}", headers=ann.headers)).status_code == 204
    answer = await nobody.post(
        where, json={"email": "bob@example.com", "role": "viewer"}, headers=ann.headers
    )
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
