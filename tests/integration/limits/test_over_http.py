"""Limits, quotas and usage as clients meet them."""

import asyncio
from typing import Any

import httpx
import pytest

from application.limits.rules import PerMinute

MARCH = 1_774_512_000  # 2026-03-26T08:00:00Z
APRIL = 1_775_001_600


async def usage(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/v1/usage")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def statuses(client: httpx.AsyncClient, path: str, times: int) -> list[int]:
    return [(await client.get(path)).status_code for _ in range(times)]


async def test_a_self_hosted_service_counts_everything_and_limits_nothing(start: Any) -> None:
    client = (await start(PerMinute(read=1, write=1, default=1))).client()
    answers = [await client.get("/v1/things") for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    assert not [name for name in answers[-1].headers if "ratelimit" in name]
    found = await usage(client)
    assert (found["used"], found["limit"], found["tier"]) == (30, None, "self_hosted")


async def test_a_class_lets_as_many_pass_as_it_has_and_says_when_to_come_back(start: Any, clock: Any) -> None:
    clock.now = MARCH
    client = (await start(PerMinute(read=5), default_tier="enterprise")).client()
    passed = [await client.get("/v1/things") for _ in range(5 * 50)]
    assert {answer.status_code for answer in passed} == {200}
    assert passed[0].headers["x-ratelimit-limit"] == "250"
    assert passed[0].headers["x-ratelimit-remaining"] == "249"
    refused = await client.get("/v1/things")
    while refused.status_code == 200:  # a call grows back every quarter of a second
        refused = await client.get("/v1/things")
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    body = refused.json()
    assert (body["error"], body["limit"], body["used"]) == ("rate_limit_exceeded", 250, 250)
    assert body["resetAt"] == MARCH + int(refused.headers["retry-after"]) == MARCH + 1
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["x-ratelimit-reset"] == str(body["resetAt"])
    assert refused.headers["ratelimit-policy"] == '"read";q=250;w=60'
    assert refused.headers["ratelimit"] == '"read";r=0;t=1'


async def test_the_free_tier_has_a_hundred_calls_a_month(start: Any, clock: Any) -> None:
    clock.now = MARCH
    api = await start(default_tier="free")
    client = api.client()
    assert set(await statuses(client, "/v1/things", 100)) == {200}
    refused = await client.get("/v1/things")
    assert refused.status_code == 429
    body = refused.json()
    assert body["message"] == "Rate limit exceeded. Free tier: 100 calls/mo. Pro: 50,000 calls/mo."
    assert (body["used"], body["limit"], body["resetAt"]) == (100, 100, APRIL)
    assert refused.headers["retry-after"] == str(APRIL - MARCH)
    assert refused.headers["x-ratelimit-limit"] == "100"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["x-ratelimit-reset"] == str(APRIL)
    assert await usage(client) == {"used": 100, "limit": 100, "tier": "free", "resetAt": APRIL}
    assert (await api.client("other").get("/v1/things")).status_code == 200


async def test_the_account_itself_can_be_asked_after_the_last_call(start: Any) -> None:
    client = (await start(default_tier="free")).client()
    await statuses(client, "/v1/things", 101)
    assert await statuses(client, "/v1/auth/me", 3) == [200, 200, 200]
    assert (await usage(client))["used"] == 100


async def test_a_call_is_what_was_authenticated_and_not_refused_and_not_our_fault(start: Any) -> None:
    client = (await start()).client()
    counted = [
        await client.get("/v1/things"),
        await client.get("/v1/things", headers={"If-None-Match": '"1"'}),
        await client.get("/v1/things", params={"unknown": "1"}),
        await client.get("/v1/secrets"),
        await client.head("/v1/things"),
    ]
    assert [answer.status_code for answer in counted] == [200, 304, 422, 403, 200]
    others = [
        await client.get("/v1/broken"),
        await client.get("/v1/things", headers={"Authorization": "Bearer x"}),
        await client.get("/v1/nowhere"),
        await client.options("/v1/things"),
        await client.get("/v1/auth/me"),
        await client.get("/v1/open"),
        await client.get("/v1/usage"),
    ]
    assert [answer.status_code for answer in others] == [500, 401, 404, 204, 200, 200, 200]
    assert (await usage(client))["used"] == len(counted)


async def test_what_was_our_fault_is_given_back_to_the_quota(start: Any) -> None:
    client = (await start(default_tier="free")).client()
    assert set(await statuses(client, "/v1/broken", 20)) == {500}
    assert (await usage(client))["used"] == 0
    assert (await statuses(client, "/v1/things", 101)).count(200) == 100


async def test_what_a_limit_refuses_counts_with_no_other(start: Any) -> None:
    client = (await start(PerMinute(read=3), default_tier="free")).client()
    assert (await statuses(client, "/v1/things", 20)).count(200) == 3
    assert (await usage_of_other_class(client)) == 3


async def usage_of_other_class(client: httpx.AsyncClient) -> int:
    """What a write says is left of the month, since reading is exhausted."""
    answer = await client.post("/v1/things")
    policies = dict(part.strip().split(";r=") for part in answer.headers["ratelimit"].split(","))
    return 100 - 1 - int(policies['"month"'].split(";")[0])


async def test_a_dear_request_takes_more_of_a_minute_and_one_call_of_the_month(start: Any) -> None:
    client = (await start(PerMinute(write=30, read=60), default_tier="free")).client()
    answers = [await client.post("/v1/things") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert answers[0].headers["ratelimit-policy"].startswith('"write";q=30;w=60, "month";q=100;w=')
    assert (await usage(client))["used"] == 3


async def test_where_no_class_applies_twenty_pass_in_ten_seconds(start: Any) -> None:
    client = (await start(PerMinute(), default_tier="free")).client()
    answers = [await client.get("/v1/other-things") for _ in range(21)]
    assert [answer.status_code for answer in answers].count(200) == 20
    assert answers[0].headers["ratelimit-policy"].startswith('"default";q=100;w=60, "burst";q=20;w=10')
    assert answers[-1].json()["limit"] == 20


async def test_a_login_storm_on_one_account_leaves_others_at_the_address_in(start: Any) -> None:
    client = (await start(PerMinute(auth=10))).client(None)

    async def sign_in(account: str) -> int:
        return (await client.post("/v1/auth/login", json={"email": account})).status_code

    storm = [await sign_in("ada@example.com") for _ in range(200)]
    assert storm.count(200) == 10
    assert set(storm) == {200, 429}
    assert await sign_in("ADA@example.com ") == 429
    assert await sign_in("bob@example.com") == 200


async def test_trying_one_password_on_everybody_is_bounded_by_address(start: Any) -> None:
    api = await start(PerMinute(auth=2))
    client = api.client(None)
    tried = [
        (await client.post("/v1/auth/login", json={"email": f"{number}@example.com"})).status_code
        for number in range(40)
    ]
    assert tried.count(200) == 20
    elsewhere = await api.client(None, peer="192.0.2.2").post(
        "/v1/auth/login", json={"email": "0@example.com"}
    )
    assert elsewhere.status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b'{"email": 5}', b"[]", b"\xff"], ids=repr)
async def test_a_body_that_names_nobody_is_limited_and_locks_nobody_out(start: Any, body: bytes) -> None:
    client = (await start(PerMinute(auth=3))).client(None)
    headers = {"Content-Type": "application/json"}
    storm = [
        (await client.post("/v1/auth/login", content=body, headers=headers)).status_code for _ in range(50)
    ]
    assert storm.count(429) == 47
    assert (await client.post("/v1/auth/login", json={"email": "ada@example.com"})).status_code == 200


async def test_routes_of_the_class_auth_are_counted_apart_and_on_a_self_hosted_service_too(
    start: Any,
) -> None:
    api = await start(PerMinute(auth=2))
    client = api.client(None)
    answers = [(await client.post("/v1/auth/register")).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    signed_in = api.client("acme")
    assert [(await signed_in.post("/v1/auth/switch")).status_code for _ in range(3)] == [200, 200, 429]
    assert await statuses(signed_in, "/v1/auth/me", 3) == [200, 200, 200]


async def test_customers_of_ipv6_cannot_change_their_address_to_get_more(start: Any) -> None:
    api = await start(PerMinute(auth=2))
    answers = [
        (await api.client(None, peer=f"2001:db8:0:1::{host}").post("/v1/auth/register")).status_code
        for host in range(1, 4)
    ]
    assert answers == [200, 200, 429]


async def test_strangers_are_limited_by_address(start: Any) -> None:
    api = await start(PerMinute(default=5), default_tier="free")
    stranger = api.client(None)
    assert (await stranger.get("/v1/open")).status_code == 200
    assert set(await statuses(stranger, "/v1/open", 10)) == {429}
    assert (await api.client(None, peer="192.0.2.9").get("/v1/open")).status_code == 200


async def test_guessing_keys_is_limited_by_address_and_disturbs_nobody_who_has_one(start: Any) -> None:
    api = await start(PerMinute(default=50), default_tier="free")
    guesser = api.client(None)
    guesses = [
        (
            await guesser.get("/v1/things", headers={"Authorization": f"Bearer tt_live_{number:043}"})
        ).status_code
        for number in range(30)
    ]
    assert guesses.count(401) == 10
    assert guesses.count(429) == 20
    assert (await api.client("acme").get("/v1/things")).status_code == 200


async def test_a_credential_of_one_tenant_uses_nothing_of_another(start: Any) -> None:
    api = await start(PerMinute(read=2), default_tier="free")
    assert await statuses(api.client("acme"), "/v1/things", 3) == [200, 200, 429]
    assert await statuses(api.client("other"), "/v1/things", 2) == [200, 200]


async def test_a_tier_that_was_bought_counts_within_a_second(start: Any) -> None:
    api = await start(default_tier="free")
    client = api.client()
    assert (await statuses(client, "/v1/things", 101))[-1] == 429
    api.put_on("pro")
    async with asyncio.timeout(5):
        while (await client.get("/v1/things")).status_code != 200:
            await asyncio.sleep(0.05)
    found = await usage(client)
    assert (found["limit"], found["tier"]) == (50_000, "pro")
    assert found["used"] == 101


async def test_who_falls_back_to_free_after_many_calls_has_none_left(start: Any) -> None:
    api = await start(default_tier="enterprise")
    client = api.client()
    await statuses(client, "/v1/things", 130)
    api.put_on("free")
    async with asyncio.timeout(5):
        while (refused := await client.get("/v1/things")).status_code == 200:
            await asyncio.sleep(0.05)
    body = refused.json()
    assert body["limit"] == 100
    assert body["used"] >= 130
    assert (await usage(client))["used"] == body["used"]


async def test_a_new_month_begins_with_no_calls(start: Any, clock: Any) -> None:
    clock.now = APRIL - 1
    client = (await start(default_tier="free")).client()
    assert (await statuses(client, "/v1/things", 101))[-1] == 429
    clock.now = APRIL
    assert (await client.get("/v1/things")).status_code == 200
    assert (await usage(client))["used"] == 1


@pytest.mark.parametrize("tier", ["self_hosted", "free"])
async def test_a_request_over_midnight_is_a_call_of_the_month_it_began_in(
    start: Any, clock: Any, tier: str
) -> None:
    clock.now = MARCH
    client = (await start(default_tier=tier)).client()
    assert (await client.get("/v1/midnight")).status_code == 200
    assert (await usage(client))["used"] == 0
    clock.now = MARCH
    assert (await usage(client))["used"] == 1


async def test_an_api_key_counts_for_its_tenant(start: Any) -> None:
    api = await start(default_tier="free")
    client = api.with_key("acme")
    assert (await client.get("/v1/things")).status_code == 200
    assert (await usage(api.client("acme")))["used"] == 1


@pytest.mark.parametrize("tier", ["self_hosted", "free"])
async def test_a_key_with_a_limit_of_its_own_keeps_to_it_and_others_do_not(start: Any, tier: str) -> None:
    api = await start(default_tier=tier)
    limited, other = api.with_key("acme", requests_per_minute=3), api.with_key("acme")
    assert await statuses(limited, "/v1/things", 4) == [200, 200, 200, 429]
    assert (await limited.get("/v1/things")).json()["limit"] == 3
    assert await statuses(other, "/v1/things", 5) == [200] * 5
    assert (await usage(other))["used"] == 8


async def test_several_processes_count_as_one(start: Any) -> None:
    one, other = [await start(default_tier="free", alone=False) for _ in range(2)]
    clients = [one.client(), other.client()]
    answers = await asyncio.gather(*(clients[n % 2].get("/v1/things") for n in range(150)))
    assert [answer.status_code for answer in answers].count(200) == 100
    assert [(await usage(client))["used"] for client in clients] == [100, 100]


async def test_calls_without_a_quota_are_seen_by_every_process_too(start: Any) -> None:
    one, other = [await start(alone=False) for _ in range(2)]
    await asyncio.gather(*(one.client().get("/v1/things") for _ in range(25)))
    assert (await usage(other.client()))["used"] == 25


async def test_health_is_never_limited(start: Any) -> None:
    client = (await start(PerMinute(default=1), default_tier="free")).client(None)
    assert set(await statuses(client, "/health", 30)) == {200}


async def test_what_no_route_takes_is_neither_limited_nor_a_call(start: Any) -> None:
    client = (await start(PerMinute(default=5), default_tier="free")).client()
    assert await statuses(client, "/v1/nothing", 10) == [404] * 10
    refused = await client.put("/v1/things")
    assert refused.status_code == 405
    assert not [name for name in refused.headers if "ratelimit" in name]
    assert (await usage(client))["used"] == 0


async def test_the_openapi_document_says_what_a_request_is_counted_as(start: Any) -> None:
    paths = (await (await start()).client().get("/openapi.json")).json()["paths"]
    dear = paths["/v1/things"]["post"]
    assert (dear["x-rate-class"], dear["x-rate-cost"]) == ("write", 10)
    assert "429" in dear["responses"]
    assert "x-rate-class" not in paths["/health"]["get"]
    assert "429" not in paths["/health"]["get"]["responses"]


async def test_answers_to_preflights_and_options_take_nothing(start: Any) -> None:
    api = await start(PerMinute(default=1, read=1), default_tier="free")
    client = api.client()
    assert {(await client.options("/v1/things")).status_code for _ in range(10)} == {204}
    assert (await client.get("/v1/things")).status_code == 200
