"""Events as CloudEvents 1.0, one attribute per field of a stream entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from projections.published.catalogue import Published, published
from projections.published.envelope import Envelope

SOURCE = "/trimtab"
SCHEMAS = "/v1/schemas"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a stream; its id there is `<position>-0`."""

    stream: str
    position: int
    fields: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """Bytes of all names and values, roughly what Redis is sent."""
        return sum(len(name) + len(value) for name, value in self.fields.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEvents:
    """Writes recorded events as stream entries; each type has its schema under the address `schemas`."""

    source: str = SOURCE
    schemas: str = SCHEMAS

    def entry(self, recorded: Envelope) -> Entry | None:
        """Return the entry of an event, or None where it is not published; raises UnknownTopic."""
        kind = published(recorded.topic)
        if kind is None:
            return None
        content = kind.content(recorded.event(), recorded)
        return Entry(
            stream=kind.stream, position=recorded.position, fields=self._fields(kind, recorded, content)
        )

    def _fields(self, kind: Published, recorded: Envelope, content: Any) -> dict[str, bytes]:
        attributes = {
            "specversion": "1.0",
            "id": str(recorded.event_id),
            "source": self.source,
            "type": kind.event_type,
            "subject": kind.subject(content),
            "time": timestamp(recorded.recorded_at),
            "datacontenttype": "application/json",
            "dataschema": f"{self.schemas}/{kind.event_type}",
            "tenantid": recorded.tenant_id,
            "correlationid": recorded.correlation_id,
            "causationid": recorded.causation_id,
            "traceparent": recorded.traceparent,
            "sequence": str(recorded.position),
        }
        fields = {name: value.encode() for name, value in attributes.items() if value is not None}
        fields["data"] = _ENCODER.encode(content)
        return fields


def timestamp(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
