"""Endpoints of the tenant's own programs, and what was sent to them."""

from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import Annotated, Any, TypeAlias
from uuid import UUID, uuid4

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from api.answers import Answer, ApiResponse
from api.bodies import require_rules
from api.idempotency import idempotent
from api.operation import operation
from api.request import ApiRequest
from api.resources import webhook_examples as examples
from api.resources.fields import Offset, PageOf200
from api.resources.recording import recorded
from api.resources.webhook_bodies import (
    DeliveryBody,
    DeliveryPage,
    DeliveryStatus,
    RegisterWebhook,
    ReviseWebhook,
    RotateSecret,
    WebhookBody,
    WebhookPage,
    WebhookSecretBody,
)
from api.resources.webhook_rendering import accepted, delivery_body, webhook_body, with_secret
from api.services import Service
from application.caller import ADMIN
from application.ledger import Done, Remember
from application.webhooks.destination import Destinations
from application.webhooks.endpoints import Delivery, Endpoint, Webhooks
from application.webhooks.payload import payload_of_test
from application.webhooks.register import RegisterEndpoint, register_endpoint
from application.webhooks.revise import ReviseEndpoint, revise_endpoint
from application.webhooks.signature import SECRET_BYTES
from projections.published.cloudevents import SOURCE
from projections.published.subscriptions import TEST_TYPE

OfStatus: TypeAlias = Annotated[
    DeliveryStatus | None, QueryParameter(name="status", description="Only deliveries in this state.")
]


