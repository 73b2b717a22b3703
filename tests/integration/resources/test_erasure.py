"""Erasing a person: nothing tells who it was, and everything that happened still did."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from redis import Redis
from tests.support.accounts import PASSWORD, SignedIn, log_in, register
from tests.support.relaying import relaying, soon
from tests.support.service import Service
from tests.support.waiting import eventually

from bootstrap.projector import projections
from infrastructure.postgres.connect import connector
from infrastructure.postgres.rebuild import rebuild

Body = dict[str, Any]
ADDRESS = "Zenobia.Quill@Example.com"
TRACES = ("zenobia", "quillfeather", "203.0.113.77")
"""What tells who it was: address, names, and where they came from."""


@pytest.fixture
def nobody(client_of: Any) -> httpx.AsyncClient:
    """A client without a credential."""
    return client_of("nobody", None)  # type: ignore[no-any-return]


@pytest.fixture
async def zenobia(nobody: httpx.AsyncClient) -> SignedIn:
    """Somebody with an account, signed in."""
    await register(nobody, ADDRESS, first_name="Zenobia", last_name="Quillfeather")
    return await log_in(nobody, ADDRESS)


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """The URL of a Redis without keys."""
    with Redis.from_url(redis_server) as redis:
        redis.flushall()
        yield redis_server
        redis.flushall()


async def erased(client: httpx.AsyncClient, who: SignedIn, *, password: str = PASSWORD) -> httpx.Response:
    return await client.request("DELETE", "/v1/auth/me", headers=who.headers, json={"password": password})


async def at_work(client: httpx.AsyncClient, who: SignedIn) -> str:
    """Some commands of somebody; the address of their portfolio."""
    made = await client.post(
        "/v1/portfolios",
        headers={**who.headers, "User-Agent": "quillfeather-browser"},
        json={
            "name": "Growth",
            "portfolio_type": "long_only",
            "initial_cash": 25000,
            "inception_date": "2024-01-02",
        },
    )
    assert made.status_code == 201, made.text
    place = str(made.headers["location"])
    position = {"symbol": "AAPL", "quantity": 10, "price": 150, "current_price": "175.84"}
    assert (await client.post(f"{place}/positions", headers=who.headers, json=position)).status_code == 201
    assert (await client.delete(place, headers=who.headers)).status_code == 204
    return place


def invited(url: str, tenant: str, email: str) -> None:
    """An invitation, and the answer that is kept of it for a repeated request."""
    with psycopg.connect(url) as owner:
        owner.execute("select identity.ensure_tenant(%s)", (tenant,))
        owner.execute(
            "insert into identity.invitation "
            "(id, tenant_id, email, email_key, role, token_hash, invited_by, expires_at) "
            "values (%s, %s, %s, %s, 'viewer', %s, 'ann', now() + interval '7 days')",
            (uuid4(), tenant, email, email.casefold(), uuid4().bytes),
        )
        owner.execute(
            "insert into events.answer values (%s, 'POST /v1/…', 'k', 'h', 201, '{}', %s, 0, now())",
            (tenant, f'{{"email": "{email}"}}'),
        )


def joined(url: str, tenant: str, person: str, role: str) -> None:
    with psycopg.connect(url) as owner:
        owner.execute("insert into identity.member (tenant_id, person_id, role) values (%s, %s, %s)",
                      (tenant, person, role))  # fmt: skip


def tables_that_hold(url: str, *traces: str) -> set[str]:
    """The tables in which any row holds any of the texts, whatever the column."""
    with psycopg.connect(url) as owner:
        tables = owner.execute(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE' "
            "and table_schema not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        found = set()
        for place in tables:
            query = sql.SQL("select count(*) from {} t where lower(t::text) ~ %s").format(
                sql.Identifier(*place)
            )
            row = owner.execute(query, ("|".join(traces),)).fetchone()
            if row is not None and row[0]:
                found.add(".".join(place))
    return found


def audit_address(url: str, person: str, address: str) -> None:
    with psycopg.connect(url) as owner:
        owner.execute(
            "select identity.note_audit(tenant_id, %s, 'auth.signed_in', null, %s) from identity.member "
            "where person_id = %s",
            (person, address, person),
        )


async def whoami(client: httpx.AsyncClient, who: SignedIn) -> Body:
    return dict((await client.get("/v1/auth/me", headers=who.headers)).json())


async def test_nothing_tells_who_it_was_and_the_history_still_replays(
    service: Service, nobody: httpx.AsyncClient, zenobia: SignedIn
) -> None:
    person = (await whoami(nobody, zenobia))["id"]
    await at_work(nobody, zenobia)
    invited(service.database_url, "another", ADDRESS)
    audit_address(service.database_url, person, "203.0.113.77")
    await nobody.post("/v1/auth/password/forgot", json={"email": ADDRESS})
    await nobody.post("/v1/auth/login", json={"email": ADDRESS, "password": "wrong"})
    assert {
        "identity.person",
        "identity.tenant",
        "identity.invitation",
        "identity.audit",
        "events.answer",
    } <= (tables_that_hold(service.database_url, *TRACES))
    answer = await erased(nobody, zenobia)
    assert answer.status_code == 204, answer.text
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert tables_that_hold(service.database_url, *TRACES) == set()
    assert tables_that_hold(service.database_url, person) == {"identity.audit", "events.event"}
    async with await connector(service.database_url, "test")() as connection:
        for projection in projections():
            different = await rebuild(connection, service.database_url, projection, lambda done, total: None)
            assert set(different.values()) == {0}, different


async def test_no_event_and_no_stream_holds_an_address_or_a_name(
    service: Service, nobody: httpx.AsyncClient, zenobia: SignedIn, redis_url: str
) -> None:
    await at_work(nobody, zenobia)
    invitation = await nobody.post(
        f"/v1/tenants/{zenobia.tenant}/invitations",
        headers=zenobia.headers,
        json={"email": "zenobia.junior@example.com", "role": "viewer"},
    )
    assert invitation.status_code == 201, invitation.text
    events = {
        table
        for table in tables_that_hold(service.database_url, *TRACES)
        if table.startswith(("events.", "read.", "market.", "webhook."))
    }
    assert events == set()

    def published() -> int:
        with Redis.from_url(redis_url) as redis:
            return int(redis.xlen("pm:portfolio:events"))  # type: ignore[arg-type]

    async with relaying(service.database_url, redis_url):
        await soon(lambda: published() >= 3)
    with Redis.from_url(redis_url) as redis:
        names: Any = redis.keys("pm:*")
        entries = [redis.xrange(name) for name in names if redis.type(name) == b"stream"]
    assert not [trace for trace in TRACES if trace in str(entries).casefold()]
    with psycopg.connect(service.database_url) as owner:
        actors = {actor for (actor,) in owner.execute("select distinct actor from events.event")}
    assert actors == {(await whoami(nobody, zenobia))["id"]}


async def test_tokens_sessions_and_keys_end_with_their_person(
    service: Service, nobody: httpx.AsyncClient, zenobia: SignedIn
) -> None:
    made = await nobody.post("/v1/api-keys", headers=zenobia.headers, json={"name": "robot"})
    assert made.status_code == 201, made.text
    assert (await erased(nobody, zenobia)).status_code == 204
    refreshed = await nobody.post("/v1/auth/refresh", json={"refresh_token": zenobia.refresh_token})
    assert refreshed.status_code == 401
    login = await nobody.post("/v1/auth/login", json={"email": ADDRESS, "password": PASSWORD})
    assert login.status_code == 401
    with psycopg.connect(service.database_url) as owner:
        assert owner.execute("select count(*) from identity.session").fetchone() == (0,)
        assert owner.execute("select count(*) from identity.api_key where revoked_at is null").fetchone() == (
            0,
        )
    assert (await erased(nobody, zenobia)).status_code in (401, 404)
    await register(nobody, ADDRESS)  # the address is free again, for somebody else


async def test_a_wrong_password_erases_nobody_and_counts_as_a_try(
    nobody: httpx.AsyncClient, zenobia: SignedIn
) -> None:
    answers = [await erased(nobody, zenobia, password="wrong") for _ in range(11)]
    assert answers[0].status_code == 422
    assert [(one["field"], one["code"]) for one in answers[0].json()["errors"]] == [("password", "wrong")]
    assert answers[-1].status_code == 429
    assert "retry-after" in answers[-1].headers
    assert (await whoami(nobody, zenobia))["email"] == ADDRESS


@pytest.mark.parametrize("body", [{}, {"password": 1}, {"password": PASSWORD, "really": True}])
async def test_a_body_that_does_not_fit_is_refused(
    nobody: httpx.AsyncClient, zenobia: SignedIn, body: Body
) -> None:
    answer = await nobody.request("DELETE", "/v1/auth/me", headers=zenobia.headers, json=body)
    assert answer.status_code == 422


async def test_a_credential_of_no_person_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.request("DELETE", "/v1/auth/me", json={"password": PASSWORD})
    assert answer.status_code == 403


async def test_the_last_owner_of_others_is_refused_until_there_is_another(
    service: Service, nobody: httpx.AsyncClient, zenobia: SignedIn
) -> None:
    other = await register(nobody, "bob@example.com", first_name="Bob", last_name="Byte")
    joined(service.database_url, zenobia.tenant, other["id"], "manager")
    refused = await erased(nobody, zenobia)
    assert (refused.status_code, refused.json()["error"]) == (409, "conflict")
    assert zenobia.tenant in refused.json()["detail"]
    assert (await whoami(nobody, zenobia))["email"] == ADDRESS
    with psycopg.connect(service.database_url) as owner:
        owner.execute("update identity.member set role = 'owner' where person_id = %s", (other["id"],))
    assert (await erased(nobody, zenobia)).status_code == 204
    bob = await log_in(nobody, "bob@example.com", tenant_id=zenobia.tenant)
    assert bob.tenant == zenobia.tenant
    assert tables_that_hold(service.database_url, *TRACES) == set()  # the tenant was named after her


async def test_of_two_owners_who_go_at_once_one_stays_while_there_are_members(
    service: Service, nobody: httpx.AsyncClient, zenobia: SignedIn
) -> None:
    bob, carol = [
        await register(nobody, f"{name}@example.com", first_name=name, last_name="X")
        for name in ("bob", "carol")
    ]
    joined(service.database_url, zenobia.tenant, bob["id"], "owner")
    joined(service.database_url, zenobia.tenant, carol["id"], "viewer")
    signed_in = await log_in(nobody, "bob@example.com")
    answers = await asyncio.gather(erased(nobody, zenobia), erased(nobody, signed_in))
    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_a_key_of_somebody_else_stays_when_its_maker_goes(
    service: Service, nobody: httpx.AsyncClient, zenobia: SignedIn
) -> None:
    bob = await register(nobody, "bob@example.com", first_name="Bob", last_name="Byte")
    joined(service.database_url, zenobia.tenant, bob["id"], "owner")
    made = (await nobody.post("/v1/api-keys", headers=zenobia.headers, json={"name": "robot"})).json()
    assert (await erased(nobody, zenobia)).status_code == 204
    listed = await nobody.get("/v1/portfolios", headers={"Authorization": f"Bearer {made['key']}"})
    assert listed.status_code == 200


async def test_the_trail_says_that_somebody_was_erased(
    service: Service, nobody: httpx.AsyncClient, zenobia: SignedIn
) -> None:
    person = (await whoami(nobody, zenobia))["id"]
    await erased(nobody, zenobia)
    with psycopg.connect(service.database_url) as owner:
        row = owner.execute(
            "select actor, subject, address from identity.audit where action = 'person.erased'"
        ).fetchone()
    assert row == (person, f"person/{person}", None)


@contextmanager
def being_erased(url: str, person: str) -> Iterator[Callable[[], bool]]:
    """Somebody is erased until the end of the block; lends whether anything waits for that."""
    waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with psycopg.connect(url, autocommit=True) as watching, psycopg.connect(url) as erasing:
        erasing.execute("select set_config('trimtab.person', %s, true), identity.erase_person()", (person,))
        yield lambda: watching.execute(waiting).fetchone() is not None


SIGNING_IN = ("/v1/auth/login", {"email": ADDRESS, "password": PASSWORD}, 404)
FORGETTING = ("/v1/auth/password/forgot", {"email": ADDRESS}, 202)


@pytest.mark.parametrize(("path", "body", "status"), [SIGNING_IN, FORGETTING], ids=["login", "forgot"])
async def test_what_somebody_asks_for_while_being_erased_finds_nobody_in_the_end(
    service: Service, nobody: httpx.AsyncClient, zenobia: SignedIn, path: str, body: Body, status: int
) -> None:
    person = (await whoami(nobody, zenobia))["id"]
    with being_erased(service.database_url, person) as is_waited_for:
        asking = asyncio.create_task(nobody.post(path, json=body))
        await asyncio.to_thread(eventually, is_waited_for)
    assert (await asking).status_code == status
    assert tables_that_hold(service.database_url, "zenobia") == set()


LASTING = {
    "key": ("/v1/api-keys", {"name": "later"}),
    "webhook": ("/v1/webhooks", {"url": "https://hooks.example.com/later", "events": ["import.done"]}),
    "invitation": ("/v1/tenants/{tenant}/invitations", {"email": "later@example.com", "role": "viewer"}),
}


@pytest.mark.parametrize(("path", "body"), LASTING.values(), ids=list(LASTING))
async def test_whoever_is_being_erased_leaves_nothing_behind_that_lasts(
    service: Service, nobody: httpx.AsyncClient, zenobia: SignedIn, path: str, body: Body
) -> None:
    person = (await whoami(nobody, zenobia))["id"]
    with being_erased(service.database_url, person) as is_waited_for:
        asked = nobody.post(path.format(tenant=zenobia.tenant), json=body, headers=zenobia.headers)
        asking = asyncio.create_task(asked)
        await asyncio.to_thread(eventually, is_waited_for)
    assert (await asking).status_code == 403
    assert tables_that_hold(service.database_url, "later") == set()
