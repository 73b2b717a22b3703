"""Accounts, sessions and passwords as they come in and go out."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from api.resources.fields import LINE, LimitUsed, OffsetUsed, Total
from application.identity.roles import Role

Email = Annotated[
    str,
    msgspec.Meta(
        min_length=3,
        max_length=254,
        pattern=LINE,
        description="E-mail address; upper and lower case are the same.",
        examples=["ann@example.com"],
        extra_json_schema={"format": "email"},
    ),
]
Password = Annotated[
    str, msgspec.Meta(max_length=1024, description="Password.", extra_json_schema={"format": "password"})
]
NewPassword = Annotated[
    str,
    msgspec.Meta(
        min_length=10,
        max_length=1024,
        description="At least 10 characters, not easily guessed, 1,024 bytes at most.",
        extra_json_schema={"format": "password"},
    ),
]
FirstName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=100, pattern=LINE, description="First name, one line.")
]
LastName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=100, pattern=LINE, description="Last name, one line.")
]
TenantId = Annotated[
    str, msgspec.Meta(min_length=1, max_length=255, pattern=LINE, description="A tenant that you belong to.")
]
RefreshToken = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=255, description="The refresh token; without it the one in the cookie."
    ),
]


class RegisterPerson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who makes an account."""

    email: Email
    password: NewPassword
    first_name: FirstName
    last_name: LastName


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that was made."""

    id: Annotated[UUID, msgspec.Meta(description="The person.")]
    email: Annotated[str, msgspec.Meta(description="The address, as it was written.")]
    first_name: Annotated[str, msgspec.Meta(description="First name.")]
    last_name: Annotated[str, msgspec.Meta(description="Last name.")]
    created_at: Annotated[datetime, msgspec.Meta(tz=True, description="When the account was made, UTC.")]
    tenant_id: Annotated[str, msgspec.Meta(description="The tenant that was made for the person.")]


class LogIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Address and password of somebody who signs in."""

    email: Email
    password: Password
    tenant_id: Annotated[
        TenantId | None,
        msgspec.Meta(description="The tenant to work in; without it the one you have belonged to longest."),
    ] = None
    include_refresh_token: Annotated[
        bool,
        msgspec.Meta(description="Answer the refresh token in the body too, for clients without cookies."),
    ] = False


class Tokens(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client that is signed in holds."""

    access_token: Annotated[
        str, msgspec.Meta(description="A JWT for `Authorization: Bearer`, valid for an hour.")
    ]
    token_type: Annotated[Literal["bearer"], msgspec.Meta(description="How the token is sent.")]
    expires_in: Annotated[int, msgspec.Meta(description="Seconds until the access token expires.")]
    tenant_id: Annotated[str, msgspec.Meta(description="The tenant that the access token is for.")]
    refresh_token: Annotated[
        str | UnsetType,
        msgspec.Meta(description="What continues the session, once; absent unless it was asked for."),
    ] = UNSET


class Refresh(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a session goes on, where the cookie does not say."""

    refresh_token: RefreshToken | None = None
    include_refresh_token: Annotated[
        bool | None,
        msgspec.Meta(
            description="Whether the next refresh token is in the body too; without it, where this one was."
        ),
    ] = None


class LogOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which session ends, where neither cookie nor access token says."""

    refresh_token: RefreshToken | None = None


class SwitchTenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another tenant to work in."""

    tenant_id: TenantId


class MembershipBody(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant that somebody belongs to."""

    tenant_id: Annotated[str, msgspec.Meta(description="The tenant.")]
    name: Annotated[str | None, msgspec.Meta(description="Its display name.")]
    role: Annotated[Role, msgspec.Meta(description="What the person may do there.")]


class Account(NewAccount, frozen=True, kw_only=True):
    """Who is signed in."""

    tenant_id: Annotated[str, msgspec.Meta(description="The tenant that the credential is for.")]
    tenants: Annotated[
        list[MembershipBody], msgspec.Meta(description="Where the person belongs, the longest first.")
    ]


class ChangeAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New names; what is absent stays."""

    first_name: FirstName | UnsetType = UNSET
    last_name: LastName | UnsetType = UNSET


class SessionBody(msgspec.Struct, frozen=True, kw_only=True):
    """A session that has not ended."""

    id: Annotated[UUID, msgspec.Meta(description="The session.")]
    tenant_id: Annotated[str, msgspec.Meta(description="The tenant that its next access token is for.")]
    created_at: Annotated[datetime, msgspec.Meta(tz=True, description="When it began, UTC.")]
    used_at: Annotated[datetime, msgspec.Meta(tz=True, description="When it was last refreshed, UTC.")]
    expires_at: Annotated[
        datetime, msgspec.Meta(tz=True, description="When it ends unless it is refreshed, UTC.")
    ]
    address: Annotated[str | None, msgspec.Meta(description="The address it began at.")]
    agent: Annotated[str | None, msgspec.Meta(description="What the client called itself (User-Agent).")]
    current: Annotated[bool, msgspec.Meta(description="Whether this request belongs to it.")]


class SessionPage(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's sessions, the one used last first."""

    sessions: Annotated[list[SessionBody], msgspec.Meta(description="The page.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new password for who is signed in."""

    current_password: Password
    new_password: NewPassword


class ForgottenPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who has forgotten the password."""

    email: Email


class MailUnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """The same answer for every address."""

    detail: Annotated[str, msgspec.Meta(description="What happens now.")]


class PasswordReset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new password with the token of a mail."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=255, description="The token in the mail.")]
    new_password: NewPassword


class JsonWebKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key (RFC 7517)."""

    kty: Annotated[str, msgspec.Meta(description="Key type, `EC`.")]
    crv: Annotated[str, msgspec.Meta(description="Curve, `P-256`.")]
    alg: Annotated[str, msgspec.Meta(description="Algorithm, `ES256`.")]
    use: Annotated[str, msgspec.Meta(description="What it is for, `sig`.")]
    kid: Annotated[str, msgspec.Meta(description="The id that tokens name in their header.")]
    x: Annotated[str, msgspec.Meta(description="Coordinate of the point, base64url.")]
    y: Annotated[str, msgspec.Meta(description="Coordinate of the point, base64url.")]


class JsonWebKeySet(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that verify access tokens."""

    keys: Annotated[list[JsonWebKey], msgspec.Meta(description="The one that signs now is the first.")]
