"""Everything of one tenant: the tables that hold it, in the order of the export, read with cursors in one snapshot."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection, IsolationLevel

from application.audit.export import FORMAT
from domain.errors import Unavailable
from infrastructure.eventstore.follower import Connect
from infrastructure.postgres.acting import ACTING
from infrastructure.postgres.away import said_as_unavailable

AT_ONCE: Final = 2
ROWS_PER_FETCH: Final = 500
BUSY_SECONDS: Final = 30
LISTED: LiteralString = "join market.listing l using (listing_id)"
NAMED: LiteralString = "l.ticker, l.exchange, l.currency"

# Prices that are not known are null here and NaN in the table.
SECTIONS: tuple[tuple[str, LiteralString], ...] = (
    (
        "tenant",
        """select w.tenant_id, t.name, t.tier, t.created_at, now() as exported_at, %(format)s::int as format
             from (select %(tenant)s::text as tenant_id) w left join identity.tenant t using (tenant_id)""",
    ),
    (
        "member",
        """select person_id, email, first_name, last_name, role, joined_at from identity.fellow_members()
            order by joined_at, person_id""",
    ),
    (
        "invitation",
        """select id, email, role, invited_by, created_at, expires_at from identity.invitation
            where tenant_id = %(tenant)s order by created_at, id""",
    ),
    (
        "api_key",
        """select id, name, prefix, scopes, created_at, created_by, expires_at, last_used_at, revoked_at,
                  allowed_addresses, requests_per_minute
             from identity.api_key where tenant_id = %(tenant)s order by created_at, id""",
    ),
    (
        "webhook",
        """select endpoint_id as id, url, events, description, is_active, created_at, updated_at, disabled_at,
                  disabled_reason
             from webhook.endpoint where tenant_id = %(tenant)s order by created_at, endpoint_id""",
    ),
    (
        "subscription",
        """select subscription_id as id, tier, state, began_at from identity.subscription
            where tenant_id = %(tenant)s order by began_at, subscription_id""",
    ),
    (
        "usage",
        "select month, used as calls from identity.usage where tenant_id = %(tenant)s order by month",
    ),
    (
        "portfolio",
        """select portfolio_id as id, name, description, portfolio_type, currency, benchmark_ticker, is_active,
                  total_value, cash_balance, position_count, created_at
             from read.portfolio where tenant_id = %(tenant)s order by created_at, portfolio_id""",
    ),
    (
        "optimization",
        """select optimization_id as id, portfolio_id, status, methods, dataset_hash, inputs_hash, code_version,
                  created_by, created_at, started_at, finished_at
             from read.optimization where tenant_id = %(tenant)s order by created_at, optimization_id""",
    ),
    (
        "optimization.dataset",
        """select hash, created_at, kept_at, translate(encode(content, 'base64'), E'\n', '') as content
             from job.dataset where tenant_id = %(tenant)s order by created_at, hash""",
    ),
    (
        "event",
        """select position, event_id as id, topic as type, originator_id as stream_id, originator_version as version,
                  actor, correlation_id, causation_id, recorded_at, effective_at, state as data
             from events.event where tenant_id = %(tenant)s order by position""",
    ),
    (
        "market.import",
        """select import_id as id, sequence, kind as of, source, filename, recorded_at, rows, revised from market.import
            where owner = %(tenant)s order by sequence""",
    ),
    (
        "market.description",
        f"""select {NAMED}, d.name, d.isin, d.sector, d.geography, d.kind as type, d.sequence, d.recorded_at
             from market.description d {LISTED} where d.owner = %(tenant)s order by d.sequence, d.listing_id""",
    ),
    (
        "market.alias",
        f"""select a.alias, {NAMED}, a.note, a.sequence, a.recorded_at
             from market.alias a {LISTED} where a.owner = %(tenant)s order by a.sequence, a.alias""",
    ),
    (
        "market.bars",
        f"""select {NAMED}, b.year, b.sequence, b.recorded_at, b.days,
                  case when b.open is null then null else array(
                      select nullif(p, 'NaN') from unnest(b.open) p) end as open,
                  case when b.high is null then null else array(
                      select nullif(p, 'NaN') from unnest(b.high) p) end as high,
                  case when b.low is null then null else array(
                      select nullif(p, 'NaN') from unnest(b.low) p) end as low,
                  array(select nullif(p, 'NaN') from unnest(b.close) p) as close,
                  case when b.adjusted is null then null else array(
                      select nullif(p, 'NaN') from unnest(b.adjusted) p) end as adjusted,
                  case when b.volume is null then null else array(
                      select nullif(p, 'NaN') from unnest(b.volume) p) end as volume
             from market.bars b {LISTED} where b.owner = %(tenant)s and not b.whole
            order by b.sequence, b.listing_id, b.year""",
    ),
    (
        "market.action",
        f"""select {NAMED}, a.ex_date, a.kind as type, a.value, a.currency as value_currency, a.sequence, a.recorded_at
             from market.action a {LISTED} where a.owner = %(tenant)s order by a.sequence, a.listing_id, a.ex_date""",
    ),
    (
        "market.fx",
        """select source, target, day, rate, sequence, recorded_at from market.fx where owner = %(tenant)s
            order by sequence, source, target, day""",
    ),
    (
        "market.rate",
        """select currency, tenor, day, rate, sequence, recorded_at from market.rate where owner = %(tenant)s
            order by sequence, currency, tenor, day""",
    ),
    (
        "market.factor",
        """select factor_name as factor, day, value, sequence, recorded_at from market.factor where owner = %(tenant)s
            order by sequence, factor_name, day""",
    ),
    (
        "market.constituent",
        """select benchmark, day, ticker, weight, sector, sequence, recorded_at from market.constituents
            where owner = %(tenant)s order by sequence, benchmark, day, ticker""",
    ),
    (
        "audit",
        """select id, at, actor, action, subject, host(address) as address, detail from identity.audit
            where tenant_id = %(tenant)s order by at, id""",
    ),
)


class PostgresTenantData:
    """The `TenantData` port, on connections of its own: an export may last as long as its reader takes.

    Two at a time; the third is told to come back. The role is the API's, so that row-level security holds besides
    the filters.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._free = asyncio.Semaphore(AT_ONCE)

    async def lines(self, tenant: str) -> AsyncIterator[bytes]:
        """Yield JSON objects without line feeds, each with its `kind` first; raises Unavailable."""
        if self._free.locked():
            raise Unavailable(f"{AT_ONCE} exports are under way here.", retry_after=BUSY_SECONDS)
        async with self._free:
            with said_as_unavailable():
                connection = await self._connect()
            async with connection:
                await connection.set_autocommit(False)
                await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
                await connection.set_read_only(True)
                await connection.execute(ACTING, (tenant, ""))
                for kind, query in SECTIONS:
                    async for line in _section(connection, kind, query, tenant):
                        yield line


async def _section(
    connection: AsyncConnection[Any], kind: str, query: LiteralString, tenant: str
) -> AsyncIterator[bytes]:
    """Yield the rows of a query as PostgreSQL writes them in JSON: no value is converted on the way."""
    whole: LiteralString = f"select row_to_json(t)::text from ({query}) t"
    head = f'{{"kind":"{kind}",'.encode()
    async with connection.cursor(name="export") as cursor:
        cursor.itersize = ROWS_PER_FETCH
        await cursor.execute(whole, {"tenant": tenant, "format": FORMAT})
        async for (text,) in cursor:
            yield head + text[1:].encode()
