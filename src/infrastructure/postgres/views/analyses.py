"""Risk, factors and attributions."""

from typing import Literal, LiteralString
from uuid import UUID

from infrastructure.postgres.reads import TenantReads
from projections.analyses import AnalysisRow, AttributionRow, Figures

RISK: LiteralString = """
select tenant_id, portfolio_id, content, refusal, computed_at, source_position, position
  from read.risk_snapshot where tenant_id = %(tenant)s and portfolio_id = %(portfolio)s"""
# The snapshot may be long; it is taken apart once.
FIGURES: LiteralString = """
select r.computed_at, r.position, r.as_of, r.day_change, r.day_change_percent, r.ytd_return, r.active_return_ytd,
       r.var_95_1d, r.sharpe_ratio, r.macro_regime, r.unavailable as told, r.refusal, x.var_99_1d, x.cvar_95_1d, x.hhi,
       x.top5_weight, x.top10_weight, x.portfolio_vol_30d, x.tracking_error, x.information_ratio, x.nav_impact_pct,
       coalesce(x.unavailable, '{}') as reasons
  from read.risk_snapshot r
  left join lateral json_to_record(r.content) as x (
       var_99_1d numeric, cvar_95_1d numeric, hhi numeric, top5_weight numeric, top10_weight numeric,
       portfolio_vol_30d numeric, tracking_error numeric, information_ratio numeric, nav_impact_pct numeric,
       unavailable json) on true
 where r.tenant_id = %(tenant)s and r.portfolio_id = %(portfolio)s"""
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

    async def figures(self, tenant: str, portfolio_id: UUID) -> Figures | None:
        """Return what a portfolio shows of its risk, None where it was never measured."""
        return await self._reads.one(tenant, FIGURES, {"tenant": tenant, "portfolio": portfolio_id}, Figures)

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
