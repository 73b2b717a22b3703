-- A listing that began without a currency may be told one later. As everything that is said of a listing, it is a
-- revision of its owner, so `known_at` honours it; a currency that a listing began with stays what it is.
alter table market.description add column currency text;

-- The currency that a listing was told, null where it began with one or was told none.
create function market.told_currency(tenant text, listing bigint, known_at timestamptz default 'infinity')
returns text language sql stable as $$
    select d.currency from market.description d
     where d.listing_id = listing and d.owner in ('*', tenant) and d.currency is not null and d.recorded_at <= known_at
     order by d.owner = '*', d.sequence desc limit 1
$$;

create or replace function market.listings(tenant text, known_at timestamptz default 'infinity')
returns table (
    listing_id bigint, owner text, ticker text, exchange text, currency text, name text, isin text, sector text,
    geography text, kind text
) language sql stable as $$
    select l.listing_id, l.owner, l.ticker, l.exchange, coalesce(l.currency, d.currency), d.name, d.isin, d.sector,
           d.geography, coalesce(d.kind, 'equity')
      from market.listing l
      left join lateral (
           select (array_agg(d.name order by d.owner = '*', d.sequence desc) filter (where d.name is not null))[1],
                  (array_agg(d.isin order by d.owner = '*', d.sequence desc) filter (where d.isin is not null))[1],
                  (array_agg(d.sector order by d.owner = '*', d.sequence desc) filter (where d.sector is not null))[1],
                  (array_agg(d.geography order by d.owner = '*', d.sequence desc)
                       filter (where d.geography is not null))[1],
                  (array_agg(d.kind order by d.owner = '*', d.sequence desc) filter (where d.kind is not null))[1],
                  (array_agg(d.currency order by d.owner = '*', d.sequence desc)
                       filter (where d.currency is not null))[1]
             from market.description d
            where d.listing_id = l.listing_id and d.owner in ('*', tenant) and d.recorded_at <= known_at
           ) d (name, isin, sector, geography, kind, currency) on true
     where l.owner in ('*', tenant) and l.recorded_at <= known_at
$$;
