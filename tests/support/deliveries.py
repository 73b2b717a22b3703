"""Entries on a stream as the relay writes them, and inboxes that read them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from prometheus_client import CollectorRegistry
from redis import Redis

from infrastructure.redis.connect import Client
from infrastructure.redis.inbox import RedisInbox
from infrastructure.redis.messages import Fields
from infrastructure.redis.metrics import AgentMetrics
from projections.published.catalogue import PORTFOLIO_EVENTS

GROUP = "test"
ALPHA, BETA = UUID(int=1), UUID(int=2)


def fields_of(position: int, portfolio_id: UUID) -> dict[bytes, bytes]:
    """The fields of an entry."""
    text = {
        "id": f"event-{position}",
        "type": "pm.portfolio.archived.v1",
        "subject": f"portfolio/{portfolio_id}",
        "tenantid": "tenant-a",
        "correlationid": "correlation",
        "sequence": str(position),
        "data": "{}",
    }
    return {name.encode(): value.encode() for name, value in text.items()}


def put(redis_url: str, *entries: tuple[int, UUID]) -> None:
    """Append entries of portfolios, by position."""
    with Redis.from_url(redis_url) as redis:
        for position, portfolio_id in entries:
            redis.xadd(
                PORTFOLIO_EVENTS, dict[Any, Any](fields_of(position, portfolio_id)), id=f"{position}-0"
            )


def an_inbox(redis: Client, consumer: str = "test-1", group: str = GROUP, **given: Any) -> RedisInbox:
    """An inbox over the portfolio stream whose event store knows every position as one of portfolio Alpha."""

    async def refetch(positions: Sequence[int]) -> Mapping[int, Fields]:
        return {position: fields_of(position, ALPHA) for position in positions}

    facts: dict[str, Any] = {
        "refetch": refetch,
        "metrics": AgentMetrics(GROUP, CollectorRegistry()),
        "block_milliseconds": 50,
    }
    return RedisInbox(redis, group, consumer, [PORTFOLIO_EVENTS], **(facts | given))


def pending_in(redis_url: str, stream: str = PORTFOLIO_EVENTS, group: str = GROUP) -> int:
    """How many entries a group was handed and has not settled."""
    with Redis.from_url(redis_url) as redis:
        found: Any = redis.xpending(stream, group)
        return int(found["pending"])
