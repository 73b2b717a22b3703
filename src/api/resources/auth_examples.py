"""Examples of accounts, sessions and passwords."""

from typing import Any, Final

_PERSON: Final = "8d4f0f3a-35d5-4d38-9d5c-0a6c2b7ce0a1"
_TENANT: Final = "1f1c3e4e-7c0f-4f6e-8a30-5f0a1c9d2b11"
_NEW: Final = "fretful otter reads maps"

REGISTRATIONS: Final[dict[str, Any]] = {
    "person": {
        "email": "ann@example.com",
        "password": "seven quiet herons at dawn",
        "first_name": "Ann",
        "last_name": "Archer",
    }
}
NEW_ACCOUNT: Final[dict[str, Any]] = {
    "id": _PERSON,
    "email": "ann@example.com",
    "first_name": "Ann",
    "last_name": "Archer",
    "created_at": "2026-03-26T08:00:00Z",
    "tenant_id": _TENANT,
}
ACCOUNT: Final[dict[str, Any]] = {
    **NEW_ACCOUNT,
    "tenants": [{"tenant_id": _TENANT, "name": "Ann Archer", "role": "owner"}],
}
ACCOUNT_CHANGES: Final[dict[str, Any]] = {"name": {"last_name": "Baker"}}
LOGINS: Final[dict[str, Any]] = {
    "browser": {"email": "ann@example.com", "password": "seven quiet herons at dawn"},
    "program": {
        "email": "ann@example.com",
        "password": "seven quiet herons at dawn",
        "include_refresh_token": True,
    },
}
TOKENS: Final[dict[str, Any]] = {
    "access_token": "eyJhbGciOiJFUzI1NiIsImtpZCI6IjRq…",
    "token_type": "bearer",
    "expires_in": 3600,
    "tenant_id": _TENANT,
}
REFRESHES: Final[dict[str, Any]] = {
    "cookie": {},
    "body": {"refresh_token": "tt_refresh_Zm9yIHRoZSBleGFtcGxlIG9ubHksIG5vdCBhIHRva2Vu"},
}
LOGOUTS: Final[dict[str, Any]] = REFRESHES
SWITCHES: Final[dict[str, Any]] = {"tenant": {"tenant_id": _TENANT}}
SESSION_PAGE: Final[dict[str, Any]] = {
    "sessions": [
        {
            "id": "c2a3a8c4-2a49-4c54-a4be-2d5f1a3a9f01",
            "tenant_id": _TENANT,
            "created_at": "2026-03-26T08:00:00Z",
            "used_at": "2026-03-26T09:00:00Z",
            "expires_at": "2026-04-25T09:00:00Z",
            "address": "203.0.113.7",
            "agent": "Mozilla/5.0",
            "current": True,
        }
    ],
    "total": 1,
    "limit": 50,
    "offset": 0,
}
PASSWORD_CHANGES: Final[dict[str, Any]] = {
    "change": {"current_password": "seven quiet herons at dawn", "new_password": _NEW}
}
FORGOTTEN: Final[dict[str, Any]] = {"person": {"email": "ann@example.com"}}
MAIL_UNDER_WAY: Final[dict[str, Any]] = {
    "detail": "If somebody has an account with this address, a mail is on its way."
}
RESETS: Final[dict[str, Any]] = {
    "reset": {"token": "tt_reset_Zm9yIHRoZSBleGFtcGxlIG9ubHksIG5vdCBhIHRva2Vu", "new_password": _NEW}
}
KEY_SET: Final[dict[str, Any]] = {
    "keys": [
        {
            "kty": "EC",
            "crv": "P-256",
            "alg": "ES256",
            "use": "sig",
            "kid": "4jYkTzq0b1xWcQ7e",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }
    ]
}
