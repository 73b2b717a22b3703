"""What the API asks of its webhooks; every query names the tenant, although the rows' own security does so too."""

from collections.abc import Mapping
from typing import Final, LiteralString

_ENDPOINT: LiteralString = """
select endpoint_id, url, events, description, is_active, created_at, updated_at,
       case when previous_until > now() then previous_until end as previous_until,
       failing_since, disabled_at, disabled_reason
  from webhook.endpoint"""
PAGE: LiteralString = (
    _ENDPOINT
    + """ where tenant_id = %(tenant)s order by created_at, endpoint_id limit %(limit)s offset %(offset)s"""
)
ENDPOINT: LiteralString = _ENDPOINT + " where tenant_id = %(tenant)s and endpoint_id = %(endpoint)s"
COUNT: LiteralString = "select count(*) from webhook.endpoint where tenant_id = %(tenant)s"
LOCK_TENANT: LiteralString = (
    "select pg_advisory_xact_lock(hashtextextended('webhooks of ' || %(tenant)s::text, 0))"
)
"""Of two endpoints that are registered at once, the second counts the first."""
INSERT: LiteralString = """
insert into webhook.endpoint (
    endpoint_id, tenant_id, url, events, description, is_active, secret, since_position, created_by)
select %(endpoint)s, %(tenant)s, %(url)s, %(events)s, %(description)s, %(is_active)s, %(secret)s, position, %(actor)s
  from events.head"""
REMOVE: LiteralString = (
    "delete from webhook.endpoint where tenant_id = %(tenant)s and endpoint_id = %(endpoint)s"
)
ROTATE: LiteralString = "select webhook.rotate(%s, %s, %s, %s)"
CHANGEABLE: Final[Mapping[str, LiteralString]] = {
    "url": "url = %(url)s",
    "events": "events = %(events)s",
    "description": "description = %(description)s",
    "is_active": """
        since_position = case when is_active then since_position else (select position from events.head) end,
        failing_since = case when is_active then failing_since end,
        disabled_at = case when not %(is_active)s then disabled_at end,
        disabled_reason = case when not %(is_active)s then disabled_reason end,
        is_active = %(is_active)s""",
}
"""How each field changes; what happened while an endpoint was not active is not sent to it later."""
FAIL_PENDING: LiteralString = """
update webhook.delivery set status = 'failed', error = 'inactive'
 where tenant_id = %(tenant)s and endpoint_id = %(endpoint)s and status = 'pending'"""

_DELIVERY: LiteralString = """
select d.delivery_id, d.endpoint_id, d.event_id, d.event_type, d.status, d.created_at, d.due_at, d.delivered_at,
       d.status_code, d.error, (
           select coalesce(json_agg(a order by a.number desc), '[]')
             from (select number, at, milliseconds, status_code, error from webhook.attempt t
                    where t.delivery_id = d.delivery_id and t.tenant_id = d.tenant_id
                    order by number desc limit 50) a) as attempts
  from webhook.delivery d where d.tenant_id = %(tenant)s and d.endpoint_id = %(endpoint)s"""
DELIVERY: LiteralString = _DELIVERY + " and d.delivery_id = %(delivery)s"
DELIVERIES: LiteralString = (
    _DELIVERY
    + """ and (%(status)s::text is null or d.status = %(status)s)
 order by d.created_at desc, d.delivery_id limit %(limit)s offset %(offset)s"""
)
DELIVERIES_COUNT: LiteralString = """
select count(*) from webhook.delivery where tenant_id = %(tenant)s and endpoint_id = %(endpoint)s
   and (%(status)s::text is null or status = %(status)s)"""
ANNOUNCE: LiteralString = """
insert into webhook.message (tenant_id, event_id, event_type, happened_at, body)
values (%(tenant)s, %(event)s, 'webhook.test', now(), %(body)s)"""
INSERT_TEST: LiteralString = """
insert into webhook.delivery (delivery_id, endpoint_id, tenant_id, event_id, event_type)
values (%(delivery)s, %(endpoint)s, %(tenant)s, %(event)s, 'webhook.test')"""
REPLAY: LiteralString = """
update webhook.delivery
   set status = 'pending', failures = 0, due_at = clock_timestamp(), delivered_at = null, error = null,
       status_code = null
 where tenant_id = %(tenant)s and endpoint_id = %(endpoint)s and delivery_id = %(delivery)s"""
