"""API keys as they come in and go out."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from api.resources.fields import LimitUsed, Name, OffsetUsed, Total
from application.identity.key_rules import key_violations
from application.identity.keys import OVERLAP_SECONDS_MAX, KeyRecord, NewKey
from domain.errors import Violation

KeyId = Annotated[UUID, msgspec.Meta(description="The key.")]
Secret = Annotated[
    str | None,
    msgspec.Meta(
        description=(
            "The key itself, at least 40 characters beginning with `tt_live_`. It is shown once, when it was just "
            "made; everywhere else, and where an `Idempotency-Key` replays that answer, it is null."
        )
    ),
]
Prefix = Annotated[str, msgspec.Meta(description="How the key begins, to tell keys apart.")]
Scopes = Annotated[list[str], msgspec.Meta(description="What the key may do, in alphabetical order.")]
Created = Annotated[datetime, msgspec.Meta(description="When the key was made, UTC.")]
Expires = Annotated[
    datetime | None, msgspec.Meta(description="From when on the key is refused, UTC; null is never.")
]
LastUsed = Annotated[
    datetime | None,
    msgspec.Meta(description="When the key was used last, UTC, to within a minute; null is never."),
]
AllowedFrom = Annotated[
    list[str] | None,
    msgspec.Meta(description="Addresses and networks it may be used from; null is anywhere."),
]
Limit = Annotated[
    int | None,
    msgspec.Meta(
        description="Requests a minute that this key may make, within the tenant's limits; null is no own."
    ),
]
Asked = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Network = Annotated[str, msgspec.Meta(min_length=2, max_length=43)]


AskedScopes = Annotated[
    list[Asked],
    msgspec.Meta(
        min_length=1,
        max_length=50,
        description="What the key may do; only what the credential of this request may do itself. Without it: all of "
        "that but `admin`.",
        examples=[["portfolios:read"]],
    ),
]
AskedAddresses = Annotated[
    list[Network],
    msgspec.Meta(
        min_length=1,
        max_length=100,
        description="Addresses and networks (CIDR) it may be used from; null is anywhere.",
        examples=[["203.0.113.0/24"]],
    ),
]
AskedExpiry = Annotated[
    datetime, msgspec.Meta(tz=True, description="From when on the key is refused; null is never.")
]
AskedLimit = Annotated[
    int,
    msgspec.Meta(
        ge=1,
        le=1_000_000,
        description="Requests a minute that this key may make; null is no limit of its own.",
    ),
]


class CreateApiKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An API key to be made."""

    name: Name
    scopes: AskedScopes | None = None
    expires_at: AskedExpiry | None = None
    allowed_addresses: AskedAddresses | None = None
    requests_per_minute: AskedLimit | None = None

    def violations(self) -> Iterator[Violation]:
        """Yield scopes that there are not, and addresses that are none."""
        return key_violations(self.scopes, self.allowed_addresses)


class RotateApiKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the old key goes on working."""

    overlap_seconds: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=OVERLAP_SECONDS_MAX,
            description="Seconds for which the old key works beside the new one; 0 ends it at once.",
        ),
    ] = 0


class ApiKeyBody(msgspec.Struct, frozen=True, kw_only=True):
    """An API key."""

    id: KeyId
    name: Name
    key: Secret
    prefix: Prefix
    scopes: Scopes
    created_at: Created
    expires_at: Expires
    last_used_at: LastUsed
    allowed_addresses: AllowedFrom
    requests_per_minute: Limit
    revoked_at: Annotated[
        datetime | msgspec.UnsetType,
        msgspec.Meta(description="When the key was revoked, UTC; only in a list with `revoked=true`."),
    ] = msgspec.UNSET


class ApiKeyPage(msgspec.Struct, frozen=True, kw_only=True):
    """The API keys of a tenant."""

    api_keys: Annotated[list[ApiKeyBody], msgspec.Meta(description="The newest first.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


def api_key_body(record: KeyRecord, secret: str | None = None) -> ApiKeyBody:
    """Return a key as it goes out; with its secret only where it was just made."""
    terms = record.terms
    return ApiKeyBody(
        id=record.id,
        name=terms.name,
        key=secret,
        prefix=record.prefix,
        scopes=list(terms.scopes),
        created_at=record.created_at,
        expires_at=terms.expires_at,
        last_used_at=record.last_used_at,
        allowed_addresses=None if terms.allowed_addresses is None else list(terms.allowed_addresses),
        requests_per_minute=terms.requests_per_minute,
        revoked_at=msgspec.UNSET if record.revoked_at is None else record.revoked_at,
    )


def new_key_body(made: NewKey) -> ApiKeyBody:
    """Return a key that was just made, with its secret."""
    return api_key_body(made.record, made.secret)