class WebhookController(Controller):
    """Outgoing webhooks of a tenant."""

    path = "/v1/webhooks"
    tags = ("Webhooks",)

    @post(
        status_code=201,
        opt=operation(
            scope=ADMIN,
            headers=("Location",),
            errors=(409,),
            examples=examples.WEBHOOKS_SENT,
            example=examples.WEBHOOK_WITH_SECRET,
        ),
    )
    @idempotent()
    async def register_webhook(
        self,
        request: ApiRequest,
        data: JSONBody[RegisterWebhook],
        webhooks: Service[Webhooks],
        destinations: Service[Destinations],
    ) -> ApiResponse[WebhookSecretBody]:
        """Register an endpoint; the answer is the only one that shows its secret.

        It is told of what happens from now on, signed by Standard Webhooks. A tenant has at most 20.
        """
        require_rules(data)
        secret = token_bytes(SECRET_BYTES)
        command = RegisterEndpoint(
            caller=request.caller,
            endpoint_id=uuid4(),
            url=data.url,
            events=tuple(data.events),
            description=data.description,
            is_active=data.is_active,
            secret=secret,
        )
        return await recorded(
            request,
            lambda remember: register_endpoint(
                command, webhooks=webhooks, destinations=destinations, remember=remember
            ),
            lambda made: with_secret(made, secret, status=201),
        )

    @get(opt=operation(scope=ADMIN, example=examples.WEBHOOK_PAGE))
    async def list_webhooks(
        self,
        request: ApiRequest,
        webhooks: Service[Webhooks],
        limit: PageOf200 = 50,
        offset: Offset = 0,
    ) -> WebhookPage:
        """List the endpoints, the oldest first; never with a secret."""
        found, total = await webhooks.page(request.caller.tenant, limit=limit, offset=offset)
        return WebhookPage(
            webhooks=[webhook_body(one) for one in found], total=total, limit=limit, offset=offset
        )

    @get("/{webhook_id:uuid}", opt=operation(scope=ADMIN, example=examples.WEBHOOK))
    async def read_webhook(
        self, request: ApiRequest, webhook_id: FromPath[UUID], webhooks: Service[Webhooks]
    ) -> WebhookBody:
        """Read an endpoint: whether it works, and why it is disabled where it is."""
        return webhook_body(await webhooks.one(request.caller.tenant, webhook_id))

    @patch(
        "/{webhook_id:uuid}",
        opt=operation(scope=ADMIN, examples=examples.REVISIONS, example=examples.WEBHOOK),
    )
    async def revise_webhook(
        self,
        request: ApiRequest,
        webhook_id: FromPath[UUID],
        data: JSONBody[ReviseWebhook],
        webhooks: Service[Webhooks],
        destinations: Service[Destinations],
    ) -> WebhookBody:
        """Change an endpoint.

        `is_active: false` gives up what waits to be sent; `is_active: true` forgets why the endpoint was disabled.
        """
        require_rules(data)
        command = ReviseEndpoint(caller=request.caller, endpoint_id=webhook_id, changes=_said(data))
        return webhook_body(await revise_endpoint(command, webhooks=webhooks, destinations=destinations))

    @delete("/{webhook_id:uuid}", opt=operation(scope=ADMIN))
    async def remove_webhook(
        self, request: ApiRequest, webhook_id: FromPath[UUID], webhooks: Service[Webhooks]
    ) -> ApiResponse[None]:
        """Remove an endpoint with its log."""
        await webhooks.remove(request.caller, webhook_id)
        return Answer(None, status=204).at(None)

    @post(
        "/{webhook_id:uuid}/rotate-secret",
        status_code=200,
        opt=operation(scope=ADMIN, examples=examples.ROTATIONS, example=examples.WEBHOOK_WITH_SECRET),
    )
    @idempotent()
    async def rotate_webhook_secret(
        self,
        request: ApiRequest,
        webhook_id: FromPath[UUID],
        webhooks: Service[Webhooks],
        data: JSONBody[RotateSecret | None] = None,
    ) -> ApiResponse[WebhookSecretBody]:
        """Give an endpoint a new secret.

        Until the overlap ends there are two signatures, with the new secret and with the one before it; an older one
        that still overlapped ends now.
        """
        secret = token_bytes(SECRET_BYTES)
        overlap = timedelta(seconds=(data or RotateSecret()).overlap_seconds)

        async def rotate(remember: Remember[Endpoint]) -> Done[Endpoint]:
            return _done(await webhooks.rotate(request.caller, webhook_id, secret, overlap, remember))

        return await recorded(request, rotate, lambda made: with_secret(made, secret, status=200))

    @post(
        "/{webhook_id:uuid}/test",
        status_code=202,
        opt=operation(scope=ADMIN, headers=("Location",), errors=(409,), example=examples.DELIVERY_BEGUN),
    )
    @idempotent()
    async def test_webhook(
        self, request: ApiRequest, webhook_id: FromPath[UUID], webhooks: Service[Webhooks]
    ) -> ApiResponse[DeliveryBody]:
        """Send the event `webhook.test` to an endpoint; `Location` tells what became of it."""
        event_id = uuid4()
        body = payload_of_test(
            TEST_TYPE,
            tenant=request.caller.tenant,
            event_id=event_id,
            endpoint_id=webhook_id,
            source=SOURCE,
            at=datetime.now(UTC),
        )

        async def announce(remember: Remember[Delivery]) -> Done[Delivery]:
            return _done(await webhooks.announce_test(request.caller, webhook_id, event_id, body, remember))

        return await recorded(request, announce, accepted)

    @get("/{webhook_id:uuid}/deliveries", opt=operation(scope=ADMIN, example=examples.DELIVERY_PAGE))
    async def list_webhook_deliveries(
        self,
        request: ApiRequest,
        webhook_id: FromPath[UUID],
        webhooks: Service[Webhooks],
        status: OfStatus = None,
        limit: PageOf200 = 50,
        offset: Offset = 0,
    ) -> DeliveryPage:
        """List what was sent to an endpoint in the last 30 days, the newest first, with every attempt."""
        found, total = await webhooks.deliveries(
            request.caller.tenant, webhook_id, status=status, limit=limit, offset=offset
        )
        return DeliveryPage(
            deliveries=[delivery_body(one) for one in found], total=total, limit=limit, offset=offset
        )

    @get(
        "/{webhook_id:uuid}/deliveries/{delivery_id:uuid}",
        opt=operation(scope=ADMIN, example=examples.DELIVERY_TRIED),
    )
    async def read_webhook_delivery(
        self,
        request: ApiRequest,
        webhook_id: FromPath[UUID],
        delivery_id: FromPath[UUID],
        webhooks: Service[Webhooks],
    ) -> DeliveryBody:
        """Read what became of one delivery."""
        return delivery_body(await webhooks.delivery(request.caller.tenant, webhook_id, delivery_id))

    @post(
        "/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/replay",
        status_code=202,
        opt=operation(scope=ADMIN, headers=("Location",), errors=(409,), example=examples.DELIVERY_BEGUN),
    )
    @idempotent()
    async def replay_webhook_delivery(
        self,
        request: ApiRequest,
        webhook_id: FromPath[UUID],
        delivery_id: FromPath[UUID],
        webhooks: Service[Webhooks],
    ) -> ApiResponse[DeliveryBody]:
        """Send a delivery again, whatever became of it: the same body under the same `webhook-id`, signed anew."""

        async def replay(remember: Remember[Delivery]) -> Done[Delivery]:
            return _done(await webhooks.replay(request.caller, webhook_id, delivery_id, remember))

        return await recorded(request, replay, accepted)


def _done(result: Any) -> Done[Any]:
    return Done(result=result, position=None)


def _said(data: ReviseWebhook) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
