"""Tenants and members: who belongs, as what, and that an owner stays."""

import asyncio
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from tests.support.accounts import PASSWORD, Body, SignedIn, log_in, register
from tests.support.service import Service

from application.caller import SCOPES
from bootstrap.identity import Identity
from infrastructure.identity.session_states import REMEMBERED_SECONDS


@pytest.fixture
def nobody(client_of: Any) -> httpx.AsyncClient:
    """A client without a credential of its own."""
    client: httpx.AsyncClient = client_of("nobody", None)
    return client


async def a_member(
    client: httpx.AsyncClient, owner: SignedIn, email: str, role: str = "viewer", **names: Any
) -> Body:
    """Invite somebody who has no account, and accept for them."""
    invited = await client.post(
        f"/v1/tenants/{owner.tenant}/invitations", json={"email": email, "role": role}, headers=owner.headers
    )
    assert invited.status_code == 201, invited.text
    sent = {
        "token": invited.json()["token"],
        "password": "seven quiet herons at dawn",
        "first_name": "Bob",
        "last_name": "Baker",
        **names,
    }
    accepted = await client.post("/v1/invitations/accept", json=sent)
    assert accepted.status_code == 201, accepted.text
    return dict(accepted.json())


def five_seconds_pass(people: Identity) -> None:
    """Let what a process remembers of sessions grow old."""
    states = people.tokens._states
    states._clock = lambda: monotonic() + REMEMBERED_SECONDS  # type: ignore[attr-defined]


@pytest.fixture
async def ann(nobody: httpx.AsyncClient) -> SignedIn:
    """Somebody signed in as the owner of a tenant."""
    await register(nobody)
    return await log_in(nobody)


async def test_a_person_sees_the_tenants_they_belong_to(nobody: httpx.AsyncClient, ann: SignedIn) -> None:
    body = (await nobody.get("/v1/tenants", headers=ann.headers)).json()
    (tenant,) = body["tenants"]
    assert (tenant["id"], tenant["name"], tenant["role"]) == (ann.tenant, "Ann Archer", "owner")
    assert (body["total"], body["limit"], body["offset"]) == (1, 50, 0)
    assert (await nobody.get(f"/v1/tenants/{ann.tenant}", headers=ann.headers)).json() == tenant
    assert (await nobody.get("/v1/tenants?offset=1", headers=ann.headers)).json()["tenants"] == []


async def test_a_token_of_no_person_sees_its_own_tenant(api: httpx.AsyncClient) -> None:
    expected = {"id": "acme", "name": None, "role": None, "created_at": None}
    assert (await api.get("/v1/tenants")).json()["tenants"] == [expected]
    assert (await api.get("/v1/tenants/acme")).json() == expected
    assert (await api.get("/v1/tenants/other")).status_code == 404


async def test_an_owner_renames_the_tenant(client_of: Any) -> None:
    owner = client_of("a corp: of all", SCOPES)
    answer = await owner.patch("/v1/tenants/a%20corp%3A%20of%20all", json={"name": "A Corp"})
    assert (answer.status_code, answer.json()["name"]) == (200, "A Corp")
    assert (await owner.get("/v1/tenants")).json()["tenants"] == [answer.json()]
    assert (await owner.patch("/v1/tenants/other", json={"name": "Mine"})).status_code == 404
    assert (await owner.patch("/v1/tenants/a%20corp%3A%20of%20all", json={"name": ""})).status_code == 422


async def test_members_are_listed_to_owners_alone(nobody: httpx.AsyncClient, ann: SignedIn) -> None:
    joined = await a_member(nobody, ann, "bob@example.com")
    where = f"/v1/tenants/{ann.tenant}/members"
    body = (await nobody.get(where, headers=ann.headers)).json()
    assert [(one["email"], one["role"]) for one in body["members"]] == [
        ("ann@example.com", "owner"),
        ("bob@example.com", "viewer"),
    ]
    assert body["total"] == 2
    one = await nobody.get(f"{where}/{joined['person_id']}", headers=ann.headers)
    assert one.json() == body["members"][1]
    bob = await log_in(nobody, "bob@example.com")
    assert (await nobody.get(where, headers=bob.headers)).status_code == 403


