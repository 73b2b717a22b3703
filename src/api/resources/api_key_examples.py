"""Example bodies of the resource of API keys."""

from typing import Any, Final

_ID: Final = "7d1e6a52-3c0b-4f1e-9a55-0d8f2b6c4e10"
API_KEY: Final[dict[str, Any]] = {
    "id": _ID,
    "name": "reporting",
    "key": None,
    "prefix": "tt_live_Zk3Qw9Xa",
    "scopes": ["analytics:read", "portfolios:read"],
    "created_at": "2026-03-26T08:00:00Z",
    "expires_at": None,
    "last_used_at": "2026-03-26T09:12:00Z",
    "allowed_addresses": ["203.0.113.0/24"],
    "requests_per_minute": 30,
}
NEW_API_KEY: Final = {
    **API_KEY,
    "key": "tt_live_Zk3Qw9Xa-example-of-a-key-that-opens-nothing",
    "last_used_at": None,
}
API_KEY_PAGE: Final = {"api_keys": [API_KEY], "total": 1, "limit": 50, "offset": 0}
CREATIONS: Final[dict[str, Any]] = {
    "reading from one network": {
        "name": "reporting",
        "scopes": ["analytics:read", "portfolios:read"],
        "allowed_addresses": ["203.0.113.0/24"],
        "requests_per_minute": 30,
    },
    "all rights but admin": {"name": "nightly import"},
}
ROTATIONS: Final[dict[str, Any]] = {"a day for changing over": {"overlap_seconds": 86_400}}
