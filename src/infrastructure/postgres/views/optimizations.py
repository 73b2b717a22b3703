"""Optimisations and their results."""

from typing import LiteralString
from uuid import UUID

from infrastructure.postgres.reads import TenantReads
from projections.optimizations import JobProgress, OptimizationRow

OUTCOMES: LiteralString = """
       (select coalesce(json_object_agg(r.method, r.status), '{}') from read.optimization_result r
         where r.optimization_id = o.optimization_id) as finished"""
PROGRESS: LiteralString = f"""
select o.optimization_id, o.portfolio_id, o.status, o.progress, o.methods, o.inputs_hash, o.code_version, o.error,
       o.created_by, o.created_at, o.started_at, o.finished_at, o.version, o.position, o.projected_at, {OUTCOMES}
  from read.optimization o where o.tenant_id = %(tenant)s"""
FITTING: LiteralString = """
   and (%(status)s::text is null or o.status = %(status)s)
   and (%(method)s::text is null or o.methods::jsonb ? %(method)s)
   and (%(of_portfolio)s::uuid is null or o.portfolio_id = %(of_portfolio)s)"""
PAGE: LiteralString = f"""{PROGRESS} {FITTING}
 order by o.created_at desc, o.optimization_id limit %(limit)s offset %(offset)s"""
COUNT: LiteralString = f"select count(*) from read.optimization o where o.tenant_id = %(tenant)s {FITTING}"
OF_ONE: LiteralString = "and o.optimization_id = %(optimization)s"
ONE_PROGRESS: LiteralString = f"{PROGRESS} {OF_ONE}"
ONE: LiteralString = f"""
select o.*, {OUTCOMES},
       (select coalesce(json_object_agg(m.method, r.content order by m.place), '{{}}')
          from json_array_elements_text(o.methods) with ordinality m (method, place)
          join read.optimization_result r on r.optimization_id = o.optimization_id and r.method = m.method) as results
  from read.optimization o where o.tenant_id = %(tenant)s {OF_ONE}"""


class PostgresOptimizationView:
    """The `OptimizationView` port."""

    def __init__(self, reads: TenantReads) -> None:
        self._reads = reads

    async def page(
        self,
        tenant: str,
        *,
        status: str | None,
        method: str | None,
        portfolio_id: UUID | None,
        limit: int,
        offset: int,
    ) -> tuple[list[JobProgress], int]:
        """Return a page of jobs, the newest first, and how many fit."""
        params = {
            "tenant": tenant,
            "status": status,
            "method": method,
            "of_portfolio": portfolio_id,
            "limit": limit,
            "offset": offset,
        }
        return await self._reads.page(tenant, PAGE, COUNT, params, JobProgress)

    async def progress(self, tenant: str, optimization_id: UUID) -> JobProgress | None:
        """Return how far one job has come."""
        params = {"tenant": tenant, "optimization": optimization_id}
        return await self._reads.one(tenant, ONE_PROGRESS, params, JobProgress)

    async def one(self, tenant: str, optimization_id: UUID) -> OptimizationRow | None:
        """Return one job with its results."""
        params = {"tenant": tenant, "optimization": optimization_id}
        return await self._reads.one(tenant, ONE, params, OptimizationRow)