async def test_a_new_role_counts_for_tokens_given_before(
    nobody: httpx.AsyncClient, ann: SignedIn, people: Identity
) -> None:
    joined = await a_member(nobody, ann, "bob@example.com", "manager")
    bob = await log_in(nobody, "bob@example.com")
    made = {"name": "Growth", "portfolio_type": "long_only"}
    assert (await nobody.post("/v1/portfolios", json=made, headers=bob.headers)).status_code == 201
    where = f"/v1/tenants/{ann.tenant}/members/{joined['person_id']}"
    answer = await nobody.patch(where, json={"role": "viewer"}, headers=ann.headers)
    assert (answer.status_code, answer.json()["role"]) == (200, "viewer")
    five_seconds_pass(people)
    assert (await nobody.post("/v1/portfolios", json=made, headers=bob.headers)).status_code == 403
    assert (await nobody.get("/v1/portfolios", headers=bob.headers)).status_code == 200


async def test_a_member_who_was_removed_is_out(
    nobody: httpx.AsyncClient, ann: SignedIn, people: Identity
) -> None:
    joined = await a_member(nobody, ann, "bob@example.com")
    bob = await log_in(nobody, "bob@example.com")
    where = f"/v1/tenants/{ann.tenant}/members/{joined['person_id']}"
    assert (await nobody.delete(where, headers=ann.headers)).status_code == 204
    five_seconds_pass(people)
    refused = await nobody.get("/v1/portfolios", headers=bob.headers)
    assert (refused.status_code, refused.headers["www-authenticate"].split()[0]) == (401, "Bearer")
    assert (await nobody.delete(where, headers=ann.headers)).status_code == 404


async def test_somebody_removed_from_everywhere_can_still_erase_the_account(
    nobody: httpx.AsyncClient, ann: SignedIn
) -> None:
    joined = await a_member(nobody, ann, "bob@example.com")
    where = f"/v1/tenants/{ann.tenant}/members/{joined['person_id']}"
    await nobody.delete(where, headers=ann.headers)
    bob = await log_in(nobody, "bob@example.com")
    assert bob.tenant != ann.tenant
    (own,) = (await nobody.get("/v1/auth/me", headers=bob.headers)).json()["tenants"]
    assert (own["tenant_id"], own["role"]) == (bob.tenant, "owner")
    erase = await nobody.request("DELETE", "/v1/auth/me", json={"password": PASSWORD}, headers=bob.headers)
    assert erase.status_code == 204


