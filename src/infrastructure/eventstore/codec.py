"""Events to JSON and back: typed, readable with psql, Decimals as text."""

from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any, get_type_hints

import msgspec
from eventsourcing.domain import CanMutateAggregate
from eventsourcing.utils import get_topic, register_topic, resolve_topic

from domain.aggregate import Aggregate

Event = CanMutateAggregate[Any]
IN_COLUMNS = frozenset(
    {"originator_id", "originator_version", "timestamp", "effective_at", "originator_id_type"}
)
"""Attributes that have a column of their own in the store, and what is no attribute at all."""


def register_aggregates(*modules: ModuleType) -> None:
    """Make every aggregate and event of the modules known under its topic."""
    for aggregate in aggregates_in(*modules):
        register_topic(aggregate.TOPIC, aggregate)  # type: ignore[attr-defined]
        for event_class in events_of(aggregate):
            register_topic(event_class.TOPIC, event_class)  # type: ignore[attr-defined]


def aggregates_in(*modules: ModuleType) -> Iterator[type[Aggregate]]:
    """Yield the aggregates that the modules define; one without a topic is only there to derive from."""
    for module in modules:
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, Aggregate)
                and value.__module__ == module.__name__
                and hasattr(value, "TOPIC")
            ):
                yield value


def events_of(aggregate: type[Aggregate]) -> Iterator[type[Event]]:
    """Yield the event classes of an aggregate."""
    for name, value in vars(aggregate).items():
        if name != "Event" and isinstance(value, type) and issubclass(value, Aggregate.Event):
            yield value


def topic_of(event: Event) -> str:
    """Return the stored name of an event's type."""
    return get_topic(type(event))


def encode(event: Event) -> bytes:
    """Return the event's own attributes as JSON; what has a column of its own is left out."""
    state = {name: value for name, value in vars(event).items() if name not in IN_COLUMNS}
    version = getattr(type(event), "class_version", 1)
    if version > 1:
        state["class_version"] = version
    return msgspec.json.encode(state)


def decode(
    topic: str,
    state: str,
    *,
    originator_id: Any,
    originator_version: int,
    effective_at: Any,
    recorded_at: Any,
) -> Event:
    """Return the event that a row holds, brought up to the current version of its class."""
    event_class = resolve_topic(topic)
    attributes = _attributes(event_class, state)
    attributes["originator_id"] = originator_id
    attributes["originator_version"] = originator_version
    attributes["effective_at"] = effective_at
    attributes["timestamp"] = recorded_at
    event: Event = object.__new__(event_class)
    object.__setattr__(event, "__dict__", attributes)
    return event


def _attributes(event_class: type[Event], state: str) -> dict[str, Any]:
    decoder, names = _decoder(event_class)  # type: ignore[arg-type]
    wanted = getattr(event_class, "class_version", 1)
    if wanted > 1:
        state = _upcast(event_class, state, wanted)
    record = decoder.decode(state)
    return {name: getattr(record, name) for name in names}


def _upcast(event_class: type[Event], state: str, wanted: int) -> str:
    plain = msgspec.json.decode(state)
    for version in range(plain.pop("class_version", 1), wanted):
        getattr(event_class, f"upcast_v{version}_v{version + 1}")(plain)
    return msgspec.json.encode(plain).decode()


@cache
def _decoder(event_class: type[Event]) -> tuple[msgspec.json.Decoder[Any], tuple[str, ...]]:
    hints = get_type_hints(event_class)
    defaults = {name: vars(event_class).get(name, msgspec.NODEFAULT) for name in hints}
    fields = [
        (name, hint) if defaults[name] is msgspec.NODEFAULT else (name, hint, defaults[name])
        for name, hint in hints.items()
        if name not in IN_COLUMNS
    ]
    record = msgspec.defstruct(event_class.__name__, fields, kw_only=True)
    return msgspec.json.Decoder(record), tuple(field[0] for field in fields)
