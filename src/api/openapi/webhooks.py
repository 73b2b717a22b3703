"""The `webhooks` of the OpenAPI document: what registered endpoints are sent."""

from collections.abc import Mapping
from typing import Any, Final

from projections.published.subscriptions import TEST_TYPE, TYPES, names_of

_HEADERS: Final = {
    "webhook-id": "The same however often this event is sent to this endpoint: what is known already is ignored.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "Signatures `v1,<base64>` with blanks between, one per secret in force.",
}
_ANSWERS: Final = {
    "2XX": {"description": "Taken. Nothing of the answer is read but its status."},
    "410": {"description": "Gone: the endpoint is disabled."},
    "default": {"description": "Tried again later; `Retry-After` is honoured, a redirect is not followed."},
}


def webhooks() -> Mapping[str, Any]:
    """Return a description of every event that is sent, by its type."""
    told = {
        event_type: _event(event_type, summary, _data(event_type)) for event_type, summary in TYPES.items()
    }
    test = {"type": "object", "description": "The endpoint's id, and that this is a test."}
    return {**told, TEST_TYPE: _event(TEST_TYPE, "Somebody asked for a test.", test)}


def _data(event_type: str) -> Mapping[str, Any]:
    return {"type": "object", "description": f"By the schema at `/v1/schemas/{event_type}`."}


def _event(event_type: str, summary: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    groups = ", ".join(f"`{name}`" for name in names_of(event_type) if name != event_type)
    return {
        "post": {
            "operationId": f"told_{event_type.replace('.', '_').replace('-', '_')}",
            "summary": summary,
            "description": f"A CloudEvent, signed by Standard Webhooks.{f' Part of {groups}.' if groups else ''}",
            "tags": ["Webhooks"],
            "security": [],
            "parameters": [
                {
                    "name": name,
                    "in": "header",
                    "required": True,
                    "description": text,
                    "schema": {"type": "string"},
                }
                for name, text in _HEADERS.items()
            ],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _body(event_type, data)}},
            },
            "responses": _ANSWERS,
        }
    }


def _body(event_type: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["type", "timestamp", "data", "specversion", "id", "source", "time", "tenantid"],
        "properties": {
            "type": {"const": event_type},
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "description": "When it happened, as `time`.",
            },
            "data": data,
            "time": {"type": "string", "format": "date-time"},
            "specversion": {"const": "1.0"},
            "id": {**text, "description": "The event's own id."},
            "source": text,
            "subject": text,
            "datacontenttype": text,
            "dataschema": text,
            "tenantid": text,
            "correlationid": text,
            "causationid": text,
            "sequence": {**text, "description": "The event's place in the log, by which events are ordered."},
        },
    }
