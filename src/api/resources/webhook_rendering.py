"""Endpoints and deliveries as they are told."""

import msgspec

from api.answers import Answer
from api.resources.webhook_bodies import AttemptBody, DeliveryBody, WebhookBody, WebhookSecretBody
from application.webhooks.endpoints import Delivery, Endpoint
from application.webhooks.signature import shown, webhook_id


def webhook_body(endpoint: Endpoint) -> WebhookBody:
    """Return an endpoint without its secret."""
    return WebhookBody(
        id=endpoint.endpoint_id,
        url=endpoint.url,
        events=endpoint.events,
        description=endpoint.description,
        is_active=endpoint.is_active,
        created_at=endpoint.created_at,
        updated_at=endpoint.updated_at,
        failing_since=endpoint.failing_since,
        disabled_at=endpoint.disabled_at,
        disabled_reason=endpoint.disabled_reason,
        previous_secret_until=endpoint.previous_until,
    )


def with_secret(endpoint: Endpoint, secret: bytes, *, status: int) -> Answer[WebhookSecretBody]:
    """Return the answer that shows a secret; the copy that is stored to be repeated does not hold it."""
    told = msgspec.structs.asdict(webhook_body(endpoint))
    return Answer(
        WebhookSecretBody(**told, secret=shown(secret)),
        status=status,
        location=f"/v1/webhooks/{endpoint.endpoint_id}" if status == 201 else None,
        stored_body=WebhookSecretBody(**told, secret=None),
    )


def delivery_body(delivery: Delivery) -> DeliveryBody:
    """Return a delivery with its attempts."""
    return DeliveryBody(
        id=delivery.delivery_id,
        message_id=webhook_id(delivery.delivery_id),
        webhook_id=delivery.endpoint_id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        status=delivery.status,
        created_at=delivery.created_at,
        next_attempt_at=delivery.due_at if delivery.status == "pending" else None,
        delivered_at=delivery.delivered_at,
        status_code=delivery.status_code,
        error=delivery.error,
        attempts=[AttemptBody(**msgspec.structs.asdict(attempt)) for attempt in delivery.attempts],
    )


def accepted(delivery: Delivery) -> Answer[DeliveryBody]:
    """Return the answer to whoever asked for a delivery to be made."""
    location = f"/v1/webhooks/{delivery.endpoint_id}/deliveries/{delivery.delivery_id}"
    return Answer(delivery_body(delivery), status=202, location=location)
