"""Market data by SQL alone: the API process has no arrays to put it in."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from application.market.quotes import Listing, Name
from domain.market import Kind
from infrastructure.marketdata.moments import known_by
from infrastructure.marketdata.names import resolve
from infrastructure.marketdata.today import utc_today
from infrastructure.postgres.reads import TenantReads
from projections.market import (
    Action,
    BenchmarkRow,
    DayBar,
    ImportedRow,
    InstrumentRow,
    SeriesRow,
    SetRow,
    TrendRow,
)

EARLIEST: Final = date(1, 1, 1)
SERIES: LiteralString = """
with newest as (
    select max(days[cardinality(days)]) as day from market.bars
     where listing_id = %(listing)s and owner in ('*', %(tenant)s) and recorded_at <= %(known_at)s
), bar as (
    select b.* from newest n
     cross join lateral market.bars_of(
               %(tenant)s, %(listing)s, coalesce(%(start)s, n.day - %(days)s::integer, %(earliest)s), 'infinity',
               %(known_at)s) b
)
select (select day from newest) as newest,
       (select coalesce(json_agg(json_build_array(day, open, high, low, close, adjusted, volume) order by day), '[]')
          from bar) as bars,
       (select coalesce(json_agg(distinct i.source), '[]') from market.import i
         where i.sequence in (select sequence from bar)) as sources,
       (select coalesce(json_agg(json_build_array(a.ex_date, a.kind, a.value::float8, a.currency)
                                 order by a.ex_date, a.kind desc), '[]')
          from (select distinct on (ex_date, kind) * from market.action
                 where listing_id = %(listing)s and owner in ('*', %(tenant)s) and recorded_at <= %(known_at)s
                 order by ex_date, kind, owner = '*', sequence desc) a
         where not (a.kind = 'split' and a.value = 1) and not (a.kind = 'dividend' and a.value = 0)) as actions"""
CLOCK: LiteralString = "select day from market.clock where owner = %(tenant)s"
FOUND: LiteralString = """
    select distinct on (l.ticker, coalesce(l.exchange, ''), coalesce(l.currency, '')) l.*,
           case when l.ticker = %(exact)s or exists (
                         select from market.alias a where a.listing_id = l.listing_id and a.alias = %(exact)s
                            and a.note is null and a.owner in ('*', %(tenant)s)) then 0
                when l.isin = %(exact)s then 1
                when l.ticker like %(prefix)s then 2
                when l.name ilike %(prefix)s then 3
                when l.name ilike %(word)s then 4
                when l.isin like %(prefix)s then 5
                when l.ticker like %(inside)s then 6
                when l.name ilike %(inside)s then 7 end as rank
      from market.listings(%(tenant)s) l
     where l.listing_id = any (array(
               select listing_id from market.listing where ticker like %(inside)s
               union select listing_id from market.alias where alias = %(exact)s and note is null
               union select listing_id from market.description where name ilike %(inside)s or isin like %(prefix)s))
     order by l.ticker, coalesce(l.exchange, ''), coalesce(l.currency, ''), l.owner = '*'"""
SEARCH: LiteralString = f"""
select listing_id, ticker, exchange, currency, name, isin, kind from ({FOUND}) f where rank is not null
 order by rank, length(ticker), ticker, owner = '*', listing_id limit %(limit)s offset %(offset)s"""
SEARCH_COUNT: LiteralString = f"select count(*) from ({FOUND}) f where rank is not null"
TRENDING: LiteralString = """
with bar as (
    select listing_id, owner, day, close, volume from market.newest_bar where owner in ('*', %(tenant)s)
    union all
    select listing_id, owner, previous_day, previous_close, null from market.newest_bar
     where owner in ('*', %(tenant)s) and previous_day is not null
), known as (
    select distinct on (listing_id, day) * from bar order by listing_id, day, owner = '*'
), ranked as (
    select *, row_number() over newest as age, lead(day) over newest as day_before,
           lead(close) over newest as close_before
      from known window newest as (partition by listing_id order by day desc)
), moved as (
    select r.listing_id, r.day, r.close, nullif(r.volume, 0) as volume,
           r.close * s.factor / nullif(r.close_before, 0) - 1 as move
      from ranked r
     cross join lateral (
           select coalesce(exp(sum(ln(a.value::float8))), 1) as factor
             from (select distinct on (ex_date) value from market.action
                    where listing_id = r.listing_id and kind = 'split' and owner in ('*', %(tenant)s)
                      and ex_date > r.day_before and ex_date <= r.day
                    order by ex_date, owner = '*', sequence desc) a) s
     where r.age = 1 and r.day = (select max(day) from known)
)
select l.ticker, coalesce(l.currency, market.told_currency(%(tenant)s, l.listing_id)) as currency, m.day,
       m.close as price, m.move, m.volume, m.close * m.volume as traded_value
  from moved m join market.listing l using (listing_id)
 where l.owner in ('*', %(tenant)s)
 order by m.volume is null or m.move is null, m.close * m.volume * abs(m.move) desc nulls last,
          abs(m.move) desc nulls last, l.ticker, l.listing_id
 limit %(limit)s"""
IMPORTS: LiteralString = """
select import_id, owner, kind, source, filename, sha256, recorded_at, rows, revised from market.import
 where owner in ('*', %(tenant)s) and (%(kind)s::text is null or kind = %(kind)s)
 order by sequence desc limit %(limit)s offset %(offset)s"""
IMPORTS_COUNT: LiteralString = """
select count(*) from market.import
 where owner in ('*', %(tenant)s) and (%(kind)s::text is null or kind = %(kind)s)"""
ONE_IMPORT: LiteralString = """
select import_id, owner, kind, source, filename, sha256, recorded_at, rows, revised, report from market.import
 where owner in ('*', %(tenant)s) and import_id = %(import)s"""
SETS: LiteralString = """
    select c.benchmark, c.owner, c.day, max(c.sequence) as sequence from market.constituents c
     where c.owner in ('*', %(tenant)s) and c.recorded_at <= %(known_at)s
       and (%(benchmark)s::text is null or c.benchmark = %(benchmark)s)
       and (c.owner <> '*' or not exists (
                select from market.constituents own
                 where own.benchmark = c.benchmark and own.owner = %(tenant)s and own.day <= c.day
                   and own.recorded_at <= %(known_at)s))
     group by c.benchmark, c.owner, c.day"""
BENCHMARKS: LiteralString = f"""
select s.benchmark, s.sets, s.first_day, s.last_day, i.source,
       (select name from market.listings(%(tenant)s) l where l.ticker = s.benchmark
         order by l.owner = '*', l.listing_id limit 1) as name,
       (select count(*) from market.constituents c
         where c.benchmark = s.benchmark and c.sequence = s.sequence and c.day = s.last_day) as constituents
  from (select benchmark, count(distinct day) as sets, min(day) as first_day, max(day) as last_day,
               (array_agg(sequence order by day desc, owner = '*'))[1] as sequence
          from ({SETS}) one group by benchmark) s
  join market.import i using (sequence)
 order by s.benchmark limit %(limit)s offset %(offset)s"""
BENCHMARKS_COUNT: LiteralString = f"select count(distinct benchmark) from ({SETS}) one"
CONSTITUENTS: LiteralString = f"""
with known as ({SETS})
select s.day, i.source, i.recorded_at,
       (select json_agg(distinct day order by day) from known) as days,
       (select json_agg(json_build_object('ticker', c.ticker, 'name', l.name, 'weight', c.weight,
                                          'sector', coalesce(c.sector, l.sector)) order by c.weight desc, c.ticker)
          from market.constituents c
          left join lateral (select l.name, l.sector from market.listings(%(tenant)s) l
                              where l.listing_id = c.listing_id) l on true
         where c.benchmark = s.benchmark and c.owner = s.owner and c.day = s.day and c.sequence = s.sequence) as members
  from known s join market.import i using (sequence)
 where s.day <= coalesce(%(on)s::date, 'infinity')
 order by s.day desc, s.owner = '*' limit 1"""


class _Series(msgspec.Struct):
    newest: date | None
    bars: list[DayBar]
    sources: list[str]
    actions: list[Action]


class _Clock(msgspec.Struct):
    day: date


class PostgresMarketView:
    """The `MarketView` port."""

    def __init__(self, reads: TenantReads, *, today: Callable[[], date] = utc_today) -> None:
        self._reads, self._today = reads, today

    async def series(
        self, tenant: str, symbol: str, *, start: date | None, days: int | None, known_at: datetime | None
    ) -> SeriesRow | None:
        """Return bars from `start` on, or those of the newest `days` days; None where nobody knows the symbol."""
        (listing,) = await resolve(self._reads, tenant, [Name(symbol)], known_at)
        if listing is None:
            return None
        params = {
            "tenant": tenant,
            "listing": listing.listing_id,
            "start": start,
            "days": days,
            "earliest": EARLIEST,
            "known_at": known_by(known_at),
        }
        found = await self._reads.one(tenant, SERIES, params, _Series)
        assert found is not None
        return SeriesRow(
            instrument=_instrument(listing),
            bars=found.bars,
            actions=found.actions,
            newest=found.newest,
            sources=found.sources,
        )

    async def clock(self, tenant: str) -> date:
        """Return today, or the day the tenant is pinned to."""
        pinned = await self._reads.one(tenant, CLOCK, {"tenant": tenant}, _Clock)
        return self._today() if pinned is None else pinned.day

    async def search(
        self, tenant: str, text: str, *, limit: int, offset: int
    ) -> tuple[list[InstrumentRow], int]:
        """Return instruments whose ticker, name or ISIN fits, the best first, and how many there are."""
        literal = _literally(text)
        params = {
            "tenant": tenant,
            "exact": text.upper(),
            "prefix": f"{literal.upper()}%",
            "word": f"% {literal}%",
            "inside": f"%{literal.upper()}%",
            "limit": limit,
            "offset": offset,
        }
        return await self._reads.page(tenant, SEARCH, SEARCH_COUNT, params, InstrumentRow)

    async def trending(self, tenant: str, *, limit: int) -> list[TrendRow]:
        """Return the instruments that moved most money on the newest day."""
        return await self._reads.rows(tenant, TRENDING, {"tenant": tenant, "limit": limit}, TrendRow)

    async def imports(
        self, tenant: str, *, kind: Kind | None, limit: int, offset: int
    ) -> tuple[list[ImportedRow], int]:
        """Return a page of imports, the newest first, and how many there are."""
        params = {"tenant": tenant, "kind": kind, "limit": limit, "offset": offset}
        return await self._reads.page(tenant, IMPORTS, IMPORTS_COUNT, params, ImportedRow)

    async def one_import(self, tenant: str, import_id: UUID) -> ImportedRow | None:
        """Return one import."""
        return await self._reads.one(tenant, ONE_IMPORT, {"tenant": tenant, "import": import_id}, ImportedRow)

    async def benchmarks(self, tenant: str, *, limit: int, offset: int) -> tuple[list[BenchmarkRow], int]:
        """Return the benchmarks with constituents by name, and how many there are."""
        params = {
            "tenant": tenant,
            "benchmark": None,
            "known_at": known_by(None),
            "limit": limit,
            "offset": offset,
        }
        return await self._reads.page(tenant, BENCHMARKS, BENCHMARKS_COUNT, params, BenchmarkRow)

    async def constituents(
        self, tenant: str, benchmark: str, *, on: date | None, known_at: datetime | None
    ) -> SetRow | None:
        """Return the set that holds on a day (the newest without one), None where there is none."""
        params = {"tenant": tenant, "benchmark": benchmark.upper(), "on": on, "known_at": known_by(known_at)}
        return await self._reads.one(tenant, CONSTITUENTS, params, SetRow)


def _instrument(listing: Listing) -> InstrumentRow:
    return InstrumentRow(**{name: getattr(listing, name) for name in InstrumentRow.__struct_fields__})


def _literally(text: str) -> str:
    """Return text that stands for itself in a LIKE pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
