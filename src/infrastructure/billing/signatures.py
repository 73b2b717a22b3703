"""Stripe's signature on its events."""

from typing import Final

from application.billing.ports import BillingNotConfigured, SignatureRefused
from infrastructure.billing.stripe_library import stripe_library

TOLERANCE_SECONDS: Final = 300
REFUSED: Final = f"The signature does not fit this body, or is older than {TOLERANCE_SECONDS} seconds."


class StripeSignatures:
    """The `Signatures` port: HMAC of the raw body and the time it was signed at."""

    def __init__(self, secret: str | None) -> None:
        self._secret = secret

    async def verify(self, payload: bytes, signature: str) -> None:
        """Raise SignatureRefused, or BillingNotConfigured where there is no secret to tell by."""
        if self._secret is None:
            raise BillingNotConfigured
        stripe = await stripe_library()
        try:
            stripe.WebhookSignature.verify_header(payload, signature, self._secret, TOLERANCE_SECONDS)
        # The library lets through what breaks it: a body that is no UTF-8, a signature that is no ASCII.
        except (stripe.SignatureVerificationError, ValueError, TypeError):
            raise SignatureRefused(REFUSED) from None
