"""Subscribing to a tier: what Stripe is asked, and what a client is told when it is not there or says no."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from tests.support.billing_api import a_billing_api
from tests.support.stripe_server import SECRET_KEY, StripeServer, a_stripe_server

from bootstrap.settings import Settings

ClientOf = Callable[[str, frozenset[str] | None], httpx.AsyncClient]
CHECKOUT = "/v1/billing/checkout"
SECRET = "a secret of the tests, long enough for HS256"
ORDER = {"tenantId": "acme", "tier": "quant"}
# Stripe's library hands its form to httpx under a name that httpx would like to see spelt otherwise.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def stripe_server() -> Iterator[StripeServer]:
    with a_stripe_server() as server:
        yield server


@pytest.fixture
def settings(stripe_server: StripeServer) -> Settings:
    return Settings(
        stripe_secret_key=SECRET_KEY,
        stripe_api_url=stripe_server.url,
        stripe_price_pro="price_pro",
        stripe_price_quant="price_quant",
        billing_success_url="https://trimtab.example.com/paid",
        billing_cancel_url="https://trimtab.example.com/plans",
    )


@pytest.fixture
async def app(database_url: str, settings: Settings) -> AsyncIterator[Litestar]:
    async with a_billing_api(database_url, settings, secret=SECRET) as app:
        yield app


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET_KEY not in answer.text
    assert "sk_test" not in answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_checkout_answers_the_address_of_the_page(
    api: httpx.AsyncClient, stripe_server: StripeServer
) -> None:
    answer = await api.post(CHECKOUT, json=ORDER)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"url": "https://checkout.stripe.com/c/pay/cs_test_1"}


async def test_stripe_is_told_who_subscribes_to_what(
    api: httpx.AsyncClient, stripe_server: StripeServer
) -> None:
    await api.post(CHECKOUT, json=ORDER)
    [asked] = stripe_server.requests
    assert asked["path"] == "/v1/checkout/sessions"
    assert asked["sent"] == {
        "mode": "subscription",
        "line_items[0][price]": "price_quant",
        "line_items[0][quantity]": "1",
        "client_reference_id": "acme",
        "metadata[tenant_id]": "acme",
        "metadata[tier]": "quant",
        "subscription_data[metadata][tenant_id]": "acme",
        "subscription_data[metadata][tier]": "quant",
        "success_url": "https://trimtab.example.com/paid",
        "cancel_url": "https://trimtab.example.com/plans",
    }
    assert asked["headers"]["Idempotency-Key"]


async def test_any_credential_of_the_tenant_may_subscribe(client_of: ClientOf) -> None:
    answer = await client_of("acme", frozenset({"orders:read"})).post(CHECKOUT, json=ORDER)
    assert answer.status_code == 200, answer.text


async def test_nobody_subscribes_without_a_credential(
    client_of: ClientOf, stripe_server: StripeServer
) -> None:
    refused(await client_of("acme", None).post(CHECKOUT, json=ORDER), 401)
    assert stripe_server.requests == []


async def test_a_foreign_tenant_is_not_found(
    stranger: httpx.AsyncClient, stripe_server: StripeServer
) -> None:
    refused(await stranger.post(CHECKOUT, json=ORDER), 404)
    assert stripe_server.requests == []


async def test_everything_wrong_with_an_order_comes_in_one_answer(api: httpx.AsyncClient) -> None:
    body = refused(await api.post(CHECKOUT, json={"tier": "gold", "coupon": "FREE"}), 422)
    assert {one["field"]: one["code"] for one in body["errors"]} == {
        "tenantId": "missing",
        "tier": "unknown_value",
        "coupon": "unknown_field",
    }


@pytest.mark.parametrize("tier", ["free", "self_hosted", "PRO", "", None, 1])
async def test_only_paid_tiers_can_be_subscribed_to(api: httpx.AsyncClient, tier: object) -> None:
    body = refused(await api.post(CHECKOUT, json={"tenantId": "acme", "tier": tier}), 422)
    assert [one["field"] for one in body["errors"]] == ["tier"]


async def test_a_tier_without_a_price_cannot_be_sold(api: httpx.AsyncClient) -> None:
    body = refused(await api.post(CHECKOUT, json={"tenantId": "acme", "tier": "enterprise"}), 503)
    assert body["error"] == "service_unavailable"
    assert body["message"] == "Billing service not configured."


async def test_a_lost_connection_is_tried_again_without_ordering_twice(
    api: httpx.AsyncClient, stripe_server: StripeServer
) -> None:
    stripe_server.failures = [0, 500]
    answer = await api.post(CHECKOUT, json=ORDER)
    assert answer.status_code == 200, answer.text
    keys = {asked["headers"]["Idempotency-Key"] for asked in stripe_server.requests}
    assert (len(stripe_server.requests), len(keys), stripe_server.sessions) == (3, 1, 1)


@pytest.mark.parametrize("failures", [[500, 502, 503], [0, 0, 0], [429]], ids=["broken", "away", "busy"])
async def test_a_stripe_that_does_not_answer_is_unavailable(
    api: httpx.AsyncClient, stripe_server: StripeServer, failures: list[int]
) -> None:
    stripe_server.failures = failures
    answer = await api.post(CHECKOUT, json=ORDER)
    assert refused(answer, 503)["error"] == "service_unavailable"
    assert int(answer.headers["retry-after"]) > 0
    assert (await api.post(CHECKOUT, json=ORDER)).status_code == 200


@pytest.mark.parametrize("status", [400, 401, 402, 403, 302])
async def test_a_stripe_that_refuses_is_a_bad_gateway(
    api: httpx.AsyncClient, stripe_server: StripeServer, status: int
) -> None:
    stripe_server.failures = [status]
    assert refused(await api.post(CHECKOUT, json=ORDER), 502)["error"] == "bad_gateway"


@pytest.mark.parametrize("pages", [None, "", "http://checkout.example/", "javascript:alert(1)//"])
async def test_only_pages_that_browsers_may_open_are_passed_on(
    api: httpx.AsyncClient, stripe_server: StripeServer, pages: str | None
) -> None:
    stripe_server.pages = pages
    refused(await api.post(CHECKOUT, json=ORDER), 502)


async def test_a_key_that_stripe_does_not_know_stays_secret(
    api: httpx.AsyncClient, stripe_server: StripeServer
) -> None:
    stripe_server.key = "sk_test_another"
    refused(await api.post(CHECKOUT, json=ORDER), 502)


async def test_a_keyed_order_is_one_order(api: httpx.AsyncClient, stripe_server: StripeServer) -> None:
    key = {"Idempotency-Key": "order-1"}
    first = await api.post(CHECKOUT, json=ORDER, headers=key)
    again = await api.post(CHECKOUT, json=ORDER, headers=key)
    other = await api.post(CHECKOUT, json={**ORDER, "tier": "pro"}, headers=key)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert len(stripe_server.requests) == 1
    assert refused(other, 422)["error"] == "idempotency_key_reused"


async def test_a_keyed_order_that_was_not_answered_is_the_same_order_at_stripe(
    api: httpx.AsyncClient, stripe_server: StripeServer
) -> None:
    key = {"Idempotency-Key": "order-2"}
    stripe_server.failures = [400]
    refused(await api.post(CHECKOUT, json=ORDER, headers=key), 502)
    assert (await api.post(CHECKOUT, json=ORDER, headers=key)).status_code == 200
    first, second = (asked["headers"]["Idempotency-Key"] for asked in stripe_server.requests)
    assert first == second


async def test_the_same_key_of_two_tenants_makes_two_orders(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, stripe_server: StripeServer
) -> None:
    key = {"Idempotency-Key": "1"}
    mine = await api.post(CHECKOUT, json=ORDER, headers=key)
    theirs = await stranger.post(CHECKOUT, json={**ORDER, "tenantId": "other"}, headers=key)
    assert mine.json() != theirs.json()
    assert stripe_server.sessions == 2


class TestWithoutStripe:
    """An installation that sells nothing."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings()

    async def test_an_order_says_that_there_is_no_billing(self, api: httpx.AsyncClient) -> None:
        answer = await api.post(CHECKOUT, json=ORDER)
        body = refused(answer, 503)
        assert (body["error"], body["message"]) == ("service_unavailable", "Billing service not configured.")

    async def test_a_foreign_tenant_is_not_found(self, stranger: httpx.AsyncClient) -> None:
        refused(await stranger.post(CHECKOUT, json=ORDER), 404)

    async def test_a_wrong_tier_is_refused(self, api: httpx.AsyncClient) -> None:
        refused(await api.post(CHECKOUT, json={**ORDER, "tier": "gold"}), 422)
