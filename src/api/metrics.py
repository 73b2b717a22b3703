"""Request metrics for Prometheus: by route template, method and status, never by tenant."""

from functools import lru_cache
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

LATENCY_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METRICS_TYPE: Final = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
"""Litestar adds the character set to every text type by itself."""


class RequestMetrics:
    """Counts requests and their seconds in a registry of its own process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        names = ("method", "route")
        self.registry = registry
        requests = Counter(
            "trimtab_http_requests", "Requests answered.", (*names, "status"), registry=registry
        )
        seconds = Histogram(
            "trimtab_http_request_seconds",
            "Seconds to answer.",
            names,
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        # The children are looked up once: `labels()` takes a lock and builds a key on every call.
        self._requests = lru_cache(4096)(lambda method, route, status: requests.labels(method, route, status))
        self._seconds = lru_cache(2048)(lambda method, route: seconds.labels(method, route))

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests(method, route, status).inc()
        self._seconds(method, route).observe(seconds)


def render(registry: CollectorRegistry) -> bytes:
    """Return the registry in the text format of METRICS_TYPE; what `/metrics` answers."""
    return generate_latest(registry)
