"""Webhooks as they come in and go out."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from api.resources.fields import LimitUsed, OffsetUsed, Text, Total
from application.webhooks.destination import URL_LENGTH_MAX
from domain.errors import Violation
from domain.rules import each, gathered
from projections.published.subscriptions import NAMES

Url = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=URL_LENGTH_MAX,
        description="Where to be told: https, a public address, port 443 or one from 1024 on, no user, no fragment.",
        examples=["https://hooks.example.com/trimtab"],
    ),
]
EventName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=100,
        description="`recommendation.made`, `import.done`, `job.finished`, or one published type.",
        examples=["recommendation.made"],
    ),
]
Events = Annotated[
    list[EventName],
    msgspec.Meta(min_length=1, max_length=50, description="What to be told of; each name once."),
]
Described = Annotated[Text | None, msgspec.Meta(description="What the endpoint is for.")]
Active = Annotated[
    bool,
    msgspec.Meta(description="Whether it is told of anything. What happens meanwhile is not sent later."),
]
WebhookId = Annotated[UUID, msgspec.Meta(description="The webhook's id.")]
SecretShown = Annotated[
    str | None,
    msgspec.Meta(
        description="`whsec_` and 32 random bytes in base64, shown this once; null where an answer is repeated.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="],
    ),
]
DeliveryStatus = Literal["pending", "delivered", "failed"]
ErrorCode = Annotated[
    str | None,
    msgspec.Meta(
        description="Null for a success. `status` for an answer that is none, `redirect` for one that leads elsewhere, "
        "`timeout`, `connect`, `tls`, `protocol` where none came; `no_address`, `not_public` and codes of a refused "
        "`url` where nothing was sent; `secret_unreadable` until the secret is rotated; `inactive` where the endpoint "
        "was switched off or disabled first."
    ),
]
StatusCode = Annotated[
    int | None, msgspec.Meta(description="The HTTP status that came back; null without one.")
]


class RegisterWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endpoint to register."""

    url: Url
    events: Events
    description: Described = None
    is_active: Active = True

    def violations(self) -> Iterator[Violation]:
        """Yield names that nothing is sent under, and those that are there twice."""
        return _misnamed(self.events)


class ReviseWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields to change; what is left out stays."""

    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    description: Described | UnsetType = UNSET
    is_active: Active | UnsetType = UNSET

    def violations(self) -> Iterator[Violation]:
        """Yield names that nothing is sent under, and those that are there twice."""
        return iter(()) if self.events is UNSET else _misnamed(self.events)


def _misnamed(events: list[str]) -> Iterator[Violation]:
    return gathered(each(_unknown, events, "events"), each(partial(_repeated, seen=set()), events, "events"))


def _unknown(name: str, path: str) -> Iterator[Violation]:
    if name not in NAMES:
        detail = f"There is no event `{name}`; known: {', '.join(sorted(NAMES))}."
        yield Violation(path, "unknown_event", detail)


def _repeated(name: str, path: str, *, seen: set[str]) -> Iterator[Violation]:
    if name in seen:
        yield Violation(path, "repeated", f"`{name}` is there twice.")
    seen.add(name)


class RotateSecret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the secret changes."""

    overlap_seconds: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=604_800,
            description="For how many seconds the secret before signs as well, at most a week; 0 ends it at once.",
        ),
    ] = 86_400


class WebhookBody(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint."""

    id: WebhookId
    url: Annotated[str, msgspec.Meta(description="Where it is told.")]
    events: Annotated[list[str], msgspec.Meta(description="What it is told of.")]
    description: Described
    is_active: Active
    created_at: Annotated[datetime, msgspec.Meta(description="When it was registered, UTC.")]
    updated_at: Annotated[datetime, msgspec.Meta(description="When it was last changed, UTC.")]
    failing_since: Annotated[
        datetime | None,
        msgspec.Meta(
            description="When the first attempt failed after the last that worked, UTC; null while it works."
        ),
    ]
    disabled_at: Annotated[
        datetime | None, msgspec.Meta(description="When we gave it up, UTC; `is_active: true` tries again.")
    ]
    disabled_reason: Annotated[
        Literal["failing", "gone"] | None,
        msgspec.Meta(description="`failing`: nothing arrived for days. `gone`: it answered 410."),
    ]
    previous_secret_until: Annotated[
        datetime | None,
        msgspec.Meta(description="Until when the secret before the present one signs as well, UTC."),
    ]


class WebhookSecretBody(WebhookBody, frozen=True, kw_only=True):
    """An endpoint with the secret that signs what it is sent from now on."""

    secret: SecretShown


class WebhookPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of endpoints."""

    webhooks: Annotated[list[WebhookBody], msgspec.Meta(description="The oldest first.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class AttemptBody(msgspec.Struct, frozen=True, kw_only=True):
    """One request that was made. What the answer said is not kept."""

    number: Annotated[int, msgspec.Meta(ge=1, description="Counts the attempts of the delivery.")]
    at: Annotated[datetime, msgspec.Meta(description="When it was made, UTC; its `webhook-timestamp`.")]
    milliseconds: Annotated[int, msgspec.Meta(ge=0, description="How long it took.")]
    status_code: StatusCode
    error: ErrorCode


class DeliveryBody(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one endpoint."""

    id: Annotated[UUID, msgspec.Meta(description="The delivery's id.")]
    message_id: Annotated[
        str, msgspec.Meta(description="Its `webhook-id`, the same however often it is sent.")
    ]
    webhook_id: WebhookId
    event_id: Annotated[str, msgspec.Meta(description="The event's own id.")]
    event_type: Annotated[str, msgspec.Meta(description="What happened.")]
    status: Annotated[
        DeliveryStatus,
        msgspec.Meta(description="`pending` until it is delivered, or has failed for good."),
    ]
    created_at: Annotated[datetime, msgspec.Meta(description="When it was noted, UTC.")]
    next_attempt_at: Annotated[
        datetime | None, msgspec.Meta(description="When it is tried next, UTC; null once it is settled.")
    ]
    delivered_at: Annotated[datetime | None, msgspec.Meta(description="When it was taken, UTC.")]
    status_code: StatusCode
    error: ErrorCode
    attempts: Annotated[
        list[AttemptBody], msgspec.Meta(description="What was tried, the newest first, 50 at most.")
    ]


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of deliveries."""

    deliveries: Annotated[list[DeliveryBody], msgspec.Meta(description="The newest first.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed
