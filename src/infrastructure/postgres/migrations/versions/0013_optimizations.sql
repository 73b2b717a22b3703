-- The figures that optimisations are computed on: kept as they were gathered, by what they hash to.
create schema job;

create table job.dataset (
    tenant_id text not null,
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    content bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    kept_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, hash)
);
comment on column job.dataset.kept_at is 'When a job was last to be computed on it: it can go some time after that.';
alter table job.dataset alter column content set storage external; -- compressed by whoever wrote it
create index dataset_by_age on job.dataset (kept_at);

alter table job.dataset enable row level security;
create policy tenant on job.dataset
    using (tenant_id = current_setting('trimtab.tenant', true)) with check (tenant_id = current_setting('trimtab.tenant', true));

grant usage on schema job to trimtab_api;
grant select, insert (tenant_id, hash, content), update (kept_at) on job.dataset to trimtab_api;
