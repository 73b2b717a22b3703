-- Prices beside those that files state, in tables that were there before; on a new database they are born with it.
alter table read.position add column if not exists listing_id bigint;
alter table read.position add column if not exists split_factor numeric not null default 1;
alter table read.position add column if not exists price numeric;
alter table read.position add column if not exists priced_on date;
alter table read.position add column if not exists price_source text;
create index if not exists position_by_listing on read.position (listing_id) where listing_id is not null;
alter table read.portfolio add column if not exists valued_on date;
update read.position
   set price = current_price, priced_on = price_date, price_source = 'file'
 where current_price is not null and price is null;

create aggregate market.product(numeric) (sfunc = numeric_mul, stype = numeric, initcond = '1', parallel = safe);

-- The newest price of a listing by a day, as a tenant sees it: its own before the shared one of the same day. The
-- newest bar is nearly always it; a tenant pinned to a day in the past has to look further.
create function market.last_close(tenant text, listing bigint, upto date)
returns table (day date, close numeric) language sql stable as $$
    select k.day, k.close::text::numeric
      from (select b.day, b.close, b.owner from market.newest_bar b
             where b.listing_id = listing and b.owner in ('*', tenant) and b.day <= upto
            union all
            select e.day, e.close, e.owner
              from (select max(n.day) as day from market.newest_bar n
                     where n.listing_id = listing and n.owner in ('*', tenant)) newest
             cross join lateral market.bars_of(tenant, listing, '-infinity', upto) e
             where newest.day > upto
           ) k
     order by k.day desc, k.owner = '*' limit 1
$$;

-- How many units one unit of a day has become by another.
create function market.split_factor(tenant text, listing bigint, since date, upto date)
returns numeric language sql stable as $$
    select market.product(a.value)
      from (select distinct on (s.ex_date) s.value from market.action s
             where s.listing_id = listing and s.owner in ('*', tenant) and s.kind = 'split'
               and s.ex_date > since and s.ex_date <= upto
             order by s.ex_date, s.owner = '*', s.sequence desc) a
$$;
