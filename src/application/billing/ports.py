"""What billing needs of the payment provider and of the database."""

from dataclasses import dataclass
from typing import Literal, Protocol

from application.billing.subscription_events import SubscriptionChange
from application.idempotency import KeyedAnswer
from application.tiers import PaidTier
from domain.errors import Unavailable

NOT_CONFIGURED = "Billing service not configured."
Outcome = Literal["applied", "replayed", "superseded"]


class BillingNotConfigured(Unavailable):
    """The installation takes no payments; trying again in a moment will not help."""

    def __init__(self) -> None:
        super().__init__(NOT_CONFIGURED, retry_after=3600)


class CheckoutRefused(Exception):
    """The payment provider answered, and would not; the message may be shown."""


class SignatureRefused(Exception):
    """An event does not come from the payment provider, or not just now; the message may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a tenant wants to subscribe to; `once` names the request, so that repeating it orders nothing twice."""

    tenant: str
    tier: PaidTier
    once: str | None = None


class Checkouts(Protocol):
    """Opens pages on which a tenant pays."""

    async def open(self, order: Order) -> str:
        """Return the address of the page; raises BillingNotConfigured, CheckoutRefused or Unavailable."""


class Signatures(Protocol):
    """Tells the payment provider's events from what others send."""

    async def verify(self, payload: bytes, signature: str) -> None:
        """Raise SignatureRefused for what the provider did not sign just now, BillingNotConfigured without a secret."""


class Subscriptions(Protocol):
    """What tenants have subscribed to."""

    async def apply(self, change: SubscriptionChange) -> Outcome:
        """Let a change have its effect on the tenant's tier, once and if nothing newer is known of it."""


class Answers(Protocol):
    """Keeps answers to requests that record no event."""

    async def keep(self, keyed: KeyedAnswer) -> None:
        """Store the answer under its Idempotency-Key; raises LostRace where another was stored meanwhile."""
