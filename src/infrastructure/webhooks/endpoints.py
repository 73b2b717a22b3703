"""The endpoints of a tenant, as the API's role may read and write them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, LiteralString, TypeVar
from uuid import UUID, uuid4

import msgspec
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from application.caller import Caller
from application.ledger import Remember
from application.webhooks.endpoints import (
    ENDPOINTS_MAX,
    Delivery,
    DeliveryNotFound,
    Endpoint,
    EndpointInactive,
    EndpointNotFound,
    NewEndpoint,
    Status,
    TooManyEndpoints,
)
from infrastructure.eventstore.append import append_answer
from infrastructure.identity.sealing import Seal
from infrastructure.identity.standing import require_standing
from infrastructure.postgres.acting import acting_as
from infrastructure.postgres.reads import TenantReads
from infrastructure.postgres.trail import note
from infrastructure.webhooks.queries import (
    ANNOUNCE,
    CHANGEABLE,
    COUNT,
    DELIVERIES,
    DELIVERIES_COUNT,
    DELIVERY,
    ENDPOINT,
    FAIL_PENDING,
    INSERT,
    INSERT_TEST,
    LOCK_TENANT,
    PAGE,
    REMOVE,
    REPLAY,
    ROTATE,
)

Row = TypeVar("Row")


class PostgresWebhooks:
    """The `Webhooks` port. Secrets are sealed before they are kept, each bound to its endpoint."""

    def __init__(self, pool: AsyncConnectionPool[Any], seal: Seal) -> None:
        self._pool, self._seal = pool, seal
        self._reads = TenantReads(pool)

    async def add(self, caller: Caller, new: NewEndpoint, remember: Remember[Endpoint]) -> Endpoint:
        """Keep a new endpoint; raises TooManyEndpoints."""
        values = {
            "tenant": caller.tenant,
            "endpoint": new.endpoint_id,
            "url": new.url,
            "events": list(new.events),
            "description": new.description,
            "is_active": new.is_active,
            "secret": self._seal.seal(new.secret, bound_to=new.endpoint_id.bytes),
            "actor": caller.actor,
        }
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            await require_standing(connection, caller)
            await connection.execute(LOCK_TENANT, values)
            counted = await (await connection.execute(COUNT, values)).fetchone()
            if counted is None or counted[0] >= ENDPOINTS_MAX:
                raise TooManyEndpoints
            await connection.execute(INSERT, values)
            await note(connection, caller, "webhook.created", _subject(new.endpoint_id))
            made = await self._endpoint(connection, caller.tenant, new.endpoint_id)
            await append_answer(connection, remember(made))
        return made

    async def change(self, caller: Caller, endpoint_id: UUID, changes: Mapping[str, Any]) -> Endpoint:
        """Change url, events, description or is_active; becoming active again forgets why it was disabled."""
        values = {"tenant": caller.tenant, "endpoint": endpoint_id, **changes}
        assignments: LiteralString = ", ".join(CHANGEABLE[name] for name in CHANGEABLE if name in changes)
        change: LiteralString = (
            "update webhook.endpoint set " + assignments + ", updated_at = clock_timestamp() "  # noqa: S608 fixed texts
            "where tenant_id = %(tenant)s and endpoint_id = %(endpoint)s"
        )
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            changed = await connection.execute(change, values)
            if not changed.rowcount:
                raise EndpointNotFound(endpoint_id)
            if changes.get("is_active") is False:
                await connection.execute(FAIL_PENDING, values)
            await note(
                connection, caller, "webhook.changed", _subject(endpoint_id), {"fields": sorted(changes)}
            )
            return await self._endpoint(connection, caller.tenant, endpoint_id)

    async def remove(self, caller: Caller, endpoint_id: UUID) -> None:
        """Forget an endpoint with everything that was sent to it."""
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            values = {"tenant": caller.tenant, "endpoint": endpoint_id}
            if not (await connection.execute(REMOVE, values)).rowcount:
                raise EndpointNotFound(endpoint_id)
            await note(connection, caller, "webhook.deleted", _subject(endpoint_id))

    async def rotate(
        self,
        caller: Caller,
        endpoint_id: UUID,
        secret: bytes,
        overlap: timedelta,
        remember: Remember[Endpoint],
    ) -> Endpoint:
        """Sign with a new secret, and until `overlap` from now with the one before it as well."""
        sealed = self._seal.seal(secret, bound_to=endpoint_id.bytes)
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            await connection.execute(ROTATE, (caller.tenant, endpoint_id, sealed, overlap))
            rotated = await self._endpoint(connection, caller.tenant, endpoint_id)
            await note(connection, caller, "webhook.changed", _subject(endpoint_id), {"fields": ["secret"]})
            await append_answer(connection, remember(rotated))
        return rotated

    async def announce_test(
        self, caller: Caller, endpoint_id: UUID, event_id: UUID, body: bytes, remember: Remember[Delivery]
    ) -> Delivery:
        """Send a test event; raises EndpointInactive."""
        values = {
            "tenant": caller.tenant,
            "endpoint": endpoint_id,
            "delivery": uuid4(),
            "event": str(event_id),
            "body": body.decode(),
        }
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            await self._require_active(connection, caller.tenant, endpoint_id)
            await connection.execute(ANNOUNCE, values)
            await connection.execute(INSERT_TEST, values)
            made = await self._delivery(connection, values)
            assert made is not None
            await append_answer(connection, remember(made))
        return made

    async def replay(
        self, caller: Caller, endpoint_id: UUID, delivery_id: UUID, remember: Remember[Delivery]
    ) -> Delivery:
        """Send a delivery again, under the same webhook-id; raises EndpointInactive."""
        values = {"tenant": caller.tenant, "endpoint": endpoint_id, "delivery": delivery_id}
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            await self._require_active(connection, caller.tenant, endpoint_id)
            await connection.execute(REPLAY, values)
            due = await self._delivery(connection, values)
            if due is None:
                raise DeliveryNotFound(delivery_id)
            await append_answer(connection, remember(due))
        return due

    async def page(self, tenant: str, *, limit: int, offset: int) -> tuple[list[Endpoint], int]:
        """Return a page of endpoints, the oldest first, and how many there are."""
        params = {"tenant": tenant, "limit": limit, "offset": offset}
        return await self._reads.page(tenant, PAGE, COUNT, params, Endpoint)

    async def one(self, tenant: str, endpoint_id: UUID) -> Endpoint:
        """Return one endpoint."""
        found = await self._reads.one(tenant, ENDPOINT, {"tenant": tenant, "endpoint": endpoint_id}, Endpoint)
        if found is None:
            raise EndpointNotFound(endpoint_id)
        return found

    async def deliveries(
        self, tenant: str, endpoint_id: UUID, *, status: Status | None, limit: int, offset: int
    ) -> tuple[list[Delivery], int]:
        """Return a page of what was sent to an endpoint, the newest first, and how many there are."""
        await self.one(tenant, endpoint_id)
        params = {
            "tenant": tenant,
            "endpoint": endpoint_id,
            "status": status,
            "limit": limit,
            "offset": offset,
        }
        return await self._reads.page(tenant, DELIVERIES, DELIVERIES_COUNT, params, Delivery)

    async def delivery(self, tenant: str, endpoint_id: UUID, delivery_id: UUID) -> Delivery:
        """Return one delivery."""
        params = {"tenant": tenant, "endpoint": endpoint_id, "delivery": delivery_id}
        found = await self._reads.one(tenant, DELIVERY, params, Delivery)
        if found is None:
            raise DeliveryNotFound(delivery_id)
        return found

    async def _endpoint(self, connection: AsyncConnection[Any], tenant: str, endpoint_id: UUID) -> Endpoint:
        found = await _one(connection, ENDPOINT, {"tenant": tenant, "endpoint": endpoint_id}, Endpoint)
        if found is None:
            raise EndpointNotFound(endpoint_id)
        return found

    async def _require_active(self, connection: AsyncConnection[Any], tenant: str, endpoint_id: UUID) -> None:
        if not (await self._endpoint(connection, tenant, endpoint_id)).is_active:
            raise EndpointInactive(endpoint_id)

    async def _delivery(self, connection: AsyncConnection[Any], values: Mapping[str, Any]) -> Delivery | None:
        return await _one(connection, DELIVERY, values, Delivery)


async def _one(
    connection: AsyncConnection[Any], query: LiteralString, params: Mapping[str, Any], row: type[Row]
) -> Row | None:
    """Return the one row of a query, read as JSON like any other."""
    wrapped: LiteralString = "select to_json(t)::text from (" + query + ") t"  # noqa: S608 fixed texts
    found = await (await connection.execute(wrapped, params)).fetchone()
    return None if found is None else msgspec.json.decode(found[0], type=row)


def _subject(endpoint_id: UUID) -> str:
    return f"webhook/{endpoint_id}"
