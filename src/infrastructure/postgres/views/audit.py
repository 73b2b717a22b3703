"""The audit trail: what was noted of it, and the decisions that the event log holds, in one order."""

from typing import LiteralString

from application.audit.trail import TrailEntry, TrailFilter
from infrastructure.postgres.reads import TenantReads

# The topics stand here literally, as in the index that holds just these events.
DECISIONS: LiteralString = """
  from events.event e where tenant_id = %(tenant)s
   and topic in ('portfolio.archived', 'portfolio.restored', 'rebalancing.accepted', 'rebalancing.declined')
   and (%(actor)s::text is null or actor = %(actor)s)
   and (%(start)s::timestamptz is null or recorded_at >= %(start)s)
   and (%(end)s::timestamptz is null or recorded_at < %(end)s)
   and (%(action)s::text is null or case topic when 'rebalancing.accepted' then 'recommendation.accepted'
        when 'rebalancing.declined' then 'recommendation.declined' else topic end = %(action)s)
   and (%(subject)s::text is null or case when topic like 'rebalancing.%%'
        then 'recommendation/' || (state ->> 'recommendation_id')
        else 'portfolio/' || originator_id end = %(subject)s)"""
NOTED: LiteralString = """
  from identity.audit where tenant_id = %(tenant)s
   and (%(actor)s::text is null or actor = %(actor)s)
   and (%(action)s::text is null or action = %(action)s)
   and (%(subject)s::text is null or subject = %(subject)s)
   and (%(start)s::timestamptz is null or at >= %(start)s)
   and (%(end)s::timestamptz is null or at < %(end)s)"""
# Each source gives no more than the page can need, and each from its own index.
PAGE: LiteralString = f"""
select id, at, actor, action, subject, address, detail
  from ((select 'trail-' || id as id, at, actor, action, subject, host(address) as address, detail, 1 as source,
                id as number
           {NOTED} order by at desc, id desc limit %(limit)s + %(offset)s)
        union all
        (select 'event-' || position, recorded_at, actor,
                case topic when 'rebalancing.accepted' then 'recommendation.accepted'
                           when 'rebalancing.declined' then 'recommendation.declined' else topic end,
                case when topic like 'rebalancing.%%' then 'recommendation/' || (state ->> 'recommendation_id')
                     else 'portfolio/' || originator_id end,
                null,
                case when topic like 'rebalancing.%%' then json_strip_nulls(json_build_object(
                     'portfolio_id', state ->> 'portfolio_id', 'note', state ->> 'note', 'reason', state ->> 'reason'))
                     end,
                2, position
           {DECISIONS} order by recorded_at desc, position desc limit %(limit)s + %(offset)s)) entry
 order by at desc, source desc, number desc limit %(limit)s offset %(offset)s"""
COUNT: LiteralString = f"select (select count(*) {NOTED}) + (select count(*) {DECISIONS})"


class PostgresAuditTrail:
    """The `AuditTrail` port."""

    def __init__(self, reads: TenantReads) -> None:
        self._reads = reads

    async def page(
        self, tenant: str, wanted: TrailFilter, *, limit: int, offset: int
    ) -> tuple[list[TrailEntry], int]:
        """Return entries, the newest first, and how many fit."""
        params = {
            "tenant": tenant,
            "action": wanted.action,
            "actor": wanted.actor,
            "subject": wanted.subject,
            "start": wanted.start,
            "end": wanted.end,
            "limit": limit,
            "offset": offset,
        }
        return await self._reads.page(tenant, PAGE, COUNT, params, TrailEntry)
