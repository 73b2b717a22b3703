"""Projects figures, without looking into them: from the event's JSON to rows inside the database."""

from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.analysis import AttributionStudy, FactorStudy, RiskStudy
from projections.analyses import ANALYSIS_TOPICS
from projections.fact import Facts

# A JSON null is no content.
COMMON: LiteralString = """
       case json_typeof(e.state -> 'snapshot') when 'object' then e.state -> 'snapshot' end,
       case json_typeof(e.state -> 'refusal') when 'object' then e.state -> 'refusal' end,
       e.recorded_at, (e.state ->> 'source_position')::bigint, e.position"""
NEWER: LiteralString = """
    content = excluded.content, refusal = excluded.refusal, computed_at = excluded.computed_at,
    source_position = excluded.source_position, position = excluded.position"""

# Of the reasons only those for what lists show.
WRITE_RISK: LiteralString = f"""
insert into risk_snapshot as known (
    tenant_id, portfolio_id, as_of, day_change, day_change_percent, ytd_return, active_return_ytd, var_95_1d,
    sharpe_ratio, macro_regime, unavailable, content, refusal, computed_at, source_position, position)
select distinct on (e.originator_id) e.tenant_id, (e.state ->> 'portfolio_id')::uuid,
       (h.headline ->> 'as_of')::date, (h.headline ->> 'day_change')::numeric,
       (h.headline ->> 'day_change_percent')::numeric, (h.headline ->> 'ytd_return')::numeric,
       (h.headline ->> 'active_return_ytd')::numeric, (h.snapshot ->> 'var_95_1d')::numeric,
       (h.snapshot ->> 'sharpe_ratio')::numeric, h.snapshot ->> 'macro_regime', u.unavailable, {COMMON}
  from events.event e
 cross join lateral (select e.state -> 'headline' as headline, e.state -> 'snapshot' as snapshot) h
 cross join lateral (
       select coalesce(json_object_agg(reason.key, reason.value order by reason.key), '{{}}') as unavailable
         from unnest(array[
                  h.headline -> 'unavailable', h.snapshot -> 'unavailable',
                  case json_typeof(e.state -> 'refusal') when 'object' then json_build_object(
                      'var_95_1d', e.state -> 'refusal', 'sharpe_ratio', e.state -> 'refusal',
                      'macro_regime', e.state -> 'refusal') end]) as told (reasons)
        cross join lateral json_each(
              case json_typeof(told.reasons) when 'object' then told.reasons else '{{}}' end) as reason
        where reason.key in ('day_change', 'day_change_percent', 'ytd_return', 'active_return_ytd', 'var_95_1d',
                             'sharpe_ratio', 'macro_regime')) u
 where e.position = any(%s)
 order by e.originator_id, e.position desc
on conflict (portfolio_id) do update set
    as_of = excluded.as_of, day_change = excluded.day_change, day_change_percent = excluded.day_change_percent,
    ytd_return = excluded.ytd_return, active_return_ytd = excluded.active_return_ytd,
    var_95_1d = excluded.var_95_1d, sharpe_ratio = excluded.sharpe_ratio, macro_regime = excluded.macro_regime,
    unavailable = excluded.unavailable, {NEWER}
 where known.position < excluded.position"""

WRITE_FACTORS: LiteralString = f"""
insert into factor_snapshot as known (
    tenant_id, portfolio_id, content, refusal, computed_at, source_position, position)
select distinct on (e.originator_id) e.tenant_id, (e.state ->> 'portfolio_id')::uuid, {COMMON}
  from events.event e where e.position = any(%s)
 order by e.originator_id, e.position desc
on conflict (portfolio_id) do update set {NEWER} where known.position < excluded.position"""

WRITE_ATTRIBUTIONS: LiteralString = f"""
insert into attribution_snapshot as known (
    tenant_id, portfolio_id, period, by, linking, content, refusal, computed_at, source_position, position)
select distinct on (e.originator_id, e.state ->> 'period', e.state ->> 'by', e.state ->> 'linking')
       e.tenant_id, (e.state ->> 'portfolio_id')::uuid, e.state ->> 'period', e.state ->> 'by',
       e.state ->> 'linking', {COMMON}
  from events.event e where e.position = any(%s)
 order by e.originator_id, e.state ->> 'period', e.state ->> 'by', e.state ->> 'linking', e.position desc
on conflict (portfolio_id, period, by, linking) do update set {NEWER} where known.position < excluded.position"""

WRITES: dict[str, LiteralString] = {
    RiskStudy.Computed.TOPIC: WRITE_RISK,
    FactorStudy.Computed.TOPIC: WRITE_FACTORS,
    AttributionStudy.Computed.TOPIC: WRITE_ATTRIBUTIONS,
}


class AnalysisProjection:
    """Writes `risk_snapshot`, `factor_snapshot` and `attribution_snapshot`."""

    name = "analyses"
    tables = ("risk_snapshot", "factor_snapshot", "attribution_snapshot")
    topics = ANALYSIS_TOPICS

    async def apply(self, connection: AsyncConnection[Any], facts: Facts) -> None:
        """Bring the rows up to the facts; runs in the caller's transaction."""
        for topic, write in WRITES.items():
            if computed := [fact.position for fact in facts if fact.topic == topic]:
                await connection.execute(write, (computed,))
