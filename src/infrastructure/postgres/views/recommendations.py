"""Recommendations, open and answered."""

from typing import LiteralString
from uuid import UUID

from infrastructure.postgres.reads import TenantReads
from projections.recommendations import RecommendationRow

# An open recommendation expires by itself, so its status is read at the moment of asking.
FITTING: LiteralString = """
  from read.recommendation where tenant_id = %(tenant)s
   and (%(portfolio)s::uuid is null or portfolio_id = %(portfolio)s)
   and (%(status)s::text is null
        or case when status = 'open' and expires_at <= now() then 'expired' else status end = %(status)s)"""
PAGE: LiteralString = f"""
select * {FITTING} order by created_at desc, recommendation_id limit %(limit)s offset %(offset)s"""
COUNT: LiteralString = f"select count(*) {FITTING}"
ONE: LiteralString = """
select * from read.recommendation where tenant_id = %(tenant)s and recommendation_id = %(recommendation)s"""


class PostgresRecommendationView:
    """The `RecommendationView` port."""

    def __init__(self, reads: TenantReads) -> None:
        self._reads = reads

    async def page(
        self, tenant: str, *, portfolio_id: UUID | None, status: str | None, limit: int, offset: int
    ) -> tuple[list[RecommendationRow], int]:
        """Return a page of recommendations, the newest first, and how many fit."""
        params = {
            "tenant": tenant,
            "portfolio": portfolio_id,
            "status": status,
            "limit": limit,
            "offset": offset,
        }
        return await self._reads.page(tenant, PAGE, COUNT, params, RecommendationRow)

    async def one(self, tenant: str, recommendation_id: UUID) -> RecommendationRow | None:
        """Return one recommendation."""
        params = {"tenant": tenant, "recommendation": recommendation_id}
        return await self._reads.one(tenant, ONE, params, RecommendationRow)
