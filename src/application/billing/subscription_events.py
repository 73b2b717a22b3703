"""What an event of the payment provider says about a subscription."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast, get_args

import msgspec

from application.tiers import PaidTier
from domain.market import SHARED

State = Literal["pending", "live", "ended"]
Reason = Literal["unhandled_type", "no_tenant", "no_tier", "replayed", "superseded"]
RANKS: Final[Mapping[str, int]] = {
    "customer.subscription.created": 0,
    "customer.subscription.updated": 1,
    "customer.subscription.deleted": 2,
}
"""The events that count. They are dated to the second: of the same second the higher rank is the newer."""
STATES: Final[Mapping[str, State]] = {
    "incomplete": "pending",
    "trialing": "live",
    "active": "live",
    "past_due": "live",
    "unpaid": "ended",
    "paused": "ended",
    "canceled": "ended",
    "incomplete_expired": "ended",
}
"""By the provider's status. Nobody has paid while it is `incomplete`; a late payment is tried again for some days."""
TEXT_MAX: Final = 255
SECONDS_MAX: Final = 253_402_300_799


class EventMalformed(ValueError):
    """It is signed, but no event; the message may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChange:
    """What is said of a subscription: `at` this time, `rank` among what is said at that time.

    `tier` is None where an ended subscription does not name it; `began` is when the subscription was made, None where
    that is not said.
    """

    event: str
    type: str
    at: datetime
    rank: int
    subscription: str
    tenant: str
    tier: PaidTier | None
    began: datetime | None
    state: State


class PaymentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it comes; the rest of it does not concern us."""

    id: str
    type: str
    created: int | None = None
    data: dict[str, Any] = {}


def read_event(payload: bytes) -> PaymentEvent:
    """Return the event; raises EventMalformed for what is none."""
    try:
        event = msgspec.json.decode(payload, type=PaymentEvent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise EventMalformed("The body is not an event.") from None
    if not _is_plain(event.id) or not 0 <= (event.created or 0) <= SECONDS_MAX:
        raise EventMalformed("The event has no usable id or time.")
    return event


def change_of(event: PaymentEvent, *, now: datetime) -> SubscriptionChange | Reason:
    """Return what an event changes, or why it changes nothing; one without a time counts as of `now`."""
    rank = RANKS.get(event.type)
    if rank is None:
        return "unhandled_type"
    told = _mapping(event.data.get("object"))
    metadata = _mapping(told.get("metadata"))
    tenant, tier, subscription = metadata.get("tenant_id"), metadata.get("tier"), told.get("id")
    if not _is_plain(tenant) or tenant == SHARED:
        return "no_tenant"
    state = _state(event.type, told.get("status"))
    known = tier in get_args(PaidTier)
    if state != "ended" and not known:
        return "no_tier"
    at = now if event.created is None else datetime.fromtimestamp(event.created, UTC)
    return SubscriptionChange(
        event=event.id,
        type=event.type,
        at=at,
        rank=rank,
        subscription=cast("str", subscription) if _is_plain(subscription) else f"of {tenant}",
        tenant=cast("str", tenant),
        tier=cast("PaidTier", tier) if known else None,
        began=_time(told.get("created")) or (None if rank else at),
        state=state,
    )


def _state(kind: str, status: object) -> State:
    if kind == "customer.subscription.deleted":
        return "ended"
    return STATES.get(status, "live") if isinstance(status, str) else "live"


def _time(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or not 0 < seconds <= SECONDS_MAX:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_plain(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= TEXT_MAX and text.isprintable()
