"""The newest figures of each portfolio: risk, factors and attributions."""

from datetime import date, datetime
from decimal import Decimal
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


class Figures(msgspec.Struct, kw_only=True):
    """What the portfolio itself shows of its newest risk figures, as they were computed.

    told, reasons : why figures of the headline and of the risk are null, by their names.
    position : place of the event that tells them.
    """

    computed_at: datetime
    position: int
    as_of: date | None
    day_change: Decimal | None
    day_change_percent: Decimal | None
    ytd_return: Decimal | None
    active_return_ytd: Decimal | None
    var_95_1d: Decimal | None
    var_99_1d: Decimal | None
    cvar_95_1d: Decimal | None
    hhi: Decimal | None
    top5_weight: Decimal | None
    top10_weight: Decimal | None
    portfolio_vol_30d: Decimal | None
    sharpe_ratio: Decimal | None
    tracking_error: Decimal | None
    information_ratio: Decimal | None
    macro_regime: str | None
    nav_impact_pct: Decimal | None
    told: dict[str, Missing]
    reasons: dict[str, Missing]
    refusal: Missing | None


class AnalysisView(Protocol):
    """Answers questions about figures, each within one tenant."""

    async def latest(
        self, tenant: str, portfolio_id: UUID, kind: Literal["risk", "factors"]
    ) -> AnalysisRow | None:
        """Return the newest figures of a kind, None where there were never any."""

    async def figures(self, tenant: str, portfolio_id: UUID) -> Figures | None:
        """Return what a portfolio shows of its risk, None where it was never measured."""

    async def attribution(
        self, tenant: str, portfolio_id: UUID, *, period: str, by: str, linking: str
    ) -> AttributionRow | None:
        """Return the newest attribution of a period, None where there was never one."""
