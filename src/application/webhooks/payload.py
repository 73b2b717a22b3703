"""What is sent: a CloudEvent in JSON that is a Standard Webhooks payload as well."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from application.inbox import Message

_LEFT_OUT: Final = frozenset({"traceparent", "type", "time"})
"""Our own traces concern nobody else; type and time come first."""


def payload(message: Message) -> bytes:
    """Return the body for a published event; its data byte for byte as it is on the stream."""
    further = {name: value for name, value in message.attributes.items() if name not in _LEFT_OUT}
    return _encoded(message.event_type, message.attributes["time"], message.data, further)


def payload_of_test(
    event_type: str, *, tenant: str, event_id: UUID, endpoint_id: UUID, source: str, at: datetime
) -> bytes:
    """Return the body of a test event."""
    attributes = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": source,
        "subject": f"webhook/{endpoint_id}",
        "datacontenttype": "application/json",
        "tenantid": tenant,
    }
    data = msgspec.json.encode({"webhook_id": endpoint_id, "message": "This is a test."})
    return _encoded(event_type, at.isoformat().replace("+00:00", "Z"), data, attributes)


def _encoded(event_type: str, time: str, data: bytes, attributes: Mapping[str, str]) -> bytes:
    """`timestamp` is the word of Standard Webhooks, `time` that of CloudEvents."""
    return msgspec.json.encode(
        {"type": event_type, "timestamp": time, "data": msgspec.Raw(data), "time": time, **attributes}
    )
