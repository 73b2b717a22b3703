"""Taking an event of the payment provider in."""

from dataclasses import dataclass
from datetime import datetime

from application.billing.ports import Signatures, Subscriptions
from application.billing.subscription_events import Reason, SubscriptionChange, change_of, read_event


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What an event did; `reason` says why it did nothing."""

    applied: bool
    reason: Reason | None = None


async def receive_event(
    payload: bytes,
    signature: str,
    *,
    signatures: Signatures,
    subscriptions: Subscriptions,
    now: datetime,
) -> Received:
    """Let an event have its effect.

    Raises SignatureRefused or EventMalformed for what is none of the provider's, BillingNotConfigured without a secret
    to tell by, and Unavailable while the database is away: the provider then sends it again.
    """
    await signatures.verify(payload, signature)
    change = change_of(read_event(payload), now=now)
    if not isinstance(change, SubscriptionChange):
        return Received(applied=False, reason=change)
    outcome = await subscriptions.apply(change)
    return Received(applied=True) if outcome == "applied" else Received(applied=False, reason=outcome)
