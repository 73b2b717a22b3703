"""Example bodies of the resources of tenants, members and invitations."""

from typing import Any, Final

_TENANT: Final = "0b7c7a1e-4a0f-4f4e-8d37-2f3c1f7c9a10"
_PERSON: Final = "5b6f0a8e-9f6c-4f0b-9d7c-1f0f8c1b2a3d"
_AT: Final = "2026-03-26T08:00:00Z"
_PAGE: Final = {"total": 1, "limit": 50, "offset": 0}
TENANT: Final[dict[str, Any]] = {
    "id": _TENANT,
    "name": "Archer Family Office",
    "role": "owner",
    "created_at": _AT,
}
TENANT_PAGE: Final = {"tenants": [TENANT], **_PAGE}
TENANT_CHANGES: Final = {"another name": {"name": "Archer Family Office"}}
MEMBER: Final[dict[str, Any]] = {
    "person_id": _PERSON,
    "email": "ann@example.com",
    "first_name": "Ann",
    "last_name": "Archer",
    "role": "owner",
    "joined_at": _AT,
}
MEMBER_PAGE: Final = {"members": [MEMBER], **_PAGE}
MEMBER_CHANGES: Final = {"may change portfolios": {"role": "manager"}}
INVITATION: Final[dict[str, Any]] = {
    "id": "e2f1a6b4-8c3d-4e5f-9a0b-7c6d5e4f3a2b",
    "email": "bob@example.com",
    "role": "viewer",
    "token": None,
    "accept_url": "/v1/invitations/accept",
    "invited_by": _PERSON,
    "created_at": _AT,
    "expires_at": "2026-04-02T08:00:00Z",
}
NEW_INVITATION: Final = {**INVITATION, "token": "tt_invite_example-of-a-token-that-opens-nothing"}
INVITATION_PAGE: Final = {"invitations": [INVITATION], **_PAGE}
INVITES: Final = {"somebody who only looks": {"email": "bob@example.com", "role": "viewer"}}
ACCEPTANCES: Final[dict[str, Any]] = {
    "signed in": {"token": NEW_INVITATION["token"]},
    "a new account": {
        "token": NEW_INVITATION["token"],
        "password": "seven quiet herons at dawn",
        "first_name": "Bob",
        "last_name": "Baker",
    },
}
MEMBERSHIP: Final = {
    "tenant_id": _TENANT,
    "tenant_name": "Archer Family Office",
    "person_id": _PERSON,
    "role": "viewer",
}
