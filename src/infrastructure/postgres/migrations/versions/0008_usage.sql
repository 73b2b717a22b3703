-- Calls by tenant and month. Processes count and add what is new every second, so a row is never behind by more.
create table identity.usage (
    tenant_id text not null,
    month date not null check (extract(day from month) = 1),
    used bigint not null check (used >= 0),
    revision bigint not null,
    primary key (tenant_id, month)
);
comment on column identity.usage.revision is 'Tells a newer figure from an older one, whatever way they took.';

-- The last batch of each process that counts: one sent again because its answer was lost is not added again.
create table identity.usage_writer (
    writer uuid primary key,
    batch bigint not null,
    seen_at timestamptz not null
);

alter table identity.usage enable row level security;
create policy tenant on identity.usage for select using (tenant_id = current_setting('trimtab.tenant', true));
alter table identity.usage_writer enable row level security;

-- Adds calls (negative where some are given back) and returns the new figures. Rows are locked in one order for all.
create function identity.fold_usage(writer uuid, batch bigint, tenants text[], months date[], calls bigint[])
returns table (tenant_id text, month date, used bigint, revision bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    insert into identity.usage_writer as w (writer, batch, seen_at)
    values (fold_usage.writer, fold_usage.batch, clock_timestamp())
    on conflict (writer) do update set batch = excluded.batch, seen_at = excluded.seen_at
        where w.batch < excluded.batch;
    if not found then
        return query select u.tenant_id, u.month, u.used, u.revision
            from unnest(tenants, months) as n(tenant, m) join identity.usage u on (u.tenant_id, u.month) = (n.tenant, n.m);
        return;
    end if;
    if batch = 1 then
        delete from identity.usage_writer where seen_at < clock_timestamp() - interval '7 days';
    end if;
    return query
        insert into identity.usage as u (tenant_id, month, used, revision)
        select n.tenant, n.m, greatest(n.c, 0), 1 from unnest(tenants, months, calls) as n(tenant, m, c)
        order by n.tenant, n.m
        on conflict (tenant_id, month) do update
            set used = greatest(0, u.used + (select sum(n.c) from unnest(tenants, months, calls) as n(tenant, m, c)
                                             where (n.tenant, n.m) = (u.tenant_id, u.month))),
                revision = u.revision + 1
        returning u.tenant_id, u.month, u.used, u.revision;
end $$;

-- Null where the tenant has the tier that the installation gives to everybody.
create function identity.tier_of(tenant text)
returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select t.tier from identity.tenant t where t.tenant_id = tenant
$$;

revoke all on function identity.fold_usage, identity.tier_of from public;
grant select on identity.usage to trimtab_api;
grant execute on function identity.fold_usage, identity.tier_of to trimtab_api;
