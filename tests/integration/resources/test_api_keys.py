"""API keys over HTTP: made, used, listed, rotated, revoked."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from litestar import Litestar
from tests.support.service import Service
from tests.support.waiting import eventually

from application.caller import DEFAULT_SCOPES, SCOPES
from application.identity.keys import KEYS_MAX

Body = dict[str, Any]
FIELDS = [
    *("id", "name", "key", "prefix", "scopes", "created_at", "expires_at", "last_used_at"),
    *("allowed_addresses", "requests_per_minute"),
]
WAITING = """
    select count(*) from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and query like '%set expires_at =%'"""


@pytest.fixture
def owner(client_of: Any) -> httpx.AsyncClient:
    """A client of tenant `acme` with every right."""
    client: httpx.AsyncClient = client_of("acme", SCOPES)
    return client


async def a_key(owner: httpx.AsyncClient, **terms: Any) -> Body:
    answer = await owner.post("/v1/api-keys", json={"name": "reporting", **terms})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def with_key(app: Litestar, secret: str, *, peer: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(peer, 5000))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://api", headers={"X-API-Key": secret})


async def status_with(app: Litestar, secret: str, *, peer: str = "127.0.0.1") -> int:
    async with with_key(app, secret, peer=peer) as client:
        return (await client.get("/v1/portfolios")).status_code


def rotations_waiting(service: Service) -> int:
    with psycopg.connect(service.database_url) as connection:
        row = connection.execute(WAITING).fetchone()
    return int(row[0]) if row else 0


async def test_a_key_is_made_shown_once_and_opens_what_it_says(
    app: Litestar, owner: httpx.AsyncClient
) -> None:
    answer = await owner.post("/v1/api-keys", json={"name": "reporting", "scopes": ["portfolios:read"]})
    made = answer.json()
    assert (answer.status_code, list(made)) == (201, FIELDS)
    assert answer.headers["location"] == f"/v1/api-keys/{made['id']}"
    assert made["key"].startswith(made["prefix"])
    assert made["prefix"].startswith("tt_live_")
    assert len(made["key"]) >= 40
    assert made["scopes"] == ["portfolios:read"]
    shown = (await owner.get(answer.headers["location"])).json()
    assert shown == {**made, "key": None}
    async with with_key(app, made["key"]) as client:
        assert (await client.get("/v1/portfolios")).status_code == 200
        refused = await client.post("/v1/portfolios", json={"name": "x"})
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")


async def test_a_key_made_without_scopes_has_those_of_its_maker_but_admin(client_of: Any) -> None:
    narrow = client_of("acme", frozenset({"admin", "portfolios:read"}))
    assert (await a_key(narrow))["scopes"] == ["portfolios:read"]
    assert (await a_key(client_of("acme", SCOPES)))["scopes"] == sorted(DEFAULT_SCOPES)


async def test_every_unknown_scope_is_named_by_its_place(owner: httpx.AsyncClient) -> None:
    wrong = ["portfolios:read", "everything", "portfolios:eat"]
    answer = await owner.post("/v1/api-keys", json={"name": "k", "scopes": wrong})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/scopes/1", "/scopes/2"]


@pytest.mark.parametrize(
    ("terms", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2999-01-01T00:00:00"}, "/expires_at"),
        ({"allowed_addresses": []}, "/allowed_addresses"),
        ({"allowed_addresses": ["10.0.0.0/8", "10.0.0.7/8"]}, "/allowed_addresses/1"),
        ({"allowed_addresses": ["nowhere"]}, "/allowed_addresses/0"),
        ({"requests_per_minute": 0}, "/requests_per_minute"),
        ({"tenant_id": "other"}, "/tenant_id"),
    ],
)
async def test_terms_that_mean_nothing_are_refused(
    owner: httpx.AsyncClient, terms: Body, pointer: str
) -> None:
    answer = await owner.post("/v1/api-keys", json={"name": "k", **terms})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await owner.get("/v1/api-keys")).json()["total"] == 0


async def test_nobody_gives_away_rights_of_others(app: Litestar, client_of: Any) -> None:
    narrow = client_of("acme", frozenset({"admin", "portfolios:read"}))
    answer = await narrow.post("/v1/api-keys", json={"name": "k", "scopes": ["portfolios:write"]})
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    wide = await a_key(client_of("acme", SCOPES))
    rotated = await narrow.post(f"/v1/api-keys/{wide['id']}/rotate", json={})
    assert rotated.status_code == 403
    assert await status_with(app, wide["key"]) == 200


async def test_a_revoked_key_is_refused_at_once(app: Litestar, owner: httpx.AsyncClient) -> None:
    made = await a_key(owner)
    assert await status_with(app, made["key"]) == 200
    assert (await owner.delete(f"/v1/api-keys/{made['id']}")).status_code == 204
    assert await status_with(app, made["key"]) == 401
    assert (await owner.delete(f"/v1/api-keys/{made['id']}")).status_code == 404
    assert (await owner.get(f"/v1/api-keys/{made['id']}")).status_code == 404
    assert (await owner.post(f"/v1/api-keys/{made['id']}/rotate")).status_code == 404


async def test_the_list_shows_the_newest_first_and_revoked_ones_on_request(owner: httpx.AsyncClient) -> None:
    made = [await a_key(owner, name=name) for name in ("first", "second", "third")]
    await owner.delete(f"/v1/api-keys/{made[1]['id']}")
    body = (await owner.get("/v1/api-keys")).json()
    assert [key["name"] for key in body["api_keys"]] == ["third", "first"]
    assert (body["total"], body["limit"], body["offset"]) == (2, 50, 0)
    assert all(list(key) == FIELDS and key["key"] is None for key in body["api_keys"])
    everything = (await owner.get("/v1/api-keys?revoked=true&limit=2&offset=1")).json()
    assert [key["name"] for key in everything["api_keys"]] == ["second", "first"]
    assert everything["total"] == 3
    assert everything["api_keys"][0]["revoked_at"] is not None


async def test_a_rotated_key_ends_at_once_unless_an_overlap_is_asked_for(
    app: Litestar, owner: httpx.AsyncClient
) -> None:
    old = await a_key(owner, scopes=["portfolios:read"], requests_per_minute=7)
    answer = await owner.post(f"/v1/api-keys/{old['id']}/rotate", json={"overlap_seconds": 3600})
    new = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/api-keys/{new['id']}")
    same = ("name", "scopes", "requests_per_minute", "allowed_addresses", "expires_at")
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    assert new["key"] != old["key"]
    assert [await status_with(app, key["key"]) for key in (old, new)] == [200, 200]
    ends = datetime.fromisoformat((await owner.get(f"/v1/api-keys/{old['id']}")).json()["expires_at"])
    assert timedelta(minutes=50) < ends - datetime.now(UTC) < timedelta(minutes=70)
    third = (await owner.post(f"/v1/api-keys/{new['id']}/rotate")).json()
    assert [await status_with(app, key["key"]) for key in (old, new, third)] == [200, 401, 200]
    again = await owner.post(f"/v1/api-keys/{new['id']}/rotate")
    assert (again.status_code, again.json()["error"]) == (409, "conflict")


@pytest.mark.parametrize("seconds", [-1, 2_592_001, "soon"])
async def test_an_overlap_is_at_most_thirty_days(owner: httpx.AsyncClient, seconds: object) -> None:
    made = await a_key(owner)
    answer = await owner.post(f"/v1/api-keys/{made['id']}/rotate", json={"overlap_seconds": seconds})
    assert answer.status_code == 422


async def test_rotating_never_makes_a_key_last_longer(owner: httpx.AsyncClient) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=5)).replace(microsecond=0).isoformat()
    made = await a_key(owner, expires_at=soon)
    new = (await owner.post(f"/v1/api-keys/{made['id']}/rotate", json={"overlap_seconds": 86_400})).json()
    old = (await owner.get(f"/v1/api-keys/{made['id']}")).json()
    assert new["expires_at"] == old["expires_at"] == made["expires_at"]


async def test_of_two_rotations_at_once_the_second_cannot_bring_the_ended_key_back(
    app: Litestar, service: Service, owner: httpx.AsyncClient
) -> None:
    old = await a_key(owner)
    rotations = []
    with psycopg.connect(service.database_url) as other:
        other.execute("select from identity.api_key for update")
        for before, overlap in enumerate((0, 3600)):
            asked = owner.post(f"/v1/api-keys/{old['id']}/rotate", json={"overlap_seconds": overlap})
            rotations.append(asyncio.create_task(asked))
            await asyncio.to_thread(eventually, lambda: rotations_waiting(service) > before)  # noqa: B023
    answers = [await rotation for rotation in rotations]
    assert [answer.status_code for answer in answers] == [201, 409]
    assert await status_with(app, old["key"]) == 401
    assert (await owner.get("/v1/api-keys")).json()["total"] == 2


@pytest.mark.parametrize("end", ["revoked_at = now()", "expires_at = now()"], ids=["revoked", "expired"])
async def test_a_key_that_ended_elsewhere_makes_no_other_while_it_is_still_remembered(
    app: Litestar, service: Service, owner: httpx.AsyncClient, end: str
) -> None:
    ended, other = await a_key(owner, scopes=["admin", "portfolios:read"]), await a_key(owner)
    async with with_key(app, ended["key"]) as thief:
        assert (await thief.get("/v1/api-keys")).status_code == 200
        with psycopg.connect(service.database_url) as elsewhere:
            elsewhere.execute(f"update identity.api_key set {end} where id = %s", (ended["id"],))  # type: ignore[arg-type]
        assert (await thief.get("/v1/api-keys")).status_code == 200
        for path in ("/v1/api-keys", f"/v1/api-keys/{other['id']}/rotate"):
            assert (
                await thief.post(path, json={"name": "k"} if path == "/v1/api-keys" else {})
            ).status_code == 403
    assert (await owner.get("/v1/api-keys?revoked=true")).json()["total"] == 2


async def test_a_repeated_request_makes_one_key_and_its_replay_shows_no_secret(
    service: Service, owner: httpx.AsyncClient
) -> None:
    again = {"Idempotency-Key": "k-1"}
    first = await owner.post("/v1/api-keys", json={"name": "k"}, headers=again)
    replay = await owner.post("/v1/api-keys", json={"name": "k"}, headers=again)
    assert replay.headers["idempotent-replayed"] == "true"
    assert replay.headers["location"] == first.headers["location"]
    assert (replay.status_code, replay.json()) == (201, {**first.json(), "key": None})
    rotations = [
        await owner.post(f"{first.headers['location']}/rotate", headers={"Idempotency-Key": "k-2"})
        for _ in range(2)
    ]
    assert rotations[1].json() == {**rotations[0].json(), "key": None}
    assert (await owner.get("/v1/api-keys")).json()["total"] == 2
    assert await is_nowhere(service, first.json()["key"], rotations[0].json()["key"])


async def is_nowhere(service: Service, *secrets: str) -> bool:
    """Whether the secrets are in no table that this touches."""
    tables = ("events.answer", "events.event", "identity.api_key", "identity.audit")
    async with await psycopg.AsyncConnection.connect(service.database_url) as connection:
        for table in tables:
            rows = await (await connection.execute(f"select t::text from {table} t")).fetchall()  # type: ignore[arg-type]
            assert rows or table == "events.event"
            if any(secret in str(rows) for secret in secrets):
                return False
    return True


async def test_a_key_opens_from_its_addresses_only(app: Litestar, owner: httpx.AsyncClient) -> None:
    made = await a_key(owner, allowed_addresses=["203.0.113.0/24", "2001:db8::1"])
    assert made["allowed_addresses"] == ["203.0.113.0/24", "2001:db8::1/128"]
    assert [await status_with(app, made["key"], peer=peer) for peer in ("203.0.113.9", "2001:db8::1")] == [
        200
    ] * 2
    assert [await status_with(app, made["key"], peer=peer) for peer in ("203.0.114.9", "127.0.0.1")] == [
        403
    ] * 2


async def test_using_a_key_shows_in_the_list_and_in_the_trail(
    app: Litestar, service: Service, owner: httpx.AsyncClient
) -> None:
    made = await a_key(owner, allowed_addresses=["203.0.113.0/24"])
    assert made["last_used_at"] is None
    await status_with(app, made["key"], peer="198.51.100.1")
    assert (await owner.get(f"/v1/api-keys/{made['id']}")).json()["last_used_at"] is None
    async with await psycopg.AsyncConnection.connect(service.database_url) as connection:
        rows = await (
            await connection.execute("select action, actor, subject from identity.audit order by id")
        ).fetchall()
    assert rows == [
        ("key.created", "acme", made["id"]),
        ("key.refused", f"key:{made['id']}", made["id"]),
    ]


async def test_keys_of_another_tenant_are_not_there(client_of: Any, owner: httpx.AsyncClient) -> None:
    made = await a_key(owner)
    rival = client_of("rival", SCOPES)
    assert (await rival.get("/v1/api-keys")).json()["total"] == 0
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
        answer = await rival.request(method, f"/v1/api-keys/{made['id']}{path}")
        assert answer.status_code == 404, method
    assert (await owner.get(f"/v1/api-keys/{made['id']}")).status_code == 200


async def test_of_one_request_sent_many_times_at_once_one_makes_a_key(owner: httpx.AsyncClient) -> None:
    sent = {"json": {"name": "k"}, "headers": {"Idempotency-Key": "k-1"}}
    answers = await asyncio.gather(*(owner.post("/v1/api-keys", **sent) for _ in range(8)))
    made = [answer for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len([answer for answer in made if answer.json()["key"] is not None]) == 1
    assert (await owner.get("/v1/api-keys")).json()["total"] == 1


async def with_keys(service: Service, number: int, *, ended: bool = False) -> None:
    async with await psycopg.AsyncConnection.connect(service.database_url) as connection:
        await connection.execute(
            """insert into identity.api_key (id, tenant_id, name, prefix, key_hash, scopes, expires_at)
               select gen_random_uuid(), 'acme', 'k', 'tt_live_', sha256(n::text::bytea), '{}',
                      case when %s then now() - interval '1 day' end
                 from generate_series(1, %s) n""",
            (ended, number),
        )


async def test_a_tenant_has_no_more_keys_than_it_can_keep_track_of(
    service: Service, owner: httpx.AsyncClient
) -> None:
    old = (await owner.post("/v1/api-keys", json={"name": "old"})).json()["id"]
    await with_keys(service, KEYS_MAX - 1)
    beside = await owner.post(f"/v1/api-keys/{old}/rotate", json={"overlap_seconds": 60})
    for answer in (beside, await owner.post("/v1/api-keys", json={"name": "one more"})):
        assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert (await owner.post(f"/v1/api-keys/{old}/rotate")).status_code == 201


async def test_keys_that_have_ended_leave_room_for_others(service: Service, owner: httpx.AsyncClient) -> None:
    await with_keys(service, KEYS_MAX, ended=True)
    assert (await owner.post("/v1/api-keys", json={"name": "one more"})).status_code == 201
