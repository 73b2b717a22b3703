"""The recorded events of one portfolio."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.analysis import AttributionStudy, FactorStudy, RiskStudy, analysis_id
from domain.holding_facts import holdings_id
from domain.rebalancing import rebalancing_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """One event with its envelope; `state` is the JSON as it was stored."""

    position: int
    event_id: UUID
    topic: str
    state: str
    actor: str
    correlation_id: str
    causation_id: str | None
    effective_at: datetime
    recorded_at: datetime
    domain_event: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are wanted; times are those of recording, `end` is exclusive."""

    types: Sequence[str] = ()
    start: datetime | None = None
    end: datetime | None = None


class EventReader(Protocol):
    """Reads the log of one tenant."""

    async def page(
        self,
        tenant: str,
        streams: Sequence[UUID],
        wanted: EventFilter,
        *,
        after: int,
        limit: int,
        offset: int,
    ) -> tuple[list[RecordedEvent], int]:
        """Return events beyond a position in their order, and how many fit the filter."""

    async def stream(
        self, tenant: str, aggregate_id: UUID, *, known_at: datetime | None
    ) -> list[RecordedEvent]:
        """Return one stream as far as it was recorded by `known_at`."""


def streams_of(portfolio_id: UUID) -> tuple[UUID, ...]:
    """Return the streams that together are the history of a portfolio: itself, what is held, advised and computed."""
    return (
        portfolio_id,
        holdings_id(portfolio_id),
        rebalancing_id(portfolio_id),
        analysis_id(portfolio_id),
        *(study.of(portfolio_id) for study in (RiskStudy, FactorStudy, AttributionStudy)),
    )
