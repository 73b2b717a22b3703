"""Endpoints and their deliveries over HTTP; that something is sent is in tests/integration/webhooks."""

import asyncio
from base64 import b64decode
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from tests.support.appends import an_append
from tests.support.service import Service

from application.caller import SCOPES
from application.webhooks.endpoints import ENDPOINTS_MAX
from infrastructure.eventstore.append import GroupCommit

Body = dict[str, Any]
URL = "https://hooks.example.com/trimtab"
HOOK: Body = {"url": URL, "events": ["recommendation.made"]}


@pytest.fixture
def api(client_of: Any) -> httpx.AsyncClient:
    """A client of tenant `acme` with all rights."""
    return client_of("acme", frozenset(SCOPES))  # type: ignore[no-any-return]


@pytest.fixture
def stranger(client_of: Any) -> httpx.AsyncClient:
    """The same of another tenant."""
    return client_of("other", frozenset(SCOPES))  # type: ignore[no-any-return]


async def registered(api: httpx.AsyncClient, **given: Any) -> Body:
    answer = await api.post("/v1/webhooks", json=HOOK | given)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/webhooks/{answer.json()['id']}"
    return dict(answer.json())


def rows(service: Service, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(service.database_url) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def codes(answer: httpx.Response) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


async def test_a_webhook_is_registered_and_its_secret_is_shown_once(
    api: httpx.AsyncClient, service: Service
) -> None:
    made = await registered(api, description="The desk's chat")
    assert (made["url"], made["events"], made["is_active"]) == (URL, ["recommendation.made"], True)
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert 24 <= len(b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64
    read = await api.get(f"/v1/webhooks/{made['id']}")
    listed = await api.get("/v1/webhooks")
    assert read.json() == made
    assert listed.json() == {"webhooks": [made], "total": 1, "limit": 50, "offset": 0}
    (kept,) = rows(service, "select secret from webhook.endpoint")[0]
    assert b64decode(secret.removeprefix("whsec_")) not in bytes(kept)


async def test_two_webhooks_have_secrets_of_their_own(api: httpx.AsyncClient) -> None:
    assert (await registered(api))["secret"] != (await registered(api))["secret"]


async def test_a_repeated_registration_makes_one_webhook_and_shows_no_secret(
    api: httpx.AsyncClient, service: Service
) -> None:
    key = {"Idempotency-Key": "hook-1"}
    first = await api.post("/v1/webhooks", json=HOOK, headers=key)
    again = await api.post("/v1/webhooks", json=HOOK, headers=key)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert again.json() == first.json() | {"secret": None}
    assert (await api.get("/v1/webhooks")).json()["total"] == 1
    stored = rows(service, "select body from events.answer")
    assert first.json()["secret"] not in stored[0][0]
    other = await api.post("/v1/webhooks", json=HOOK | {"description": "x"}, headers=key)
    assert other.json()["error"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.com/", "https_required"),
        ("https://user:word@hooks.example.com/", "user_info"),
        ("https://10.0.0.7/", "not_public"),
        ("https://169.254.169.254/latest/meta-data", "not_public"),
        ("https://[::ffff:10.0.0.7]/", "not_public"),
        ("https://2130706433/", "malformed"),
        ("https://inside.example.com/", "not_public"),
        ("https://half-inside.example.com/", "not_public"),
        ("https://hooks.example.com:25/", "port_not_allowed"),
        ("javascript:alert(1)", "https_required"),
    ],
)
async def test_a_url_that_leads_anywhere_but_to_the_public_internet_is_refused(
    api: httpx.AsyncClient, url: str, code: str
) -> None:
    hook = await registered(api)
    refused = await api.post("/v1/webhooks", json=HOOK | {"url": url})
    assert codes(refused) == {("url", code)}
    assert refused.json()["error"] == "validation_failed"
    assert (await api.get(refused.json()["type"])).status_code == 200
    assert codes(await api.patch(f"/v1/webhooks/{hook['id']}", json={"url": url})) == {("url", code)}
    assert (await api.get(f"/v1/webhooks/{hook['id']}")).json()["url"] == URL


async def test_events_that_do_not_exist_and_those_named_twice_are_refused_together(
    api: httpx.AsyncClient,
) -> None:
    events = ["recommendation.made", "portfolio.won", "recommendation.made", "pm.portfolio.registered.v1"]
    answer = await api.post("/v1/webhooks", json=HOOK | {"events": events})
    assert codes(answer) == {
        ("events.1", "unknown_event"),
        ("events.2", "repeated"),
        ("events.3", "unknown_event"),
    }
    assert codes(await api.post("/v1/webhooks", json=HOOK | {"events": []})) == {("events", "length")}
    assert codes(await api.post("/v1/webhooks", json={"events": ["import.done"], "secret": "x"})) == {
        ("url", "missing"),
        ("secret", "unknown_field"),
    }


async def test_a_webhook_is_changed_field_by_field(api: httpx.AsyncClient) -> None:
    hook = await registered(api, description="Chat")
    address = f"/v1/webhooks/{hook['id']}"
    changed = (await api.patch(address, json={"events": ["import.done", "job.finished"]})).json()
    assert (changed["events"], changed["description"], changed["url"]) == (
        ["import.done", "job.finished"],
        "Chat",
        URL,
    )
    cleared = (await api.patch(address, json={"description": None, "is_active": False})).json()
    assert (cleared["description"], cleared["is_active"], cleared["disabled_reason"]) == (None, False, None)
    assert (await api.patch(address, json={})).json() == cleared


async def test_a_webhook_is_removed_with_everything_it_was_sent(
    api: httpx.AsyncClient, service: Service
) -> None:
    hook = await registered(api)
    address = f"/v1/webhooks/{hook['id']}"
    await api.post(f"{address}/test")
    assert (await api.delete(address)).status_code == 204
    for gone in (await api.get(address), await api.delete(address), await api.get(f"{address}/deliveries")):
        assert gone.status_code == 404
    assert rows(service, "select * from webhook.delivery") == []


async def test_a_tenant_has_a_limited_number_of_webhooks_however_fast_it_asks(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(*(api.post("/v1/webhooks", json=HOOK) for _ in range(ENDPOINTS_MAX + 3)))
    assert sorted(answer.status_code for answer in answers) == [201] * ENDPOINTS_MAX + [409] * 3
    await registered(stranger)
    page = (await api.get("/v1/webhooks?limit=3&offset=19")).json()
    assert (len(page["webhooks"]), page["total"], page["limit"], page["offset"]) == (1, ENDPOINTS_MAX, 3, 19)


async def test_the_secret_rotates_with_an_overlap_or_at_once(
    api: httpx.AsyncClient, service: Service
) -> None:
    hook = await registered(api)
    address = f"/v1/webhooks/{hook['id']}/rotate-secret"
    rotated = (await api.post(address, json={"overlap_seconds": 60})).json()
    assert rotated["secret"] != hook["secret"]
    assert rotated["previous_secret_until"] > rotated["updated_at"]
    ended = (await api.post(address, json={"overlap_seconds": 0})).json()
    assert ended["previous_secret_until"] is None
    assert rows(service, "select previous_secret from webhook.endpoint") == [(None,)]
    assert (await api.post(address)).json()["previous_secret_until"] is not None
    assert codes(await api.post(address, json={"overlap_seconds": 604_801})) == {
        ("overlap_seconds", "out_of_range")
    }


async def test_a_repeated_rotation_rotates_once_and_shows_no_secret(api: httpx.AsyncClient) -> None:
    hook = await registered(api)
    address, key = f"/v1/webhooks/{hook['id']}/rotate-secret", {"Idempotency-Key": "rotation-1"}
    first = await api.post(address, json={}, headers=key)
    again = await api.post(address, json={}, headers=key)
    assert again.json() == first.json() | {"secret": None}


async def test_a_test_event_waits_to_be_sent_and_is_in_the_log(api: httpx.AsyncClient) -> None:
    hook = await registered(api)
    begun = await api.post(f"/v1/webhooks/{hook['id']}/test")
    assert begun.status_code == 202
    told = begun.json()
    assert (told["status"], told["event_type"], told["attempts"]) == ("pending", "webhook.test", [])
    assert told["next_attempt_at"] is not None
    assert (await api.get(begun.headers["location"])).json() == told
    log = await api.get(f"/v1/webhooks/{hook['id']}/deliveries")
    assert log.json() == {"deliveries": [told], "total": 1, "limit": 50, "offset": 0}
    assert (await api.get(f"/v1/webhooks/{hook['id']}/deliveries?status=failed")).json()["total"] == 0
    assert (await api.get(f"/v1/webhooks/{hook['id']}/deliveries?status=lost")).status_code == 422


async def test_a_repeated_request_for_a_test_sends_one(api: httpx.AsyncClient) -> None:
    hook = await registered(api)
    for _ in range(2):
        await api.post(f"/v1/webhooks/{hook['id']}/test", headers={"Idempotency-Key": "test-1"})
    assert (await api.get(f"/v1/webhooks/{hook['id']}/deliveries")).json()["total"] == 1


async def test_switching_off_gives_up_what_waits_and_takes_neither_tests_nor_replays(
    api: httpx.AsyncClient,
) -> None:
    hook = await registered(api)
    address = f"/v1/webhooks/{hook['id']}"
    begun = await api.post(f"{address}/test")
    await api.patch(address, json={"is_active": False})
    given_up = (await api.get(begun.headers["location"])).json()
    assert (given_up["status"], given_up["error"], given_up["next_attempt_at"]) == (
        "failed",
        "inactive",
        None,
    )
    for refused in (
        await api.post(f"{address}/test"),
        await api.post(f"{begun.headers['location']}/replay"),
    ):
        assert (refused.status_code, refused.json()["error"]) == (409, "conflict")


async def test_a_delivery_is_replayed(api: httpx.AsyncClient, service: Service) -> None:
    hook = await registered(api)
    begun = await api.post(f"/v1/webhooks/{hook['id']}/test")
    with psycopg.connect(service.database_url) as connection:
        connection.execute(
            "update webhook.delivery set status = 'delivered', delivered_at = now(), failures = 3"
        )
    replayed = await api.post(f"{begun.headers['location']}/replay")
    assert replayed.status_code == 202
    assert replayed.headers["location"] == begun.headers["location"]
    told = replayed.json()
    assert (told["id"], told["message_id"], told["status"]) == (
        begun.json()["id"],
        begun.json()["message_id"],
        "pending",
    )
    assert rows(service, "select failures from webhook.delivery") == [(0,)]
    unknown = await api.post(f"/v1/webhooks/{hook['id']}/deliveries/{uuid4()}/replay")
    assert unknown.status_code == 404


async def test_another_tenants_webhook_is_not_there(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, service: Service
) -> None:
    hook = await registered(api)
    address = f"/v1/webhooks/{hook['id']}"
    delivery = (await api.post(f"{address}/test")).headers["location"]
    before = rows(service, "select * from webhook.endpoint"), rows(service, "select * from webhook.delivery")
    answers = [
        await stranger.get(address),
        await stranger.patch(address, json={"is_active": False}),
        await stranger.delete(address),
        await stranger.post(f"{address}/rotate-secret", json={}),
        await stranger.post(f"{address}/test"),
        await stranger.get(f"{address}/deliveries"),
        await stranger.get(delivery),
        await stranger.post(f"{delivery}/replay"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert (await stranger.get("/v1/webhooks")).json()["total"] == 0
    mine = await registered(stranger)
    through_mine = delivery.replace(hook["id"], mine["id"])
    assert (await stranger.get(through_mine)).status_code == 404
    assert (await stranger.post(f"{through_mine}/replay")).status_code == 404
    after = (
        rows(service, f"select * from webhook.endpoint where endpoint_id = '{hook['id']}'"),
        rows(service, "select * from webhook.delivery"),
    )
    assert after == before


async def test_without_the_right_to_administer_there_are_no_webhooks(client_of: Any) -> None:
    client = client_of("acme", frozenset(SCOPES - {"admin"}))
    for answer in (await client.get("/v1/webhooks"), await client.post("/v1/webhooks", json=HOOK)):
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


async def test_the_role_of_the_api_sees_no_secret_and_no_other_tenant(
    api: httpx.AsyncClient, service: Service
) -> None:
    await registered(api)
    async with service.connections.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("select secret from webhook.endpoint")
        await connection.execute("select set_config('trimtab.tenant', 'other', false)")
        for table in ("endpoint", "message", "delivery", "attempt"):
            found = await connection.execute(f"select tenant_id from webhook.{table}")
            assert await found.fetchall() == []
        (hook,) = rows(service, "select endpoint_id from webhook.endpoint")[0]
        rotate = "select webhook.rotate('acme', %s, 'x', interval '0')"
        assert await (await connection.execute(rotate, (hook,))).fetchone() == (None,)
        await connection.execute("reset all")


async def test_what_happens_to_webhooks_is_in_the_audit_trail_without_their_secrets(
    api: httpx.AsyncClient, service: Service
) -> None:
    hook = await registered(api)
    address = f"/v1/webhooks/{hook['id']}"
    await api.patch(address, json={"description": "Chat", "url": URL})
    await api.post(f"{address}/rotate-secret", json={})
    await api.delete(address)
    trail = rows(service, "select action, actor, subject, detail from identity.audit order by id")
    assert [(action, detail) for action, _, _, detail in trail] == [
        ("webhook.created", None),
        ("webhook.changed", {"fields": ["description", "url"]}),
        ("webhook.changed", {"fields": ["secret"]}),
        ("webhook.deleted", None),
    ]
    assert {(actor, subject) for _, actor, subject, _ in trail} == {("acme", f"webhook/{hook['id']}")}


async def test_a_webhook_begins_where_the_log_is_when_it_becomes_active(
    api: httpx.AsyncClient, service: Service
) -> None:
    commits = GroupCommit(service.connections)
    await commits.append(an_append())
    hook = await registered(api)
    since = "select since_position from webhook.endpoint"
    assert rows(service, since) == [(1,)]
    await commits.append(an_append())
    await api.patch(f"/v1/webhooks/{hook['id']}", json={"is_active": True})
    assert rows(service, since) == [(1,)]  # it was active all the time
    await api.patch(f"/v1/webhooks/{hook['id']}", json={"is_active": False})
    await api.patch(f"/v1/webhooks/{hook['id']}", json={"is_active": True})
    assert rows(service, since) == [(2,)]
