"""From an order to the tier, over HTTP, and back."""

from typing import Any
from uuid import uuid4

import httpx
from tests.support.stripe_server import StripeServer, an_event, signed


def told(anybody: httpx.Client, event: dict[str, Any]) -> None:
    content, headers = signed(event)
    answer = anybody.post("/v1/billing/webhook", content=content, headers=headers)
    assert answer.json()["applied"] is True, answer.text


def usage_of(client: httpx.Client) -> tuple[str, int | None]:
    usage = client.get("/v1/usage").json()
    return usage["tier"], usage["limit"]


def test_who_has_paid_sees_the_tier_at_once(
    client: httpx.Client, anybody: httpx.Client, tenant: str, stripe_server: StripeServer
) -> None:
    assert usage_of(client) == ("self_hosted", None)
    ordered = client.post("/v1/billing/checkout", json={"tenantId": tenant, "tier": "pro"})
    assert ordered.status_code == 200, ordered.text
    assert usage_of(client) == ("self_hosted", None), "an order is no payment"
    asked = stripe_server.requests[-1]["sent"]
    name = "subscription_data[metadata][{}]".format
    paid = {
        "tenant": asked[name("tenant_id")],
        "tier": asked[name("tier")],
        "subscription": f"sub_{uuid4()}",
    }
    told(anybody, an_event(**paid, event=f"evt_{uuid4()}", at=1_800_000_000))
    assert usage_of(client) == ("pro", 50_000)
    told(anybody, an_event("deleted", **paid, event=f"evt_{uuid4()}", at=1_800_000_060))
    assert usage_of(client) == ("free", 100)
