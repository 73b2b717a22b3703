"""Projects optimisations, without looking into them: from the event's JSON to rows inside the database."""

from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from domain.optimization import OptimizationJob
from projections.fact import Facts
from projections.optimizations import OPTIMIZATION_TOPICS

REQUESTED: LiteralString = """
insert into optimization (
    tenant_id, optimization_id, portfolio_id, status, progress, methods, request, facts, dataset_hash, inputs_hash,
    code_version, created_by, created_at, version, position, projected_at)
select e.tenant_id, e.originator_id, (e.state ->> 'portfolio_id')::uuid, 'queued', 0, e.state -> 'methods',
       e.state -> 'request', e.state -> 'facts', e.state ->> 'dataset_hash', e.state ->> 'inputs_hash',
       e.state ->> 'code_version', e.actor, e.recorded_at, e.originator_version, e.position, e.recorded_at
  from events.event e where e.position = any(%s)
on conflict (optimization_id) do nothing"""

SEEN: LiteralString = "version = e.originator_version, position = e.position, projected_at = e.recorded_at"
OF_JOB: LiteralString = """
  from events.event e where e.position = any(%s) and o.optimization_id = e.originator_id"""

STARTED: LiteralString = f"""
update optimization o set status = 'running', started_at = e.recorded_at, {SEEN} {OF_JOB}"""

FINISHED: LiteralString = """
insert into optimization_result (tenant_id, optimization_id, method, status, content, recorded_at, position)
select e.tenant_id, e.originator_id, e.state ->> 'method', e.state -> 'outcome' ->> 'status', e.state -> 'outcome',
       e.recorded_at, e.position
  from events.event e where e.position = any(%s)
on conflict (optimization_id, method) do nothing"""

PROGRESSED: LiteralString = """
update optimization o
   set progress = (select count(*) from optimization_result r where r.optimization_id = o.optimization_id)::numeric
                  / json_array_length(o.methods),
       version = e.version, position = e.position, projected_at = e.recorded_at
  from (select originator_id, max(originator_version) as version, max(position) as position,
               max(recorded_at) as recorded_at
          from events.event where position = any(%s) group by originator_id) e
 where o.optimization_id = e.originator_id"""

COMPLETED: LiteralString = f"""
update optimization o set status = 'completed', progress = 1, comparison = e.state -> 'comparison',
       finished_at = e.recorded_at, {SEEN} {OF_JOB}"""
FAILED: LiteralString = f"""
update optimization o set status = 'failed', error = e.state -> 'error', finished_at = e.recorded_at, {SEEN} {OF_JOB}"""
CANCELLED: LiteralString = f"""
update optimization o set status = 'cancelled', finished_at = e.recorded_at, {SEEN} {OF_JOB}"""

# In the order in which they happen to a job, so that those of one batch can be written kind by kind.
WRITES: Final[dict[str, tuple[LiteralString, ...]]] = {
    OptimizationJob.Requested.TOPIC: (REQUESTED,),
    OptimizationJob.Started.TOPIC: (STARTED,),
    OptimizationJob.MethodFinished.TOPIC: (FINISHED, PROGRESSED),
    OptimizationJob.Completed.TOPIC: (COMPLETED,),
    OptimizationJob.Failed.TOPIC: (FAILED,),
    OptimizationJob.Cancelled.TOPIC: (CANCELLED,),
}


class OptimizationProjection:
    """Writes `optimization` and `optimization_result`."""

    name = "optimizations"
    tables = ("optimization", "optimization_result")
    topics = OPTIMIZATION_TOPICS

    async def apply(self, connection: AsyncConnection[Any], facts: Facts) -> None:
        """Bring the rows up to the facts; runs in the caller's transaction."""
        for topic, writes in WRITES.items():
            if told := [fact.position for fact in facts if fact.topic == topic]:
                for write in writes:
                    await connection.execute(write, (told,))
