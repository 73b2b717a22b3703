"""Where an agent's messages come from, and what it says about each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

OF_PORTFOLIO: Final = "portfolio/"
OF_MARKET: Final = "market/"
OF_OPTIMIZATION: Final = "optimization/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One published event as it was delivered; `position` is the event's place in the store.

    subject : what it is about, `portfolio/<uuid>`, `market/<owner>` or `optimization/<uuid>`.
    stream, entry_id : where it was read; `deliveries` is how often it was handed out, to anyone.
    attributes : all of its CloudEvents attributes as they are on the stream, for whoever passes it on.
    """

    stream: str
    entry_id: str
    position: int
    event_id: str
    event_type: str
    tenant: str
    subject: str
    correlation_id: str
    traceparent: str | None
    data: bytes
    deliveries: int = 1
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def portfolio_id(self) -> UUID:
        """The portfolio it is about; ValueError where it is about something else."""
        return UUID(self.subject.removeprefix(OF_PORTFOLIO))

    @property
    def optimization_id(self) -> UUID:
        """The optimisation it is about; ValueError where it is about something else."""
        return UUID(self.subject.removeprefix(OF_OPTIMIZATION))

    @property
    def sequence(self) -> str:
        """What must stay in order: everything of one portfolio, of one optimisation, or of one owner's market data."""
        return f"{self.tenant}/{self.subject.removeprefix(OF_PORTFOLIO)}"


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