async def test_who_comes_by_invitation_only_is_given_no_tenant(
    nobody: httpx.AsyncClient, ann: SignedIn, people: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = await a_member(nobody, ann, "bob@example.com")
    where = f"/v1/tenants/{ann.tenant}/members/{joined['person_id']}"
    await nobody.delete(where, headers=ann.headers)
    monkeypatch.setattr(people.services["sessions"], "_own_tenants", False)
    answer = await nobody.post("/v1/auth/login", json={"email": "bob@example.com", "password": PASSWORD})
    assert answer.status_code == 404
    assert "whoever runs the service can erase the account" in answer.json()["detail"]


async def test_a_member_leaves_and_removes_nobody_else(nobody: httpx.AsyncClient, ann: SignedIn) -> None:
    joined = await a_member(nobody, ann, "bob@example.com", "manager")
    bob = await log_in(nobody, "bob@example.com")
    where = f"/v1/tenants/{ann.tenant}/members"
    (owner, _) = (await nobody.get(where, headers=ann.headers)).json()["members"]
    assert (await nobody.delete(f"{where}/{owner['person_id']}", headers=bob.headers)).status_code == 403
    assert (await nobody.delete(f"{where}/{joined['person_id']}", headers=bob.headers)).status_code == 204
    assert (await nobody.get(where, headers=ann.headers)).json()["total"] == 1


async def test_the_last_owner_neither_leaves_nor_becomes_less(
    nobody: httpx.AsyncClient, ann: SignedIn
) -> None:
    await a_member(nobody, ann, "bob@example.com", "manager")
    where = f"/v1/tenants/{ann.tenant}/members"
    (owner, other) = (await nobody.get(where, headers=ann.headers)).json()["members"]
    mine = f"{where}/{owner['person_id']}"
    assert (await nobody.delete(mine, headers=ann.headers)).status_code == 409
    assert (await nobody.patch(mine, json={"role": "viewer"}, headers=ann.headers)).status_code == 409
    assert (await nobody.patch(mine, json={"role": "owner"}, headers=ann.headers)).status_code == 200
    await nobody.patch(f"{where}/{other['person_id']}", json={"role": "owner"}, headers=ann.headers)
    assert (await nobody.delete(mine, headers=ann.headers)).status_code == 204


async def test_of_two_owners_who_leave_at_once_one_stays(nobody: httpx.AsyncClient, ann: SignedIn) -> None:
    await a_member(nobody, ann, "bob@example.com", "owner")
    where = f"/v1/tenants/{ann.tenant}/members"
    members = (await nobody.get(where, headers=ann.headers)).json()["members"]
    answers = await asyncio.gather(
        *(nobody.delete(f"{where}/{one['person_id']}", headers=ann.headers) for one in members)
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]


@pytest.mark.parametrize(
    "change", ["delete from identity.member", "update identity.member set role = 'manager'"]
)
async def test_an_owner_who_was_one_a_moment_ago_gives_no_roles_and_no_keys(
    service: Service, nobody: httpx.AsyncClient, ann: SignedIn, change: str
) -> None:
    bob = await a_member(nobody, ann, "bob@example.com")
    assert (await nobody.get("/v1/tenants", headers=ann.headers)).status_code == 200
    with psycopg.connect(service.database_url) as elsewhere:
        elsewhere.execute(f"{change} where tenant_id = %s and role = 'owner'", (ann.tenant,))  # type: ignore[arg-type]
    where = f"/v1/tenants/{ann.tenant}/members/{bob['person_id']}"
    assert (await nobody.get(where, headers=ann.headers)).status_code == 200  # as is remembered
    promoted = await nobody.patch(where, json={"role": "owner"}, headers=ann.headers)
    made = await nobody.post("/v1/api-keys", json={"name": "k"}, headers=ann.headers)
    assert [answer.json()["error"] for answer in (promoted, made)] == ["forbidden", "forbidden"]


async def test_nobody_gives_a_role_with_rights_of_others(nobody: httpx.AsyncClient, ann: SignedIn) -> None:
    joined = await a_member(nobody, ann, "bob@example.com")
    made = await nobody.post(
        "/v1/api-keys",
        json={"name": "members", "scopes": ["admin", "portfolios:read", "analytics:read", "orders:read"]},
        headers=ann.headers,
    )
    key = {"X-API-Key": made.json()["key"]}
    where = f"/v1/tenants/{ann.tenant}/members/{joined['person_id']}"
    assert (await nobody.patch(where, json={"role": "owner"}, headers=key)).status_code == 403
    assert (await nobody.patch(where, json={"role": "viewer"}, headers=key)).status_code == 200


async def test_an_unknown_member_or_role_is_told(nobody: httpx.AsyncClient, ann: SignedIn) -> None:
    where = f"/v1/tenants/{ann.tenant}/members/{uuid4()}"
    for method in ("GET", "DELETE"):
        assert (await nobody.request(method, where, headers=ann.headers)).status_code == 404
    answer = await nobody.patch(where, json={"role": "viewer"}, headers=ann.headers)
    assert answer.status_code == 404
    answer = await nobody.patch(where, json={"role": "king"}, headers=ann.headers)
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "role")


async def test_what_happens_to_members_is_in_the_trail(
    service: Service, nobody: httpx.AsyncClient, ann: SignedIn
) -> None:
    joined = await a_member(nobody, ann, "bob@example.com")
    where = f"/v1/tenants/{ann.tenant}/members/{joined['person_id']}"
    await nobody.patch(where, json={"role": "manager"}, headers=ann.headers)
    await nobody.delete(where, headers=ann.headers)
    async with await psycopg.AsyncConnection.connect(service.database_url) as connection:
        rows = await (
            await connection.execute(
                "select action, subject, detail::text from identity.audit where action ~ '^member' order by id"
            )
        ).fetchall()
    assert [row[0] for row in rows] == [
        "member.invited",
        "member.joined",
        "member.role_changed",
        "member.removed",
    ]
    assert [row[1] for row in rows][1:] == [joined["person_id"]] * 3
    assert "bob" not in str(rows).lower()
