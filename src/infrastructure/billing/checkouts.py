"""Stripe Checkout: the pages on which tenants subscribe."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

import structlog

from application.billing.ports import BillingNotConfigured, CheckoutRefused, Order
from application.tiers import PaidTier
from domain.errors import Unavailable
from infrastructure.billing.stripe_library import stripe_library

TRY_SECONDS: Final = 8.0
RETRIES: Final = 2
SECONDS: Final = 20.0
"""For all tries together; a request that is given up can be repeated with its Idempotency-Key."""
RETRY_AFTER: Final = 5
AWAY: Final = "The payment provider does not answer; the same request may succeed in a moment."
REFUSED: Final = "The payment provider refused to open a page; the operator of this service can see why."
_log = structlog.get_logger("trimtab.billing")


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeAccount:
    """Whom tenants pay: `prices` are Stripe's ids of them; the browser ends at `success_url` or `cancel_url`."""

    secret_key: str | None = field(repr=False)
    api_url: str
    prices: Mapping[PaidTier, str]
    success_url: str
    cancel_url: str


class StripeCheckouts:
    """The `Checkouts` port."""

    def __init__(self, account: StripeAccount) -> None:
        self._account = account
        self._turn = asyncio.Lock()
        self._http: Any = None
        self._client: Any = None

    async def open(self, order: Order) -> str:
        """Return the address of a new page; raises BillingNotConfigured, CheckoutRefused or Unavailable."""
        price = self._account.prices.get(order.tier)
        if self._account.secret_key is None or price is None:
            raise BillingNotConfigured
        stripe = await stripe_library()
        sessions = (await self._connected(stripe)).v1.checkout.sessions
        options = {} if order.once is None else {"idempotency_key": order.once}
        try:
            async with asyncio.timeout(SECONDS):
                session = await sessions.create_async(session_of(order, price, self._account), options)
        except (stripe.StripeError, TimeoutError) as failure:
            raise _said(failure, stripe) from None
        url = str(getattr(session, "url", None))
        if not url.startswith("https://"):  # clients open it: nothing else is passed on
            raise CheckoutRefused(REFUSED)
        return url

    async def close(self) -> None:
        """Give up the connections."""
        if self._http is not None:
            await self._http.close_async()

    async def _connected(self, stripe: ModuleType) -> Any:
        async with self._turn:
            if self._client is None:
                self._client = await asyncio.to_thread(self._connect, stripe)
        return self._client

    def _connect(self, stripe: ModuleType) -> Any:
        self._http = stripe.HTTPXClient(timeout=TRY_SECONDS)
        return stripe.StripeClient(
            self._account.secret_key,
            base_addresses={"api": self._account.api_url.rstrip("/")},
            http_client=self._http,
            max_network_retries=RETRIES,
        )


def session_of(order: Order, price: str, account: StripeAccount) -> dict[str, Any]:
    """Return what Stripe is asked for: the subscription carries tenant and tier, so that its events name them."""
    named = {"tenant_id": order.tenant, "tier": order.tier}
    return {
        "mode": "subscription",
        "line_items": [{"price": price, "quantity": 1}],
        "client_reference_id": order.tenant,
        "metadata": named,
        "subscription_data": {"metadata": named},
        "success_url": account.success_url,
        "cancel_url": account.cancel_url,
    }


def _said(failure: Exception, stripe: ModuleType) -> Exception:
    """Return what a client is told; Stripe's own words may hold parts of keys and stay here."""
    status = getattr(failure, "http_status", None)
    _log.warning(
        "checkout_failed",
        error=type(failure).__name__,
        status=status,
        code=getattr(failure, "code", None),
        stripe_request=getattr(failure, "request_id", None),
    )
    away = (TimeoutError, stripe.APIConnectionError, stripe.RateLimitError)
    if isinstance(failure, away) or (status or 0) >= 500:
        return Unavailable(AWAY, retry_after=RETRY_AFTER)
    return CheckoutRefused(REFUSED)
