"""What the market makes of positions: which listing each means, splits since it was stated, and the newest price.

Set-based, for all tenants at once. A row depends on what was stated and on the market tables as they are, and every
import of market data looks at the rows it concerns again, so a rebuild ends where the live projection is.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection

from domain.market import Market
from projections.fact import Fact

WRITTEN: LiteralString = "p.portfolio_id = any(%(portfolios)s) and p.position = any(%(positions)s)"

# Those that are priced by the listings already, and those that a name of the listings may mean. Names are compared
# with all positions only where the import brought a name.
CONCERNED: LiteralString = """
       p.position_id in (
       select k.position_id from position k where k.listing_id = any(%(listings)s)
       union all
       select k.position_id
         from (select l.ticker as word, l.owner from market.listing l
                where l.listing_id = any(%(listings)s) and l.sequence = %(sequence)s
               union all
               select a.alias, a.owner from market.alias a
                where a.listing_id = any(%(listings)s) and a.sequence = %(sequence)s) named
         join position k on upper(k.ticker) = named.word
       union all
       select k.position_id
         from market.description d join position k on k.isin = d.isin
        where d.listing_id = any(%(listings)s) and d.sequence = %(sequence)s)
   and (%(owner)s = '*' or p.tenant_id = %(owner)s)"""

# The order of preference is that of `infrastructure.marketdata.names`: another currency or ISIN is another thing; own
# before shared; by ISIN, by ticker, by alias.
REPRICE: LiteralString = """
with wanted as materialized (
    select p.position_id, p.tenant_id, upper(p.ticker) as ticker, p.isin, p.currency, p.current_price, p.price_date,
           coalesce(k.day, %(today)s) as clock, least(p.effective_day, k.day) as since,
           least(p.price_date, k.day) as price_day
      from position p left join market.clock k on k.owner = p.tenant_id
     where {which}
), called as (
    select w.position_id, l.listing_id, 2 as found_by
      from wanted w join market.listing l on l.ticker = w.ticker and l.owner in ('*', w.tenant_id)
    union all
    select w.position_id, a.listing_id, 3
      from wanted w
     cross join lateral (select distinct on (owner) owner, listing_id, note from market.alias
                          where alias = w.ticker and owner in ('*', w.tenant_id)
                          order by owner, sequence desc) a
     where a.note is null
    union all
    select w.position_id, d.listing_id, 0
      from wanted w join market.description d on d.isin = w.isin and d.owner in ('*', w.tenant_id)
), meant as (
    select distinct on (w.position_id) w.*, l.listing_id
      from called c
      join wanted w using (position_id)
      join market.listing l on l.listing_id = c.listing_id and l.owner in ('*', w.tenant_id)
      left join lateral (select isin from market.description
                          where listing_id = l.listing_id and owner in ('*', w.tenant_id) and isin is not null
                          order by owner = '*', sequence desc limit 1) d on true
     cross join lateral (select coalesce(l.currency, market.told_currency(w.tenant_id, l.listing_id))) m (currency)
     where (m.currency is null or m.currency = w.currency)
       and (w.isin is null or d.isin is null or w.isin = d.isin)
       and (c.found_by <> 0 or w.isin = d.isin)
     order by w.position_id, l.owner = '*', case when w.isin = d.isin then 0 else c.found_by end,
              m.currency is null, l.listing_id
), quoted as (
    select m.position_id, m.listing_id, q.day, q.close,
           case when q.day is not null
                then market.split_factor(m.tenant_id, m.listing_id, m.since, q.day) end as factor
      from meant m left join lateral market.last_close(m.tenant_id, m.listing_id, m.clock) q on true
), shown as (
    select w.position_id, w.current_price, w.price_date, q.listing_id, coalesce(q.factor, 1) as split_factor,
           q.day is not null and (w.current_price is null or w.price_day is null or w.price_day <= q.day)
               as by_market, q.day, q.close
      from wanted w {which_of_them} join quoted q using (position_id)
), told as (
    select s.position_id, s.listing_id, s.split_factor,
           case when s.by_market then s.close when s.split_factor = 1 then s.current_price
                else s.current_price / s.split_factor end as price,
           case when s.by_market then s.day else s.price_date end as priced_on,
           case when s.by_market then 'market' when s.current_price is not null then 'file' end as price_source
      from shown s
)
update position p
   set listing_id = t.listing_id, split_factor = t.split_factor, price = t.price, priced_on = t.priced_on,
       price_source = t.price_source
  from told t
 where p.position_id = t.position_id
   and (p.listing_id, p.split_factor, p.price, p.priced_on, p.price_source)
       is distinct from (t.listing_id, t.split_factor, t.price, t.priced_on, t.price_source)"""

# Portfolios that hold one of the listings.
HOLDING: LiteralString = """
select distinct portfolio_id from position
 where listing_id = any(%(listings)s) and quantity <> 0 and (%(owner)s = '*' or tenant_id = %(owner)s)"""

# Portfolios that convert from or to one of the currencies; what is quoted in pence needs the pound's rate.
IN_CURRENCIES: LiteralString = """
select b.portfolio_id
  from portfolio b
 where (%(owner)s = '*' or b.tenant_id = %(owner)s)
   and exists (
       select from (select currency from position where portfolio_id = b.portfolio_id and quantity <> 0
                    union select currency from cash_fact where portfolio_id = b.portfolio_id
                    union select 'USD') h (currency)
        cross join lateral (select case h.currency when 'GBX' then 'GBP' when 'ZAC' then 'ZAR' when 'ILA' then 'ILS'
                                   else h.currency end) main (currency)
        where h.currency <> b.currency
          and (main.currency = any(%(currencies)s) or b.currency = any(%(currencies)s)))"""

# What was just written stands at the price of its file, so those that no listing is found for are right already.
REPRICE_WRITTEN: LiteralString = REPRICE.replace("{which}", WRITTEN).replace("{which_of_them}", "")
REPRICE_CONCERNED: LiteralString = REPRICE.replace("{which}", CONCERNED).replace("{which_of_them}", "left")


async def reprice_written(
    connection: AsyncConnection[Any], portfolios: Sequence[UUID], positions: Sequence[int], today: date
) -> None:
    """Price what the events at some positions of the log have written of some portfolios."""
    params = {"portfolios": list(portfolios), "positions": list(positions), "today": today}
    await connection.execute(REPRICE_WRITTEN, params)


async def follow(connection: AsyncConnection[Any], fact: Fact) -> set[UUID]:
    """Price anew what an import of market data concerns, and return the portfolios to be valued again."""
    event: Any = fact.event()
    if isinstance(event, Market.FxImported):
        return await _ids(
            connection, IN_CURRENCIES, {"owner": fact.tenant_id, "currencies": event.currencies}
        )
    if not isinstance(event, Market.PricesImported | Market.ActionsImported | Market.InstrumentsImported):
        return set()
    params: dict[str, Any] = {
        "owner": fact.tenant_id,
        "listings": event.listing_ids,
        "sequence": event.sequence,
        "today": fact.recorded_at.date(),
    }
    before = await _ids(connection, HOLDING, params)
    await connection.execute(REPRICE_CONCERNED, params)
    return before | await _ids(connection, HOLDING, params)


async def _ids(
    connection: AsyncConnection[Any], query: LiteralString, params: Mapping[str, Any]
) -> set[UUID]:
    return {row[0] for row in await (await connection.execute(query, params)).fetchall()}
