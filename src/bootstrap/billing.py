"""Billing, put together from the settings."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from application.tiers import PaidTier
from bootstrap.settings import Settings
from infrastructure.billing.checkouts import StripeAccount, StripeCheckouts
from infrastructure.billing.signatures import StripeSignatures
from infrastructure.billing.subscriptions import PostgresAnswers, PostgresSubscriptions

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

DOCUMENTATION = "/docs"
"""Where a browser ends that has paid, or has not, unless the settings name better pages."""


def billing_services(
    connections: "AsyncConnectionPool[Any]", settings: Settings, checkouts: StripeCheckouts
) -> Mapping[str, object]:
    """Return what the endpoints of billing work with; without settings of Stripe they say that there is no billing."""
    return {
        "checkouts": checkouts,
        "signatures": StripeSignatures(settings.stripe_webhook_secret),
        "subscriptions": PostgresSubscriptions(connections),
        "answers": PostgresAnswers(connections),
    }


def stripe_account(settings: Settings) -> StripeAccount:
    """Return whom tenants pay, and what."""
    prices: Mapping[PaidTier, str | None] = {
        "pro": settings.stripe_price_pro,
        "quant": settings.stripe_price_quant,
        "enterprise": settings.stripe_price_enterprise,
    }
    page = settings.published_url + DOCUMENTATION
    return StripeAccount(
        secret_key=settings.stripe_secret_key,
        api_url=settings.stripe_api_url,
        prices={tier: price for tier, price in prices.items() if price is not None},
        success_url=settings.billing_success_url or page,
        cancel_url=settings.billing_cancel_url or page,
    )
