"""What there is to tell, and the port that remembers whom it has to be told to."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """An event about to be told to its tenant's endpoints.

    names : what an endpoint asks for to be told. happened_at : RFC 3339. body : exactly what will be sent and signed.
    """

    tenant_id: str
    event_id: str
    event_type: str
    names: tuple[str, ...]
    position: int
    happened_at: str
    body: str


class Outbox(Protocol):
    """Keeps one delivery per event and endpoint, however often the event is announced."""

    async def announce(self, news: Sequence[Announcement]) -> int:
        """Keep deliveries to every endpoint that asked; return how many are new."""
