-- Who belongs where: tenants, persons, and who did what. Personal data lives here and never in the event log.
create table identity.tenant (
    tenant_id text primary key,
    name text,
    tier text check (tier in ('self_hosted', 'free', 'pro', 'quant', 'enterprise')),
    created_at timestamptz not null default now()
);
comment on column identity.tenant.tier is 'Null: the tier that the installation gives to everybody.';

create table identity.person (
    person_id uuid primary key,
    email text not null,
    email_key text not null unique,
    first_name text not null,
    last_name text not null,
    password_hash text not null,
    created_at timestamptz not null default now()
);

create table identity.member (
    tenant_id text not null references identity.tenant,
    person_id uuid not null references identity.person on delete cascade,
    role text not null check (role in ('owner', 'manager', 'viewer')),
    joined_at timestamptz not null default now(),
    primary key (tenant_id, person_id)
);
create index member_by_person on identity.member (person_id);

create table identity.audit (
    id bigint generated always as identity primary key,
    tenant_id text not null,
    at timestamptz not null default clock_timestamp(),
    actor text not null,
    action text not null,
    subject text,
    address inet,
    detail json
);
create index audit_by_tenant on identity.audit (tenant_id, id desc);

alter table identity.tenant enable row level security;
create policy tenant on identity.tenant using (tenant_id = current_setting('trimtab.tenant', true));
alter table identity.person enable row level security;
create policy person on identity.person using (person_id::text = current_setting('trimtab.person', true));
alter table identity.member enable row level security;
create policy tenant on identity.member using (tenant_id = current_setting('trimtab.tenant', true));
create policy person on identity.member for select using (person_id::text = current_setting('trimtab.person', true));
alter table identity.audit enable row level security;
create policy tenant on identity.audit for select using (tenant_id = current_setting('trimtab.tenant', true));

-- Tenants exist as soon as a trusted credential names them; a row is made when something is to be kept of one.
create function identity.ensure_tenant(tenant text)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into identity.tenant (tenant_id) values (tenant) on conflict do nothing
$$;

-- The trail is written in the transaction of what it tells, and by nobody changed afterwards.
create function identity.note_audit(
    tenant text, actor text, action text, subject text default null, address inet default null, detail json default null
) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into identity.audit (tenant_id, actor, action, subject, address, detail)
    values (tenant, actor, action, subject, address, detail)
$$;

revoke all on function identity.ensure_tenant, identity.note_audit from public;
grant select, update (name) on identity.tenant to trimtab_api;
grant select on identity.person, identity.member, identity.audit to trimtab_api;
grant execute on function identity.ensure_tenant, identity.note_audit to trimtab_api;
