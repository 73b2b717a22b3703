"""Examples of billing, for the reference."""

from typing import Any, Final

CHECKOUT_REQUESTS: Final[dict[str, Any]] = {"upgrade": {"tenantId": "acme", "tier": "pro"}}
CHECKOUT: Final[dict[str, Any]] = {"url": "https://checkout.stripe.com/c/pay/cs_test_a1b2c3"}
EVENTS: Final[dict[str, Any]] = {
    "created": {
        "id": "evt_1PrsKBGFzsjrzPXD",
        "object": "event",
        "type": "customer.subscription.created",
        "created": 1774512000,
        "data": {
            "object": {
                "id": "sub_1PrsKAGFzsjrzPXD",
                "object": "subscription",
                "status": "active",
                "created": 1774512000,
                "metadata": {"tenant_id": "acme", "tier": "pro"},
            }
        },
    }
}
RECEIVED: Final[dict[str, Any]] = {"received": True, "applied": True, "reason": None}
