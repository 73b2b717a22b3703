"""Risk, factors and attributions."""

from typing import Literal, LiteralString
from uuid import UUID

from infrastructure.postgres.reads import TenantReads
from projections.analyses import AnalysisRow, AttributionRow

RISK: LiteralString = """
select tenant_id, portfolio_id, content, refusal, computed_at, source_position, position
  from read.risk_snapshot where tenant_id = %(tenant)s and portfolio_id = %(portfolio)s"""
FACTORS: LiteralString = """
select * from read.factor_snapshot where tenant_id = %(tenant)s and portfolio_id = %(portfolio)s"""
ATTRIBUTION: LiteralString = """
select * from read.attribution_snapshot
 where tenant_id = %(tenant)s and portfolio_id = %(portfolio)s
   and period = %(period)s and by = %(by)s and linking = %(linking)s"""


class PostgresAnalysisView:
    """The `AnalysisView` port."""

    def __init__(self, reads: TenantReads) -> None:
        self._reads = reads

    async def latest(
        self, tenant: str, portfolio_id: UUID, kind: Literal["risk", "factors"]
    ) -> AnalysisRow | None:
        """Return the newest figures of a kind, None where there were never any."""
        query = RISK if kind == "risk" else FACTORS
        return await self._reads.one(
            tenant, query, {"tenant": tenant, "portfolio": portfolio_id}, AnalysisRow
        )

    async def attribution(
        self, tenant: str, portfolio_id: UUID, *, period: str, by: str, linking: str
    ) -> AttributionRow | None:
        """Return the newest attribution of a period, None where there was never one."""
        params = {
            "tenant": tenant,
            "portfolio": portfolio_id,
            "period": period,
            "by": by,
            "linking": linking,
        }
        return await self._reads.one(tenant, ATTRIBUTION, params, AttributionRow)
