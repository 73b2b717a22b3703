"""How market data is asked for. `datetime.max` as `known_at` counts everything."""

from typing import LiteralString

BARS: LiteralString = """
    select listing_id, owner, array_send(days), array_send(close), array_send(adjusted), array_send(volume)
      from market.bar_rows(%(tenant)s, %(ids)s::bigint[], coalesce(%(since)s::date, '-infinity'), 'infinity',
                           %(known_at)s)
     where owner = any (%(owners)s)
     order by listing_id, owner, year, sequence, whole"""

BARS_SINCE: LiteralString = """
    select listing_id, owner, array_send(days), array_send(close), array_send(adjusted), array_send(volume)
      from market.bars
     where owner = %(owner)s and sequence > %(sequence)s and listing_id = any (%(ids)s::bigint[]) and not whole
     order by listing_id, owner, year, sequence"""

ACTIONS: LiteralString = """
    select listing_id, ex_date, kind, value, currency from (
        select distinct on (listing_id, ex_date, kind) *
          from market.action
         where listing_id = any (%(ids)s::bigint[]) and owner in ('*', %(tenant)s) and recorded_at <= %(known_at)s
         order by listing_id, ex_date, kind, owner = '*', sequence desc) a
     where not (kind = 'split' and value = 1) and not (kind = 'dividend' and value = 0)
     order by listing_id, ex_date, kind desc"""

TICKERS: LiteralString = """
    select listing_id, ticker, currency from market.listing
     where listing_id = any (%(ids)s::bigint[]) and owner in ('*', %(tenant)s)"""

EXCHANGE: LiteralString = """
    select owner, source, target, array_send(array_agg(day order by day)),
           array_send(array_agg(rate::float8 order by day))
      from (select distinct on (source, target, owner, day) * from market.fx
             where owner in ('*', %(tenant)s) and recorded_at <= %(known_at)s
             order by source, target, owner, day, sequence desc) f
     group by owner, source, target"""

EXACT_EXCHANGE: LiteralString = """
    select owner, source, target, array_agg(day order by day), array_agg(rate order by day)
      from (select distinct on (source, target, owner, day) * from market.fx
             where owner in ('*', %(tenant)s) and recorded_at <= %(known_at)s
             order by source, target, owner, day, sequence desc) f
     group by owner, source, target"""

RATES: LiteralString = """
    select owner, tenor, array_send(array_agg(day order by day)), array_send(array_agg(rate::float8 order by day)),
           (array_agg(source order by day desc))[1]
      from (select distinct on (r.tenor, r.owner, r.day) r.owner, r.tenor, r.day, r.rate, i.source
              from market.rate r join market.import i using (sequence)
             where r.currency = %(currency)s and r.owner in ('*', %(tenant)s) and r.recorded_at <= %(known_at)s
             order by r.tenor, r.owner, r.day, r.sequence desc) r
     group by owner, tenor"""

FACTORS: LiteralString = """
    select factor_name, array_send(array_agg(day order by day)), array_send(array_agg(value order by day)),
           array_agg(distinct source)
      from (select distinct on (f.factor_name, f.day) f.factor_name, f.day, f.value, i.source
              from market.factor f join market.import i using (sequence)
             where f.recorded_at <= %(known_at)s
               and (f.owner = %(tenant)s
                    or f.owner = '*' and not exists (
                           select from market.factor o
                            where o.factor_name = f.factor_name and o.owner = %(tenant)s
                              and o.recorded_at <= %(known_at)s))
             order by f.factor_name, f.day, f.sequence desc) f
     group by factor_name order by factor_name"""

PEERS: LiteralString = """
    select l.listing_id from market.listing l
     where coalesce(l.currency, market.told_currency(%(tenant)s, l.listing_id)) = %(currency)s
       and l.owner in ('*', %(tenant)s)
       and exists (select from market.newest_bar b
                    where b.listing_id = l.listing_id and b.owner in ('*', %(tenant)s)
                      and b.day >= %(on)s::date - 30)
     order by l.listing_id limit 40"""

HEADS: LiteralString = """
    select (select day from market.clock where owner = %(tenant)s), coalesce(sum(imports), 0)::bigint,
           coalesce(max(sequence) filter (where owner = '*'), 0),
           coalesce(max(sequence) filter (where owner <> '*'), 0)
      from market.head where owner in ('*', %(tenant)s)"""

NEWEST_EXCHANGE: LiteralString = """
    select coalesce(max(sequence) filter (where owner = '*'), 0), coalesce(max(sequence) filter (where owner <> '*'), 0)
      from market.import where kind = 'fx' and owner in ('*', %(tenant)s)"""

SINCE: LiteralString = """
    select exists (select from market.listing where owner = %(owner)s and sequence > %(sequence)s)
        or exists (select from market.description where owner = %(owner)s and sequence > %(sequence)s)
        or exists (select from market.alias where owner = %(owner)s and sequence > %(sequence)s),
           array(select distinct listing_id from market.action
                  where owner = %(owner)s and sequence > %(sequence)s)"""
