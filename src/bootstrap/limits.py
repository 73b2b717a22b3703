"""What requests are counted by."""

from typing import TYPE_CHECKING, Any

from prometheus_client import REGISTRY, CollectorRegistry, Gauge

from api.parts import LimitParts
from application.limits.rules import PerMinute
from application.limits.usage import UsageReader
from bootstrap.settings import Settings
from infrastructure.limits.counting import Counting
from infrastructure.postgres.tiers import PostgresTiers
from infrastructure.postgres.usage import PostgresUsage

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool


def counting_of(
    settings: Settings,
    process: str,
    connections: "AsyncConnectionPool[Any]",
    registry: CollectorRegistry = REGISTRY,
) -> Counting:
    """Return what counts requests and calls, not yet started."""
    assert settings.redis_url is not None
    answers = Gauge(
        "trimtab_limits_redis_up", "1 while Redis counts requests, 0 while nobody does.", registry=registry
    )
    answers.set(1)
    return Counting(
        settings.redis_url,
        process,
        PostgresUsage(connections),
        alone=settings.api_processes == 1,
        on_redis=lambda up: answers.set(up),
    )


def limit_parts(
    settings: Settings, counting: Counting, connections: "AsyncConnectionPool[Any]"
) -> LimitParts:
    """Return the limits that hold, and what counts."""
    return LimitParts(
        limiter=counting,
        meter=counting,
        tiers=PostgresTiers(connections, settings.default_tier),
        per_minute=PerMinute(
            auth=settings.limit_auth,
            compute=settings.limit_compute,
            write=settings.limit_write,
            read=settings.limit_read,
            default=settings.limit_default,
        ),
        default_tier=settings.default_tier,
    )


def usage_reader(parts: LimitParts) -> UsageReader:
    """Return what answers for usage."""
    return UsageReader(parts.meter, parts.tiers, parts.clock)
