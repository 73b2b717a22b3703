"""Deliveries that wait to be sent, written as the owner: one transaction may hold several tenants' events."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, LiteralString

import msgspec
from psycopg_pool import AsyncConnectionPool

from application.webhooks.outbox import Announcement
from infrastructure.webhooks.metrics import WebhookMetrics

ANNOUNCE: LiteralString = """
with news as materialized (
    select * from json_to_recordset(%(news)s::json) as n (
        tenant_id text, event_id text, event_type text, names text[], position bigint, happened_at timestamptz,
        body text)
     where happened_at > now() - %(retention)s
), wanted as materialized (
    select e.endpoint_id, n.* from news n join webhook.endpoint e on e.tenant_id = n.tenant_id
     where e.is_active and e.events && n.names and n.position > e.since_position
       and not exists (select from webhook.delivery d where d.endpoint_id = e.endpoint_id and d.event_id = n.event_id)
), kept as (
    insert into webhook.message (tenant_id, event_id, event_type, happened_at, body)
    select distinct on (tenant_id, event_id) tenant_id, event_id, event_type, happened_at, body from wanted
        on conflict do nothing
)
insert into webhook.delivery (delivery_id, endpoint_id, tenant_id, event_id, event_type)
select overlay(overlay(md5(endpoint_id || '/' || event_id) placing '8' from 13) placing '8' from 17)::uuid,
       endpoint_id, tenant_id, event_id, event_type
  from wanted
    on conflict do nothing"""
"""The id of a delivery follows from its endpoint and its event (a UUID of version 8): a row that was made, let go and
made again would still be the same webhook to its receiver. Events older than the log itself make no deliveries: the
row that says they were sent may be gone."""


class PostgresOutbox:
    """The `Outbox` port."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], metrics: WebhookMetrics, *, retention: timedelta
    ) -> None:
        self._pool, self._metrics, self._retention = pool, metrics, retention

    async def announce(self, news: Sequence[Announcement]) -> int:
        """Keep deliveries to every endpoint that asked; return how many are new."""
        values = {"news": msgspec.json.encode(news).decode(), "retention": self._retention}
        async with self._pool.connection() as connection:
            made: int = (await connection.execute(ANNOUNCE, values)).rowcount
        self._metrics.announced.inc(made)
        return made
