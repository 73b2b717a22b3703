"""What is proven to others, sent to them and paid by them."""

from dataclasses import dataclass
from datetime import timedelta

from bootstrap.setting import setting
from bootstrap.setting_kinds import (
    DURATION,
    DURATIONS,
    FLAG,
    PATIENCE,
    PROTECTED_URL,
    SIGNING_KEY,
    TEXT,
    whole,
)


@dataclass(frozen=True, kw_only=True)
class OutwardSettings:
    """The signed log, webhooks and billing."""

    log_signing_key: str | None = setting(
        "TRIMTAB_LOG_SIGNING_KEY",
        SIGNING_KEY,
        None,
        "What signs the checkpoints of the event log. Without it a key is made on the first run and kept in "
        "`log-signing-key.pem` in the home folder. Relays on several machines need the same one.",
        secret=True,
    )
    checkpoint_events: int = setting(
        "TRIMTAB_CHECKPOINT_EVENTS",
        whole(1, 1_000_000_000),
        "1000",
        "After how many events the relay signs the event log.",
    )
    checkpoint_interval: timedelta = setting(
        "TRIMTAB_CHECKPOINT_INTERVAL",
        DURATION,
        "10m",
        "How long a new event waits for a signature at most.",
    )
    webhook_allow_loopback: bool = setting(
        "TRIMTAB_WEBHOOK_ALLOW_LOOPBACK",
        FLAG,
        "false",
        "Let webhooks go to this machine, without TLS as well: for trying them out, never for other people's tenants.",
    )
    webhook_timeout_seconds: float = setting(
        "TRIMTAB_WEBHOOK_TIMEOUT_SECONDS",
        PATIENCE,
        "20",
        "How long an endpoint may take to answer a webhook.",
    )
    webhook_retries: tuple[timedelta, ...] = setting(
        "TRIMTAB_WEBHOOK_RETRIES",
        DURATIONS,
        "5s,30s,2m,10m,30m,2h,5h,10h,14h,20h,24h",
        "How long to wait, on the average, after each failed attempt to deliver a webhook; after the last of these "
        "waits comes the last attempt.",
    )
    webhook_disable_after: timedelta = setting(
        "TRIMTAB_WEBHOOK_DISABLE_AFTER",
        DURATION,
        "5d",
        "An endpoint that has taken nothing for that long is disabled once a delivery has failed for good.",
    )
    webhook_retention: timedelta = setting(
        "TRIMTAB_WEBHOOK_RETENTION", DURATION, "30d", "How long deliveries stay in the log."
    )
    stripe_secret_key: str | None = setting(
        "TRIMTAB_STRIPE_SECRET_KEY",
        TEXT,
        None,
        "Stripe's secret or restricted key, for `POST /v1/billing/checkout`; it needs to write Checkout Sessions.",
        secret=True,
    )
    stripe_webhook_secret: str | None = setting(
        "TRIMTAB_STRIPE_WEBHOOK_SECRET",
        TEXT,
        None,
        "The signing secret of the endpoint that Stripe sends its events to, `/v1/billing/webhook`.",
        secret=True,
    )
    stripe_price_pro: str | None = setting(
        "TRIMTAB_STRIPE_PRICE_PRO", TEXT, None, "Stripe's id of the recurring price of the tier pro."
    )
    stripe_price_quant: str | None = setting(
        "TRIMTAB_STRIPE_PRICE_QUANT", TEXT, None, "Stripe's id of the recurring price of the tier quant."
    )
    stripe_price_enterprise: str | None = setting(
        "TRIMTAB_STRIPE_PRICE_ENTERPRISE",
        TEXT,
        None,
        "Stripe's id of the recurring price of the tier enterprise.",
    )
    stripe_api_url: str = setting(
        "TRIMTAB_STRIPE_API_URL",
        PROTECTED_URL,
        "https://api.stripe.com",
        "Where Stripe answers.",
    )
    billing_success_url: str | None = setting(
        "TRIMTAB_BILLING_SUCCESS_URL",
        PROTECTED_URL,
        None,
        "Where a browser goes that has paid. Without it: the documentation of this service.",
    )
    billing_cancel_url: str | None = setting(
        "TRIMTAB_BILLING_CANCEL_URL",
        PROTECTED_URL,
        None,
        "Where a browser goes that did not pay after all. Without it: the documentation of this service.",
    )
