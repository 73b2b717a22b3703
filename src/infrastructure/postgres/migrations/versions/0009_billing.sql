-- What tenants have subscribed to, and which payment events have had their effect.
create table identity.subscription (
    subscription_id text primary key,
    tenant_id text not null references identity.tenant on delete cascade,
    tier text check (tier in ('pro', 'quant', 'enterprise')),
    state text not null check (state in ('pending', 'live', 'ended')),
    began_at timestamptz not null,
    said_at timestamptz not null,
    said_rank smallint not null
);
comment on table identity.subscription is
    'The newest that was said of each subscription; of what is said in the same second the higher rank is newer.';
create index subscription_by_tenant on identity.subscription (tenant_id);

create table identity.payment_event (
    event_id text primary key,
    tenant_id text not null,
    type text not null,
    subscription_id text not null,
    created_at timestamptz not null,
    received_at timestamptz not null default clock_timestamp()
);
comment on table identity.payment_event is 'Kept for ever: an event that comes again must not have its effect again.';

alter table identity.subscription enable row level security;
create policy tenant on identity.subscription for select using (tenant_id = current_setting('trimtab.tenant', true));
alter table identity.payment_event enable row level security;
create policy tenant on identity.payment_event for select using (tenant_id = current_setting('trimtab.tenant', true));

-- Null is the tier that the installation gives to everybody. Says whether anything changed.
create function identity.set_tier(tenant text, wanted text, actor text default 'operator', subject text default null)
returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    had text;
begin
    perform identity.ensure_tenant(tenant);
    select t.tier into had from identity.tenant t where t.tenant_id = tenant for update;
    if had is not distinct from wanted then
        return false;
    end if;
    update identity.tenant t set tier = wanted where t.tenant_id = tenant;
    perform identity.note_audit(
        tenant, actor, 'billing.tier_changed', subject, null, json_build_object('from', had, 'to', wanted));
    return true;
end
$$;

-- The tier of the subscription that began last among those that are live; null without one.
create function identity.subscribed_tier(tenant text)
returns text language sql security definer set search_path = pg_catalog, pg_temp as $$
    select s.tier from identity.subscription s
    where s.tenant_id = tenant and s.state = 'live' and s.tier is not null
    order by s.began_at desc, s.said_at desc, s.subscription_id desc limit 1
$$;

-- One event of the payment provider, once, and only if nothing newer was said of its subscription.
-- Events of one subscription wait for each other, and so do those of one tenant.
create function identity.apply_payment_event(
    event text, kind text, at timestamptz, rank smallint, subscription text,
    tenant text, bought text, began timestamptz, state text
) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    known identity.subscription;
    before text;
    after text;
begin
    insert into identity.payment_event (event_id, tenant_id, type, subscription_id, created_at)
    values (event, tenant, kind, subscription, at) on conflict do nothing;
    if not found then
        return 'replayed';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('subscription ' || subscription, 0));
    select * into known from identity.subscription s where s.subscription_id = subscription;
    if found and (at, rank) < (known.said_at, known.said_rank) then
        return 'superseded';
    end if;
    perform identity.ensure_tenant(tenant);
    perform 1 from identity.tenant t where t.tenant_id in (tenant, known.tenant_id) order by t.tenant_id for update;
    before := identity.subscribed_tier(tenant);
    insert into identity.subscription as s (subscription_id, tenant_id, tier, state, began_at, said_at, said_rank)
    values (subscription, tenant, bought, state, coalesce(began, at), at, rank)
    on conflict (subscription_id) do update set
        tenant_id = excluded.tenant_id, tier = coalesce(excluded.tier, s.tier), state = excluded.state,
        began_at = coalesce(began, s.began_at), said_at = excluded.said_at, said_rank = excluded.said_rank;
    after := identity.subscribed_tier(tenant);
    -- A renewal changes nothing, so that a tier which the operator gave meanwhile stays.
    if after is distinct from before or (after is null and state = 'ended') then
        perform identity.set_tier(tenant, coalesce(after, 'free'), 'stripe', subscription);
    end if;
    if known.tenant_id <> tenant then
        perform identity.set_tier(
            known.tenant_id, coalesce(identity.subscribed_tier(known.tenant_id), 'free'), 'stripe', subscription);
    end if;
    return 'applied';
end
$$;

revoke all on function identity.set_tier, identity.subscribed_tier, identity.apply_payment_event from public;
grant select on identity.subscription to trimtab_api;
grant execute on function identity.apply_payment_event to trimtab_api;
