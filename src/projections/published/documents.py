"""JSON Schemas and the AsyncAPI document, written from the catalogue."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from projections.published.catalogue import CATALOGUE, STREAMS, Published, of_type
from projections.published.cloudevents import SCHEMAS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DECIMAL = {"type": "string", "format": "decimal"}
ATTRIBUTES = {
    "specversion": "The version of CloudEvents, 1.0.",
    "id": "The event's own id; it stays the same however often the event is delivered.",
    "source": "Where the event comes from.",
    "type": "What happened, with the version of its schema.",
    "subject": "What it is about: portfolio/<uuid>, optimization/<uuid>, or market/<owner>.",
    "time": "When the event was recorded.",
    "datacontenttype": "The media type of data, application/json.",
    "dataschema": "The address of the JSON Schema of data.",
    "tenantid": "Whose event it is.",
    "correlationid": "The same along a whole chain of effects.",
    "causationid": "The id of the message that led to the event, where there is one.",
    "traceparent": "W3C trace context, where there is one.",
    "sequence": "The event's position in the event store; the entry's id is <sequence>-0.",
}
OPTIONAL_ATTRIBUTES = frozenset({"causationid", "traceparent"})


@cache
def schema(event_type: str) -> Mapping[str, Any] | None:
    """Return the JSON Schema of the data of a type, or None where nothing of that type is published."""
    kind = of_type(event_type)
    if kind is None:
        return None
    (described,), definitions = msgspec.json.schema_components((kind.data,), ref_template="#/$defs/{name}")
    return {
        "$schema": DIALECT,
        "$id": f"{SCHEMAS}/{event_type}",
        "title": event_type,
        "description": kind.summary,
        **_figures_as_numbers(described),
        "$defs": _figures_as_numbers(definitions),
    }


def schema_index() -> list[Mapping[str, str]]:
    """Return every published type with its stream and the address of its schema."""
    return [
        {
            "type": kind.event_type,
            "stream": kind.stream,
            "summary": kind.summary,
            "dataschema": f"{SCHEMAS}/{kind.event_type}",
        }
        for kind in CATALOGUE
    ]


def asyncapi(*, version: str) -> Mapping[str, Any]:
    """Return the AsyncAPI 3 document of the streams."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Trimtab streams",
            "version": version,
            "description": "Redis streams of CloudEvents 1.0: one attribute per field of an entry, `data` is "
            "JSON. An entry's id is the event's position in the event store followed by -0.",
        },
        "defaultContentType": "application/json",
        "channels": {_key(stream.name): _channel(stream.name, stream.summary) for stream in STREAMS},
        "operations": {
            f"send_{_key(stream.name)}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{_key(stream.name)}"},
            }
            for stream in STREAMS
        },
        "components": {"messages": {_key(kind.event_type): _message(kind) for kind in CATALOGUE}},
    }


def _channel(stream: str, summary: str) -> Mapping[str, Any]:
    names = [_key(kind.event_type) for kind in CATALOGUE if kind.stream == stream]
    return {
        "address": stream,
        "description": summary,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _message(kind: Published) -> Mapping[str, Any]:
    return {
        "name": kind.event_type,
        "title": kind.summary,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": {
                name: {"type": "string", "description": description}
                for name, description in ATTRIBUTES.items()
            },
            "required": [name for name in ATTRIBUTES if name not in OPTIONAL_ATTRIBUTES],
        },
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": schema(kind.event_type),
        },
    }


def _key(name: str) -> str:
    """Return a name as AsyncAPI wants its keys: letters, digits, points, dashes and underscores."""
    return name.replace(":", ".")


def _figures_as_numbers(part: Any) -> Any:
    """Say that figures are numbers, as they are sent; the library supposes text."""
    if isinstance(part, dict):
        if DECIMAL.items() <= part.items():
            return _figure(part)
        return {name: _figures_as_numbers(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_figures_as_numbers(one) for one in part]
    return part


def _figure(decimal: Mapping[str, Any]) -> Mapping[str, Any]:
    rest = {name: value for name, value in decimal.items() if name not in DECIMAL}
    if isinstance(rest.get("default"), str):
        rest["default"] = msgspec.json.decode(rest["default"])
    return {**rest, "type": "number"}
