"""Deliveries that are due: lent to one sender at a time, and settled by whoever holds the lease."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from application.webhooks.endpoints import DisabledReason
from infrastructure.webhooks.claiming import CLAIM, ONE_AT_A_TIME, WAITING
from infrastructure.webhooks.post import Outcome

PORTION: Final = 1_000
ACTOR: Final = "webhooks"
RELEASE: LiteralString = """
update webhook.delivery set lease = null, leased_until = null where delivery_id = %s and lease = %s"""
SETTLE: LiteralString = """
update webhook.delivery d
   set status = case when %(status)s <> 'pending' or e.is_active then %(status)s else 'failed' end,
       attempts = d.attempts + 1, failures = d.failures + %(failed)s,
       due_at = clock_timestamp() + %(wait)s, leased_until = null, lease = null,
       delivered_at = case when %(status)s = 'delivered' then clock_timestamp() end,
       status_code = %(status_code)s, error = %(error)s
  from webhook.endpoint e
 where d.delivery_id = %(delivery)s and d.lease = %(lease)s and e.endpoint_id = d.endpoint_id
returning d.attempts"""
ATTEMPT: LiteralString = """
insert into webhook.attempt (delivery_id, number, tenant_id, at, milliseconds, status_code, error)
values (%(delivery)s, %(number)s, %(tenant)s, %(at)s, %(milliseconds)s, %(status_code)s, %(error)s)"""
WORKS: LiteralString = """
update webhook.endpoint set failing_since = null where endpoint_id = %(endpoint)s and failing_since is not null"""
FAILS: LiteralString = """
update webhook.endpoint set failing_since = coalesce(failing_since, %(at)s) where endpoint_id = %(endpoint)s
returning failing_since, clock_timestamp()"""
DISABLE: LiteralString = """
with disabled as (
    update webhook.endpoint set is_active = false, disabled_at = clock_timestamp(), disabled_reason = %(reason)s
     where endpoint_id = %(endpoint)s and is_active returning endpoint_id, tenant_id
), failed as (
    update webhook.delivery d set status = 'failed', error = 'inactive'
      from disabled where d.endpoint_id = disabled.endpoint_id and d.status = 'pending'
)
select identity.note_audit(tenant_id, %(actor)s, 'webhook.disabled', 'webhook/' || endpoint_id, null,
                           json_build_object('reason', %(reason)s::text)) from disabled"""
SWEEP: LiteralString = """
delete from webhook.delivery where delivery_id in (
    select delivery_id from webhook.delivery where created_at < now() - %s and status <> 'pending' limit %s)"""
SWEEP_MESSAGES: LiteralString = """
delete from webhook.message m where (m.tenant_id, m.event_id) in (
    select o.tenant_id, o.event_id from webhook.message o
     where o.recorded_at < now() - %s
       and not exists (select from webhook.delivery d where d.tenant_id = o.tenant_id and d.event_id = o.event_id)
     order by o.recorded_at limit %s)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is sent at once: at most so many by this process, to one endpoint, and for one tenant.

    An endpoint whose last attempt failed gets one at a time until one works.
    """

    at_once: int = 64
    per_endpoint: int = 4
    per_tenant: int = 16
    lease: timedelta = timedelta(seconds=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A delivery lent to this process; the secrets are sealed still."""

    delivery_id: UUID
    endpoint_id: UUID
    tenant_id: str
    lease: UUID
    failures: int
    url: str
    secret: bytes
    previous_secret: bytes | None
    body: str


class DeliveryQueue:
    """Lends deliveries fairly: the endpoint, and the tenant, that has the least on its way comes first.

    A lease outlasts any attempt; one whose process died is lent again when it ends, under the same webhook-id.
    """

    def __init__(self, pool: AsyncConnectionPool[Any], limits: Limits) -> None:
        self._pool, self._limits = pool, limits

    async def claim(self, room: int) -> list[Job]:
        """Borrow at most `room` deliveries that are due."""
        values = {
            "room": room,
            "lease": uuid4(),
            "lasts": self._limits.lease,
            "per_endpoint": self._limits.per_endpoint,
            "per_tenant": self._limits.per_tenant,
        }
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(ONE_AT_A_TIME)
            cursor = connection.cursor(row_factory=class_row(Job))
            await cursor.execute(CLAIM, values)
            jobs: list[Job] = await cursor.fetchall()
        return jobs

    async def release(self, job: Job) -> None:
        """Give a delivery back untried."""
        async with self._pool.connection() as connection:
            await connection.execute(RELEASE, (job.delivery_id, job.lease))

    async def delivered(self, job: Job, outcome: Outcome, at: datetime) -> None:
        """Note that an endpoint took a delivery."""
        async with self._pool.connection() as connection, connection.transaction():
            if await self._settle(connection, job, outcome, at, status="delivered", wait=timedelta(0)):
                await connection.execute(WORKS, {"endpoint": job.endpoint_id})

    async def failed(
        self, job: Job, outcome: Outcome, at: datetime, *, wait: timedelta | None
    ) -> datetime | None:
        """Note a failed attempt, to be repeated after `wait` or never; return since when the endpoint has failed.

        None where somebody else has the lease by now.
        """
        status = "failed" if wait is None else "pending"
        async with self._pool.connection() as connection, connection.transaction():
            if not await self._settle(connection, job, outcome, at, status=status, wait=wait or timedelta(0)):
                return None
            cursor = await connection.execute(FAILS, {"endpoint": job.endpoint_id, "at": at})
            row = await cursor.fetchone()
            return None if row is None else row[0]

    async def disable(self, endpoint_id: UUID, reason: DisabledReason) -> None:
        """Send nothing more to an endpoint, and say so in its tenant's audit trail."""
        values = {"endpoint": endpoint_id, "reason": reason, "actor": ACTOR}
        async with self._pool.connection() as connection:
            await connection.execute(DISABLE, values)

    async def waiting(self) -> tuple[int, float]:
        """Return how many deliveries are due, and for how many seconds the oldest of them has been."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(WAITING)).fetchone()
        return (0, 0.0) if row is None else (row[0], row[1])

    async def sweep(self, retention: timedelta) -> int:
        """Forget a portion of what was settled longer ago than that; return how much."""
        async with self._pool.connection() as connection:
            swept: int = (await connection.execute(SWEEP, (retention, PORTION))).rowcount
            swept += (await connection.execute(SWEEP_MESSAGES, (retention, PORTION))).rowcount
        return swept

    async def _settle(
        self,
        connection: AsyncConnection[Any],
        job: Job,
        outcome: Outcome,
        at: datetime,
        *,
        status: str,
        wait: timedelta,
    ) -> bool:
        values = {
            "delivery": job.delivery_id,
            "lease": job.lease,
            "tenant": job.tenant_id,
            "status": status,
            "failed": int(status != "delivered"),
            "wait": wait,
            "at": at,
            "milliseconds": outcome.milliseconds,
            "status_code": outcome.status_code,
            "error": outcome.error,
        }
        row = await (await connection.execute(SETTLE, values)).fetchone()
        if row is None:
            return False
        await connection.execute(ATTEMPT, {**values, "number": row[0]})
        return True
