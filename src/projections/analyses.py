"""The newest figures of each portfolio: risk, factors and attributions."""

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from domain.analysis import AttributionStudy, FactorStudy, RiskStudy
from domain.unavailable import Missing

ANALYSIS_TOPICS = frozenset(
    {RiskStudy.Computed.TOPIC, FactorStudy.Computed.TOPIC, AttributionStudy.Computed.TOPIC}
)


class AnalysisRow(msgspec.Struct, kw_only=True):
    """Figures of one kind, or why there are none.

    content : the snapshot's JSON as it was computed, `null` where there is a refusal instead.
    source_position : every event up to it was seen; `position` is the figures' own.
    """

    tenant_id: str
    portfolio_id: UUID
    content: msgspec.Raw
    refusal: Missing | None
    computed_at: datetime
    source_position: int
    position: int


class AttributionRow(AnalysisRow, kw_only=True):
    """One attribution of several."""

    period: str
    by: str
    linking: str


class AnalysisView(Protocol):
    """Answers questions about figures, each within one tenant."""

    async def latest(
        self, tenant: str, portfolio_id: UUID, kind: Literal["risk", "factors"]
    ) -> AnalysisRow | None:
        """Return the newest figures of a kind, None where there were never any."""

    async def attribution(
        self, tenant: str, portfolio_id: UUID, *, period: str, by: str, linking: str
    ) -> AttributionRow | None:
        """Return the newest attribution of a period, None where there was never one."""
