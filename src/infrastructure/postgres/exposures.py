"""Which portfolios market data concerns, from the read models and the market tables."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from application.market.exposures import Exposed, News
from domain.analysis import PRICES, analysis_id
from domain.errors import Unavailable
from domain.market import Kind
from infrastructure.postgres.away import said_as_unavailable
from infrastructure.postgres.positions import ReadPositions

LONGEST_WAIT_SECONDS: Final = 10.0

# Who holds one of the listings, or is compared with it: as the benchmark's level, or as a part of it.
BY_LISTING: LiteralString = """
with benchmark as (
    select distinct b.tenant_id, upper(b.benchmark_ticker) as ticker
      from read.portfolio b
     where b.benchmark_ticker is not null and b.is_active
       and (%(owner)s = '*' or b.tenant_id = %(owner)s)
), moved as (
    select k.tenant_id, k.ticker
      from benchmark k
     where exists (select from market.listing l
                    where l.listing_id = any(%(listings)s) and l.ticker = k.ticker)
        or exists (select from market.alias a
                    where a.listing_id = any(%(listings)s) and a.alias = k.ticker
                      and a.owner in ('*', k.tenant_id))
        or exists (select from market.constituents c
                    where c.benchmark = k.ticker and c.owner in ('*', k.tenant_id)
                      and (c.listing_id = any(%(listings)s)
                           or c.ticker in (select l.ticker from market.listing l
                                            where l.listing_id = any(%(listings)s))))
)
select b.tenant_id, b.portfolio_id from read.portfolio b
 where b.is_active and b.position_count > 0 and (%(owner)s = '*' or b.tenant_id = %(owner)s)
   and (b.portfolio_id in (select p.portfolio_id from read.position p
                            where p.listing_id = any(%(listings)s) and p.quantity <> 0)
        or (b.tenant_id, upper(b.benchmark_ticker)) in (select tenant_id, ticker from moved))"""

BY_EXCHANGE_RATE: LiteralString = """
select b.tenant_id, b.portfolio_id
  from read.portfolio b
 where b.is_active and (%(owner)s = '*' or b.tenant_id = %(owner)s)
   and exists (
       select from (select currency from read.position where portfolio_id = b.portfolio_id and quantity <> 0
                    union select currency from read.cash_fact where portfolio_id = b.portfolio_id) h (currency)
        cross join lateral (select case h.currency when 'GBX' then 'GBP' when 'ZAC' then 'ZAR' when 'ILA' then 'ILS'
                                   else h.currency end) main (currency)
        where h.currency <> b.currency
          and (main.currency = any(%(currencies)s) or b.currency = any(%(currencies)s)))"""

BY_CURRENCY: LiteralString = """
select b.tenant_id, b.portfolio_id from read.portfolio b
 where b.is_active and (%(owner)s = '*' or b.tenant_id = %(owner)s) and b.position_count > 0
   and b.currency = any(%(currencies)s)"""

EVERYBODY: LiteralString = """
select b.tenant_id, b.portfolio_id from read.portfolio b
 where b.is_active and (%(owner)s = '*' or b.tenant_id = %(owner)s) and b.position_count > 0"""

BY_BENCHMARK: LiteralString = """
select b.tenant_id, b.portfolio_id from read.portfolio b
 where b.is_active and b.position_count > 0 and (%(owner)s = '*' or b.tenant_id = %(owner)s)
   and (upper(b.benchmark_ticker) = %(benchmark)s
        or upper(b.benchmark_ticker) in (
           select a.alias from market.alias a join market.listing l using (listing_id)
            where l.ticker = %(benchmark)s and a.owner in ('*', b.tenant_id)))"""

QUERIES: Final[Mapping[Kind, LiteralString]] = {
    "prices": BY_LISTING,
    "actions": BY_LISTING,
    "instruments": BY_LISTING,
    "fx": BY_EXCHANGE_RATE,
    "rates": BY_CURRENCY,
    "factors": EVERYBODY,
    "constituents": BY_BENCHMARK,
}

# The newest request of each stream, if it was for prices and came after what the agents have been handed. Where Redis
# forgot what it had handed out, figures may be newer than it says.
LAST_REQUESTS: LiteralString = """
select e.state ->> 'portfolio_id', array(select json_array_elements_text(e.state -> 'kinds'))
  from unnest(%(streams)s::uuid[]) s (originator_id)
 cross join lateral (select * from events.event e where e.originator_id = s.originator_id
                      order by e.originator_version desc limit 1) e
 where e.topic = 'analysis.requested' and e.state ->> 'reason' = %(reason)s and e.position > %(handed)s
   and not exists (select from read.risk_snapshot r
                    where r.portfolio_id = (e.state ->> 'portfolio_id')::uuid and r.source_position >= e.position)"""

HandedOut = Callable[[], Awaitable[int]]
"""Says up to which position any of the agents was handed events."""


class PostgresExposures:
    """The `Exposures` port; works as the owner, since shared data concerns all tenants."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], projected: ReadPositions, handed_out: HandedOut
    ) -> None:
        self._pool, self._projected, self._handed_out = pool, projected, handed_out

    async def shows(self, position: int) -> None:
        """Wait for the projector."""
        if not await self._projected.wait_for(position, LONGEST_WAIT_SECONDS):
            raise Unavailable(f"The read models do not show position {position} yet.")

    async def concerned(self, news: News) -> Sequence[Exposed]:
        """Return the active portfolios that an import concerns."""
        params = {
            "owner": news.owner,
            "listings": list(news.listing_ids),
            "currencies": list(news.currencies),
            "benchmark": (news.benchmark or "").upper(),
        }
        rows = await self._rows(QUERIES[news.kind], params)
        return [Exposed(tenant, portfolio_id) for tenant, portfolio_id in rows]

    async def unbegun(self, portfolio_ids: Sequence[UUID]) -> Mapping[UUID, frozenset[str]]:
        """Return what waits of each portfolio."""
        streams = [analysis_id(portfolio_id) for portfolio_id in portfolio_ids]
        params = {"streams": streams, "reason": PRICES, "handed": await self._handed_out()}
        rows = await self._rows(LAST_REQUESTS, params)
        return {UUID(portfolio_id): frozenset(kinds) for portfolio_id, kinds in rows}

    async def _rows(self, query: LiteralString, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with said_as_unavailable():
            async with self._pool.connection() as connection:
                found: list[tuple[Any, ...]] = await (await connection.execute(query, params)).fetchall()
                return found
