"""Which rebalances were recommended, and what became of each."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from domain.rebalancing import Rebalancing, Recommendation
from projections.fact import Fact, Facts

RECOMMENDATION_TOPICS = frozenset(
    {
        Rebalancing.Recommended.TOPIC,
        Rebalancing.Accepted.TOPIC,
        Rebalancing.Declined.TOPIC,
        Rebalancing.Lapsed.TOPIC,
    }
)


class RecommendationRow(msgspec.Struct, kw_only=True):
    """One recommendation as it stands."""

    tenant_id: str
    recommendation_id: UUID
    portfolio_id: UUID
    status: str
    content: Recommendation
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None
    supersedes: UUID | None = None
    superseded_by: UUID | None = None
    version: int
    position: int
    projected_at: datetime

    def status_at(self, now: datetime) -> str:
        """Return the status at a moment: an open recommendation expires by itself."""
        return "expired" if self.status == "open" and self.expires_at <= now else self.status


class RecommendationChanges:
    """Folds facts into the rows of recommendations."""

    def __init__(self, rows: dict[UUID, RecommendationRow]) -> None:
        self.rows = rows

    @staticmethod
    def touched(facts: Facts) -> set[UUID]:
        """Return the recommendations that the facts speak of."""
        found: set[UUID] = set()
        for fact in facts:
            event: Any = fact.event()
            if isinstance(event, Rebalancing.Recommended):
                found |= {event.supersedes} if event.supersedes is not None else set()
            else:
                found.add(event.recommendation_id)
        return found

    def feed(self, facts: Facts) -> None:
        """Fold the facts in their order."""
        for fact in facts:
            event: Any = fact.event()
            if isinstance(event, Rebalancing.Recommended):
                self._recommended(event, fact)
            elif isinstance(event, Rebalancing.Accepted):
                self._close(event.recommendation_id, "accepted", event.note, fact)
            elif isinstance(event, Rebalancing.Declined):
                self._close(event.recommendation_id, "declined", event.reason, fact)
            else:
                self._close(event.recommendation_id, "expired", event.reason, fact)

    def _recommended(self, event: Any, fact: Fact) -> None:
        content: Recommendation = event.recommendation
        if event.supersedes is not None:
            self._close(event.supersedes, "superseded", None, fact)
            self.rows[event.supersedes].superseded_by = content.id
        self.rows[content.id] = RecommendationRow(
            tenant_id=fact.tenant_id,
            recommendation_id=content.id,
            portfolio_id=content.portfolio_id,
            status="open",
            content=content,
            created_at=fact.recorded_at,
            expires_at=content.expires_at,
            supersedes=event.supersedes,
            version=fact.originator_version,
            position=fact.position,
            projected_at=fact.recorded_at,
        )

    def _close(self, recommendation_id: UUID, status: str, reason: str | None, fact: Fact) -> None:
        row = self.rows[recommendation_id]
        row.status, row.reason = status, reason
        row.decided_at, row.decided_by = fact.recorded_at, fact.actor
        row.version, row.position, row.projected_at = (
            fact.originator_version,
            fact.position,
            fact.recorded_at,
        )


class RecommendationView(Protocol):
    """Answers questions about recommendations, each within one tenant."""

    async def page(
        self, tenant: str, *, portfolio_id: UUID | None, status: str | None, limit: int, offset: int
    ) -> tuple[list[RecommendationRow], int]:
        """Return a page of recommendations, the newest first, and how many fit."""

    async def one(self, tenant: str, recommendation_id: UUID) -> RecommendationRow | None:
        """Return one recommendation."""
