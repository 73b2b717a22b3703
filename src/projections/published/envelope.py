"""What is told about an event besides its content."""

from typing import Protocol
from uuid import UUID

from projections.fact import Fact


class Envelope(Fact, Protocol):
    """A recorded event with the ids that tie it to its causes."""

    @property
    def event_id(self) -> UUID:
        """The event's own id."""

    @property
    def correlation_id(self) -> str:
        """The same along a whole chain of effects."""

    @property
    def causation_id(self) -> str | None:
        """The message that led to it."""

    @property
    def traceparent(self) -> str | None:
        """Its W3C trace context."""
