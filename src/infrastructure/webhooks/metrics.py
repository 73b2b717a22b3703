"""What the process `webhooks` says about itself at /metrics; never with a tenant or a host in a label."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram


class WebhookMetrics:
    """What waits to be sent, and what became of what was sent."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.announced = Counter("trimtab_webhook_deliveries", "Deliveries to be made.", registry=registry)
        self.attempts = Counter(
            "trimtab_webhook_attempts", "Attempts by what became of them.", ("outcome",), registry=registry
        )
        self.seconds = Histogram(
            "trimtab_webhook_seconds", "Seconds until an endpoint answered.", registry=registry
        )
        self.sending = Gauge("trimtab_webhook_sending", "Attempts being made now.", registry=registry)
        self.due = Gauge(
            "trimtab_webhook_due", "Deliveries that are due and not sent yet.", registry=registry
        )
        self.lag = Gauge(
            "trimtab_webhook_lag_seconds", "How long the oldest of them has been due.", registry=registry
        )
        self.disabled = Counter("trimtab_webhook_disabled", "Endpoints given up on.", registry=registry)
