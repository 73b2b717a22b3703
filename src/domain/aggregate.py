"""The base of every aggregate: explicit topics, and a valid time on every event."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, AggregateEvent, BaseAggregate


class Aggregate(BaseAggregate[UUID]):
    """One consistency boundary: it decides in public methods and applies in `@event` methods.

    An `@event` body runs again on every replay, so it holds no rule: a limit tightened later would make an
    old stream unloadable. `TOPIC` names the stored type; modules may move, topics never change.
    """

    class Event(AggregateEvent):
        """A fact; `effective_at` says from when it holds, the store says when it was recorded."""

        effective_at: datetime

    @classmethod
    def start(cls, event_class: type[Any], *, id: UUID, **attributes: Any) -> Self:  # noqa: A002
        """Open a new stream with its first event."""
        return cls._create(event_class, id=id, **attributes)


class Opened(Aggregate.Event, AggregateCreated):
    """The first fact of a stream."""
