"""What Stripe is asked for when a tenant subscribes, and what it costs before anybody does."""

import subprocess
import sys

from application.billing.ports import Order
from infrastructure.billing.checkouts import StripeAccount, session_of

ACCOUNT = StripeAccount(
    secret_key="sk_test_secret",
    api_url="https://api.stripe.com",
    prices={"pro": "price_1"},
    success_url="https://a.example/yes",
    cancel_url="https://a.example/no",
)


def test_the_subscription_names_tenant_and_tier_for_its_events() -> None:
    asked = session_of(Order(tenant="acme", tier="pro"), "price_1", ACCOUNT)
    assert asked["subscription_data"] == {"metadata": {"tenant_id": "acme", "tier": "pro"}}
    assert asked["line_items"] == [{"price": "price_1", "quantity": 1}]


def test_an_account_shown_in_a_log_keeps_its_key() -> None:
    assert "sk_test_secret" not in repr(ACCOUNT)


def test_the_library_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, bootstrap.billing; sys.exit('stripe' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
