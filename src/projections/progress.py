"""How far each read model is behind the log."""

from typing import Protocol

import msgspec


class ProjectionProgress(msgspec.Struct, frozen=True, kw_only=True):
    """A projection's last position, and how many events and seconds it is behind."""

    name: str
    position: int
    lag_events: int
    lag_seconds: float
    dead_letters: int


class Progress(Protocol):
    """Tells how far the projections are."""

    async def projections(self) -> tuple[int, list[ProjectionProgress]]:
        """Return the position of the last event, and how far each projection has read."""
