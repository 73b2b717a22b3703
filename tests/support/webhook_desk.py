"""Webhooks without the API and the streams around them: endpoints, deliveries, and a sender that a test steps."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from prometheus_client import CollectorRegistry
from psycopg_pool import AsyncConnectionPool
from tests.support.callers import a_caller
from tests.support.database import as_api
from tests.support.names import resolved_here

from application.ledger import forget
from application.webhooks.destination import Destinations, Resolve
from application.webhooks.endpoints import Delivery, Endpoint, NewEndpoint
from application.webhooks.outbox import Announcement
from application.webhooks.schedule import Schedule
from application.webhooks.signature import SECRET_BYTES
from infrastructure.identity.sealing import Seal
from infrastructure.postgres.connect import pool
from infrastructure.webhooks.endpoints import PostgresWebhooks
from infrastructure.webhooks.metrics import WebhookMetrics
from infrastructure.webhooks.outbox import PostgresOutbox
from infrastructure.webhooks.post import Poster
from infrastructure.webhooks.queue import DeliveryQueue, Limits
from infrastructure.webhooks.sender import Sender, Sending
from projections.published.subscriptions import names_of

RECOMMENDED = "pm.rebalance.recommended.v1"
SECRET = bytes(range(SECRET_BYTES))
SEAL_SECRET = "a secret of the tests, long enough for HS256"
MONTH = timedelta(days=30)


@dataclass(kw_only=True)
class Desk:
    """What a test of webhooks has at hand."""

    owner: AsyncConnectionPool[Any]
    webhooks: PostgresWebhooks
    outbox: PostgresOutbox
    metrics: WebhookMetrics
    sending: Sending

    def sender(self, **given: Any) -> Sender:
        """A sender that begins what is due whenever it is asked to."""
        sending = replace(self.sending, **given)
        return Sender(DeliveryQueue(self.owner, sending.limits), sending, self.metrics, stop=asyncio.Event())

    async def send(self, **given: Any) -> int:
        """Send what is due, and wait for the outcome; return how much that was."""
        sender = self.sender(**given)
        begun = await sender.begin()
        await sender.settle()
        return begun

    async def endpoint(
        self, url: str, *, tenant: str = "acme", secret: bytes = SECRET, events: tuple[str, ...] = ()
    ) -> Endpoint:
        """Register an endpoint; how its URL is looked at is not this test's business."""
        new = NewEndpoint(
            endpoint_id=uuid4(),
            url=url,
            events=events or ("recommendation.made",),
            description=None,
            is_active=True,
            secret=secret,
        )
        return await self.webhooks.add(a_caller(tenant), new, forget)

    async def happens(self, *, tenant: str = "acme", **given: Any) -> Announcement:
        """Announce an event to whoever asked for it."""
        facts: dict[str, Any] = {
            "tenant_id": tenant,
            "event_id": str(uuid4()),
            "event_type": RECOMMENDED,
            "position": 1,
            "happened_at": datetime.now(UTC).isoformat(),
            "body": '{"type":"pm.rebalance.recommended.v1","data":{"note":"größer ✓"}}',
        }
        facts |= given
        news = Announcement(names=names_of(facts["event_type"]), **facts)
        await self.outbox.announce([news])
        return news

    async def log(self, endpoint: Endpoint, *, tenant: str = "acme") -> list[Delivery]:
        """What was sent to an endpoint, the newest first."""
        found, total = await self.webhooks.deliveries(
            tenant, endpoint.endpoint_id, status=None, limit=200, offset=0
        )
        assert total == len(found)
        return found

    async def now(self, endpoint: Endpoint, *, tenant: str = "acme") -> Endpoint:
        """The endpoint as it is now."""
        return await self.webhooks.one(tenant, endpoint.endpoint_id)

    async def time_passes(self, seconds: float) -> None:
        """Make everything that is due, leased or overlapping be so that much sooner."""
        async with self.owner.connection() as connection:
            await connection.execute(
                "update webhook.delivery set due_at = due_at - %(s)s, leased_until = leased_until - %(s)s",
                {"s": timedelta(seconds=seconds)},
            )
            await connection.execute(
                "update webhook.endpoint set previous_until = previous_until - %(s)s, "
                "failing_since = failing_since - %(s)s",
                {"s": timedelta(seconds=seconds)},
            )

    async def rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        """What the owner sees."""
        async with self.owner.connection() as connection:
            return await (await connection.execute(query, params)).fetchall()  # type: ignore[arg-type]

    async def replayed(self, endpoint: Endpoint, delivery_id: UUID) -> Delivery:
        """Ask for a delivery again."""
        return await self.webhooks.replay(a_caller("acme"), endpoint.endpoint_id, delivery_id, forget)


@asynccontextmanager
async def a_desk(
    database_url: str, *, tls: ssl.SSLContext | None = None, resolve: Resolve = resolved_here
) -> AsyncIterator[Desk]:
    """Lend a desk: endpoints are kept as the API's role, deliveries are sent as the owner."""
    metrics, seal = WebhookMetrics(CollectorRegistry()), Seal(SEAL_SECRET, b"webhooks")
    async with (
        pool(database_url, "webhooks", size=12) as owner,
        pool(as_api(database_url), "api", size=2) as api,
    ):
        yield Desk(
            owner=owner,
            webhooks=PostgresWebhooks(api, seal),
            outbox=PostgresOutbox(owner, metrics, retention=MONTH),
            metrics=metrics,
            sending=Sending(
                destinations=Destinations(resolve, allow_loopback=True),
                poster=Poster(tls or ssl.create_default_context(), seconds=10.0),
                seal=seal,
                schedule=Schedule(
                    waits=(timedelta(seconds=5), timedelta(minutes=5)), disable_after=timedelta(days=5)
                ),
                retention=MONTH,
                limits=Limits(),
                random=lambda: 0.5,
            ),
        )
