"""What a projection is fed: events in the order of their positions, with their envelope."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


class Fact(Protocol):
    """One recorded event; `event()` decodes it, which projections do only where they need its content."""

    @property
    def position(self) -> int:
        """Place in the log."""

    @property
    def tenant_id(self) -> str:
        """Whose event it is."""

    @property
    def originator_id(self) -> UUID:
        """The aggregate that decided it."""

    @property
    def originator_version(self) -> int:
        """The aggregate's version after it."""

    @property
    def topic(self) -> str:
        """Stored name of its type."""

    @property
    def state(self) -> str:
        """The event's own attributes as JSON."""

    @property
    def actor(self) -> str:
        """Who caused it."""

    @property
    def effective_at(self) -> datetime:
        """From when it holds."""

    @property
    def recorded_at(self) -> datetime:
        """When it was recorded."""

    def event(self) -> Any:
        """Return the domain event."""


Facts = Sequence[Fact]
