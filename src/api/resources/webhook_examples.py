"""Bodies of webhooks as the OpenAPI document shows them."""

from typing import Final

from api.resources.examples import Body, Examples

_WEBHOOK: Final = "7d9a4f0e-3c1b-4a6d-8e2f-0b1c2d3e4f5a"
_DELIVERY: Final = "2b7e1f60-91c4-8d3a-8f57-6a5b4c3d2e1f"
_URL: Final = "https://hooks.example.com/trimtab"

WEBHOOKS_SENT: Final[Examples] = {
    "recommendations and imports": {
        "url": _URL,
        "events": ["recommendation.made", "import.done"],
        "description": "The desk's chat",
    },
    "one type": {"url": _URL, "events": ["pm.rebalance.declined.v1"], "is_active": False},
}
REVISIONS: Final[Examples] = {
    "active again": {"is_active": True},
    "another address": {"url": "https://hooks.example.com:8443/v2"},
}
ROTATIONS: Final[Examples] = {"overlapping by an hour": {"overlap_seconds": 3600}}
WEBHOOK: Final[Body] = {
    "id": _WEBHOOK,
    "url": _URL,
    "events": ["recommendation.made", "import.done"],
    "description": "The desk's chat",
    "is_active": True,
    "created_at": "2026-03-26T08:00:00Z",
    "updated_at": "2026-03-26T08:00:00Z",
    "failing_since": None,
    "disabled_at": None,
    "disabled_reason": None,
    "previous_secret_until": None,
}
WEBHOOK_WITH_SECRET: Final[Body] = {
    **WEBHOOK,
    "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
}
WEBHOOK_PAGE: Final[Body] = {"webhooks": [WEBHOOK], "total": 1, "limit": 50, "offset": 0}
DELIVERY_BEGUN: Final[Body] = {
    "id": _DELIVERY,
    "message_id": "msg_2b7e1f6091c48d3a8f576a5b4c3d2e1f",
    "webhook_id": _WEBHOOK,
    "event_id": "4c1d2e3f-5a6b-4c7d-8e9f-0a1b2c3d4e5f",
    "event_type": "webhook.test",
    "status": "pending",
    "created_at": "2026-03-26T08:00:00Z",
    "next_attempt_at": "2026-03-26T08:00:00Z",
    "delivered_at": None,
    "status_code": None,
    "error": None,
    "attempts": [],
}
DELIVERY_TRIED: Final[Body] = {
    **DELIVERY_BEGUN,
    "event_type": "pm.rebalance.recommended.v1",
    "next_attempt_at": "2026-03-26T08:00:41Z",
    "status_code": 503,
    "error": "status",
    "attempts": [
        {
            "number": 2,
            "at": "2026-03-26T08:00:07Z",
            "milliseconds": 212,
            "status_code": 503,
            "error": "status",
        },
        {
            "number": 1,
            "at": "2026-03-26T08:00:01Z",
            "milliseconds": 20004,
            "status_code": None,
            "error": "timeout",
        },
    ],
}
DELIVERY_PAGE: Final[Body] = {"deliveries": [DELIVERY_TRIED], "total": 1, "limit": 50, "offset": 0}
