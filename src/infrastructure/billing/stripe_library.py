"""The `stripe` package, loaded where it is needed first: it takes a quarter of a second."""

import asyncio
from types import ModuleType


async def stripe_library() -> ModuleType:
    """Return the package; other requests are answered while it loads."""
    return await asyncio.to_thread(_load)


def _load() -> ModuleType:
    import stripe

    # The package loads its parts when they are first named.
    _ = stripe.HTTPXClient, stripe.StripeClient, stripe.WebhookSignature
    stripe.enable_telemetry = (
        False  # it would leave a file in the user's home and report how long requests took
    )
    return stripe
