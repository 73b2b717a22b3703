-- Outgoing webhooks: who wants to be told what, what there is to tell, and every attempt to tell it.
create schema webhook;

create table webhook.endpoint (
    endpoint_id uuid primary key,
    tenant_id text not null,
    url text not null,
    events text[] not null,
    description text,
    is_active boolean not null,
    secret bytea not null,
    previous_secret bytea,
    previous_until timestamptz,
    since_position bigint not null,
    created_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    failing_since timestamptz,
    disabled_at timestamptz,
    disabled_reason text check (disabled_reason in ('failing', 'gone')),
    unique (tenant_id, endpoint_id)
);
comment on column webhook.endpoint.secret is 'Encrypted: it signs what is sent, so it has to be read again.';
comment on column webhook.endpoint.since_position is 'Events up to this position happened before the endpoint was active.';
comment on column webhook.endpoint.failing_since is 'When the first attempt failed after the last that worked.';
create index endpoint_by_tenant on webhook.endpoint (tenant_id, created_at, endpoint_id);

-- What an event says, once for all endpoints of its tenant; text, since a signature is over bytes.
create table webhook.message (
    tenant_id text not null,
    event_id text not null,
    event_type text not null,
    happened_at timestamptz not null,
    recorded_at timestamptz not null default clock_timestamp(),
    body text not null,
    primary key (tenant_id, event_id)
);
create index message_by_age on webhook.message (recorded_at);

-- One row per event and endpoint, however often the event comes by; its id goes out as the webhook-id.
create table webhook.delivery (
    delivery_id uuid primary key,
    endpoint_id uuid not null,
    tenant_id text not null,
    event_id text not null,
    event_type text not null,
    status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    failures integer not null default 0,
    created_at timestamptz not null default clock_timestamp(),
    due_at timestamptz not null default clock_timestamp(),
    leased_until timestamptz,
    lease uuid,
    delivered_at timestamptz,
    status_code integer,
    error text,
    unique (endpoint_id, event_id),
    foreign key (tenant_id, endpoint_id) references webhook.endpoint (tenant_id, endpoint_id) on delete cascade,
    foreign key (tenant_id, event_id) references webhook.message on delete cascade
);
comment on column webhook.delivery.failures is 'Failed attempts since the event came, or since it was replayed.';
comment on column webhook.delivery.lease is 'Who is sending it now; whoever lost the lease records nothing.';
create index delivery_due on webhook.delivery (endpoint_id, due_at) where status = 'pending';
create index delivery_leased on webhook.delivery (leased_until) where status = 'pending' and leased_until is not null;
create index delivery_by_endpoint on webhook.delivery (endpoint_id, created_at desc, delivery_id);
create index delivery_by_message on webhook.delivery (tenant_id, event_id);

create table webhook.attempt (
    delivery_id uuid not null references webhook.delivery on delete cascade,
    number integer not null,
    tenant_id text not null,
    at timestamptz not null,
    milliseconds integer not null,
    status_code integer,
    error text,
    primary key (delivery_id, number)
);

alter table webhook.endpoint enable row level security;
create policy tenant on webhook.endpoint
    using (tenant_id = current_setting('trimtab.tenant', true)) with check (tenant_id = current_setting('trimtab.tenant', true));
alter table webhook.message enable row level security;
create policy tenant on webhook.message
    using (tenant_id = current_setting('trimtab.tenant', true)) with check (tenant_id = current_setting('trimtab.tenant', true));
alter table webhook.delivery enable row level security;
create policy tenant on webhook.delivery
    using (tenant_id = current_setting('trimtab.tenant', true)) with check (tenant_id = current_setting('trimtab.tenant', true));
alter table webhook.attempt enable row level security;
create policy tenant on webhook.attempt for select using (tenant_id = current_setting('trimtab.tenant', true));

-- The API writes secrets and never reads them, so a new one takes over through a function.
create function webhook.rotate(tenant text, endpoint uuid, fresh bytea, overlap interval)
returns boolean language sql security definer set search_path = pg_catalog, pg_temp as $$
    update webhook.endpoint
       set previous_secret = case when overlap > interval '0' then secret end,
           previous_until = case when overlap > interval '0' then clock_timestamp() + overlap end,
           secret = fresh,
           updated_at = clock_timestamp()
     where tenant_id = tenant and endpoint_id = rotate.endpoint and tenant = current_setting('trimtab.tenant', true)
    returning true
$$;

revoke all on function webhook.rotate from public;
grant usage on schema webhook to trimtab_api;
grant select (
    endpoint_id, tenant_id, url, events, description, is_active, previous_until, created_at, updated_at, failing_since,
    disabled_at, disabled_reason, since_position
) on webhook.endpoint to trimtab_api;
grant insert (
    endpoint_id, tenant_id, url, events, description, is_active, secret, since_position, created_by
) on webhook.endpoint to trimtab_api;
grant update (
    url, events, description, is_active, since_position, updated_at, failing_since, disabled_at, disabled_reason
) on webhook.endpoint to trimtab_api;
grant delete on webhook.endpoint to trimtab_api;
grant select, insert (tenant_id, event_id, event_type, happened_at, body) on webhook.message to trimtab_api;
grant select on webhook.delivery, webhook.attempt to trimtab_api;
grant insert (delivery_id, endpoint_id, tenant_id, event_id, event_type) on webhook.delivery to trimtab_api;
grant update (status, failures, due_at, delivered_at, error, status_code) on webhook.delivery to trimtab_api;
grant execute on function webhook.rotate to trimtab_api;
