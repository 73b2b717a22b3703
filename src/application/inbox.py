"""Where an agent's messages come from, and what it says about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One published event as it was delivered; `position` is the event's place in the store.

    `stream` and `entry_id` are where it was read, `deliveries` how often it was handed out, to anyone.
    """

    stream: str
    entry_id: str
    position: int
    event_id: str
    event_type: str
    tenant: str
    portfolio_id: UUID
    correlation_id: str
    traceparent: str | None
    data: bytes
    deliveries: int = 1

    @property
    def sequence(self) -> str:
        """What must stay in order: everything of one portfolio."""
        return f"{self.tenant}/{self.portfolio_id}"


class Inbox(Protocol):
    """Hands out each message until it is acknowledged or buried, to one process at a time."""

    async def receive(self) -> Sequence[Message]:
        """Wait about a second for messages; those left behind by a crash come first."""

    async def keep(self, messages: Sequence[Message]) -> None:
        """Say that the messages are still being worked on, so that nobody else takes them."""

    async def acknowledge(self, messages: Sequence[Message]) -> None:
        """Say that what the messages ask for is recorded."""

    async def bury(self, messages: Sequence[Message], *, error: str, traceback: str) -> None:
        """Put the messages aside as dead letters, and every later one of their sequences behind them."""
