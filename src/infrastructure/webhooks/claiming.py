"""The query that decides whose turn it is."""

from typing import LiteralString

ONE_AT_A_TIME: LiteralString = (
    "select pg_advisory_xact_lock(hashtextextended('webhook deliveries are lent', 0))"
)
"""Two processes that borrow at once would each count what is on its way without the other's."""

CLAIM: LiteralString = """
with recursive waiting as (
    (select endpoint_id from webhook.delivery where status = 'pending' order by endpoint_id limit 1)
    union all
    select (select d.endpoint_id from webhook.delivery d
             where d.status = 'pending' and d.endpoint_id > w.endpoint_id order by d.endpoint_id limit 1)
      from waiting w where w.endpoint_id is not null
), busy as materialized (
    select endpoint_id, tenant_id, count(*) as sending from webhook.delivery
     where status = 'pending' and leased_until > statement_timestamp() group by endpoint_id, tenant_id
), due as materialized (
    select d.delivery_id, d.due_at, e.tenant_id,
           coalesce(b.sending, 0) + row_number() over (partition by e.endpoint_id order by d.due_at) as turn
      from waiting w join webhook.endpoint e using (endpoint_id) left join busy b using (endpoint_id)
      cross join lateral (
           select delivery_id, due_at from webhook.delivery d
            where d.endpoint_id = e.endpoint_id and d.status = 'pending' and d.due_at <= statement_timestamp()
              and (d.leased_until is null or d.leased_until <= statement_timestamp())
            order by d.due_at
            limit greatest(0, case when e.failing_since is null then %(per_endpoint)s else 1 end
                              - coalesce(b.sending, 0))) d
     where e.is_active
), fair as materialized (
    select delivery_id, due_at,
           coalesce(t.sending, 0) + row_number() over (partition by due.tenant_id order by turn, due_at) as turn
      from due left join (select tenant_id, sum(sending) as sending from busy group by tenant_id) t using (tenant_id)
), picked as (
    select d.delivery_id from webhook.delivery d join fair using (delivery_id)
     where fair.turn <= %(per_tenant)s and d.status = 'pending'
       and (d.leased_until is null or d.leased_until <= statement_timestamp())
     order by fair.turn, fair.due_at limit %(room)s
       for update of d skip locked
), lent as (
    update webhook.delivery d
       set lease = %(lease)s, leased_until = clock_timestamp() + %(lasts)s
      from picked where d.delivery_id = picked.delivery_id
    returning d.delivery_id, d.endpoint_id, d.tenant_id, d.event_id, d.lease, d.failures
)
select l.delivery_id, l.endpoint_id, l.tenant_id, l.lease, l.failures, e.url, e.secret,
       case when e.previous_until > clock_timestamp() then e.previous_secret end as previous_secret, m.body
  from lent l join webhook.endpoint e using (endpoint_id)
  join webhook.message m on m.tenant_id = l.tenant_id and m.event_id = l.event_id"""
"""Which endpoints wait is found by leaping through the index, so a long backlog of one costs the others nothing."""

WAITING: LiteralString = """
select count(*), coalesce(extract(epoch from clock_timestamp() - min(due_at)), 0)::double precision
  from webhook.delivery
 where status = 'pending' and due_at <= now() and (leased_until is null or leased_until <= now())"""
