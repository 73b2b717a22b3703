-- The event store: one log for all tenants, ordered by commit, chained by hashes.
create schema events;
create schema read;
create schema identity;

create table events.head (
    singleton boolean primary key default true check (singleton),
    position bigint not null,
    hash bytea not null,
    recorded_at timestamptz not null
);
insert into events.head (position, hash, recorded_at) values (0, '\x', '-infinity');

create table events.event (
    position bigint primary key,
    event_id uuid not null,
    tenant_id text not null,
    originator_id uuid not null,
    originator_version bigint not null,
    topic text not null,
    state json not null,
    actor text not null,
    correlation_id text not null,
    causation_id text,
    traceparent text,
    effective_at timestamptz not null,
    recorded_at timestamptz not null,
    hash bytea not null,
    unique (originator_id, originator_version)
);
create index event_recorded_at on events.event (recorded_at);

create table events.answer (
    tenant_id text not null,
    route text not null,
    key text not null,
    payload_hash text not null,
    status integer not null,
    headers json not null,
    body text not null,
    position bigint not null,
    recorded_at timestamptz not null,
    primary key (tenant_id, route, key)
);
create index answer_recorded_at on events.answer (recorded_at);

alter table events.event enable row level security;
create policy tenant on events.event for select using (tenant_id = current_setting('trimtab.tenant', true));
alter table events.answer enable row level security;
create policy tenant on events.answer for select using (tenant_id = current_setting('trimtab.tenant', true));

-- What an event says, as one digest: computed before the lock is taken, chained under it.
create function events.content_digest(
    event_id uuid, tenant_id text, originator_id uuid, originator_version bigint, topic text, state text,
    actor text, correlation_id text, causation_id text, traceparent text, effective_at timestamptz
) returns bytea language sql immutable parallel safe as $$
    select sha256(convert_to(
        event_id || E'\x1f' || tenant_id || E'\x1f' || originator_id || E'\x1f' || originator_version
        || E'\x1f' || topic || E'\x1f' || actor || E'\x1f' || correlation_id
        || E'\x1f' || coalesce(causation_id, E'\x1e') || E'\x1f' || coalesce(traceparent, E'\x1e')
        || E'\x1f' || extract(epoch from effective_at) || E'\x1f' || state, 'UTF8'))
$$;

create function events.chain(previous bytea, "position" bigint, recorded_at timestamptz, content bytea)
returns bytea language sql immutable parallel safe as $$
    select sha256(previous || int8send("position") || convert_to(extract(epoch from recorded_at)::text, 'UTF8') || content)
$$;

-- Appends a batch of commands, each all or nothing, in one round trip and one commit.
--
-- batch: {"commands": how many there are, numbered from 0,
--         "events": [{"n": the command, and the columns of events.event but position, state, recorded_at and hash}],
--         "answers": absent, or [{"n", "tenant_id", "route", "key", "payload_hash", "status", "headers", "body"}]}
-- states: the events' states as JSON, apart, so that an import's megabytes are not read as a part of the batch.
-- Returns one row per command: its last position, or null where somebody else was faster.
--
-- Everything is parsed and digested before the head row is locked. The head row is locked, not the table: readers
-- never wait, and positions appear in the order of their commits, so a follower that has seen a position has seen
-- everything below it. It runs as its owner, since one batch holds several tenants' events and the API's role may
-- not write the table. Under the lock the loop only chains hashes; all rows are inserted by one statement.
--
-- Plans are generic: the planner would think a plan of its own for every batch the cheaper one, and plan it anew each
-- time, which took longer than running it. One index look-up per event tells a lost race.
create function events.append(batch json, states text[])
returns table (n integer, "position" bigint, recorded_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    answers json := batch -> 'answers';
    tip events.head;
    fresh events.event[];
    owners integer[];
    lost integer[];
    places bigint[];
    hashes bytea[];
    reached bigint[];
    moment timestamptz;
begin
    select array_agg(row(
               0, e.event_id, e.tenant_id, e.originator_id, e.originator_version, e.topic, e.state::json, e.actor,
               e.correlation_id, e.causation_id, e.traceparent, e.effective_at, null,
               events.content_digest(e.event_id, e.tenant_id, e.originator_id, e.originator_version, e.topic,
                   e.state, e.actor, e.correlation_id, e.causation_id, e.traceparent, e.effective_at)
           )::events.event), array_agg(e.n)
      into fresh, owners
      from rows from (json_to_recordset(batch -> 'events') as (
                          n integer, event_id uuid, tenant_id text, originator_id uuid, originator_version bigint,
                          topic text, actor text, correlation_id text, causation_id text, traceparent text,
                          effective_at timestamptz),
                      unnest(states)) as e (
               n, event_id, tenant_id, originator_id, originator_version, topic, actor, correlation_id,
               causation_id, traceparent, effective_at, state);

    select * into strict tip from events.head for update;
    moment := greatest(clock_timestamp(), tip.recorded_at);

    lost := array(
        select owners[f.place]
          from unnest(fresh) with ordinality as f (
                   a, b, c, originator_id, originator_version, d, e, g, h, j, k, l, m, o, place)
         cross join lateral (
                   select 1 from events.event known
                    where known.originator_id = f.originator_id
                      and known.originator_version = f.originator_version limit 1) taken);
    if answers is not null then
        lost := lost || array(
            select c.n
              from json_to_recordset(answers) as c (n integer, tenant_id text, route text, key text)
              join events.answer known using (tenant_id, route, key));
    end if;

    -- Filled beforehand: an array that is first written at its third place would begin there, and be unnested from
    -- there, beside the wrong events.
    places := array_fill(null::bigint, array[coalesce(cardinality(fresh), 0)]);
    hashes := array_fill(null::bytea, array[coalesce(cardinality(fresh), 0)]);
    for i in 1 .. coalesce(cardinality(fresh), 0) loop
        continue when owners[i] = any (lost);
        tip.position := tip.position + 1;
        tip.hash := events.chain(tip.hash, tip.position, moment, fresh[i].hash);
        places[i] := tip.position;
        hashes[i] := tip.hash;
        reached[owners[i]] := tip.position;
    end loop;

    insert into events.event
    select f.place, f.event_id, f.tenant_id, f.originator_id, f.originator_version, f.topic, f.state, f.actor,
           f.correlation_id, f.causation_id, f.traceparent, f.effective_at, moment, f.chained
      from unnest(fresh, places, hashes) as f (
               a, event_id, tenant_id, originator_id, originator_version, topic, state, actor, correlation_id,
               causation_id, traceparent, effective_at, b, c, place, chained)
     where f.place is not null;

    if answers is not null then
        insert into events.answer
        select c.tenant_id, c.route, c.key, c.payload_hash, c.status, c.headers, c.body,
               coalesce(reached[c.n], tip.position), moment
          from json_to_recordset(answers) as c (
                   n integer, tenant_id text, route text, key text, payload_hash text, status integer, headers json,
                   body text)
         where c.n <> all (lost);
    end if;

    update events.head set position = tip.position, hash = tip.hash, recorded_at = moment;
    perform pg_notify('trimtab_events', tip.position::text);

    recorded_at := moment;
    for command in 0 .. (batch ->> 'commands')::integer - 1 loop
        n := command;
        position := case when n = any (lost) then null else coalesce(reached[n], tip.position) end;
        return next;
    end loop;
end
$$;

-- Says at which position the chain is broken, or nothing when every row is as it was written. That the newest rows
-- are missing shows in the head, which keeps the last position and its hash.
create function events.first_tampered(after bigint default 0, upto bigint default 9223372036854775807)
returns bigint language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(
        (select e.position
           from (select e.*, lag(e.hash, 1, case when after = 0 then '\x'::bytea end) over (order by e.position) as previous
                   from events.event e where e.position >= after and e.position <= upto) e
          where e.previous is not null and e.position > after
            and e.hash <> events.chain(e.previous, e.position, e.recorded_at,
                    events.content_digest(e.event_id, e.tenant_id, e.originator_id, e.originator_version, e.topic,
                        e.state::text, e.actor, e.correlation_id, e.causation_id, e.traceparent, e.effective_at))
          order by e.position limit 1),
        (select h.position from events.head h
          where h.position between 1 and upto
            and not exists (select from events.event e where e.position = h.position and e.hash = h.hash)))
$$;

-- API keys are stored hashed; the API may look one up by its hash and nothing else.
create table identity.api_key (
    id uuid primary key,
    tenant_id text not null,
    name text not null,
    prefix text not null,
    key_hash bytea not null unique,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
create function identity.find_api_key(hash bytea)
returns table (id uuid, tenant_id text, name text, scopes text[], expires_at timestamptz, revoked_at timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update identity.api_key k set last_used_at = now() where k.key_hash = hash
           and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
    select k.id, k.tenant_id, k.name, k.scopes, k.expires_at, k.revoked_at
      from identity.api_key k where k.key_hash = hash
$$;

-- How far each projection has read; written in the same transaction as its rows.
create table read.checkpoint (
    projection text primary key,
    position bigint not null,
    updated_at timestamptz not null
);
-- What a projection could not digest: the event, and every later one of the same aggregate.
create table read.dead_letter (
    projection text not null,
    position bigint not null,
    originator_id uuid not null,
    tenant_id text not null,
    topic text not null,
    error text not null,
    parked_at timestamptz not null default now(),
    primary key (projection, position)
);
create index dead_letter_originator on read.dead_letter (projection, originator_id);
alter table read.dead_letter enable row level security;
create policy tenant on read.dead_letter for select using (tenant_id = current_setting('trimtab.tenant', true));
-- How far every projection is: figures about all tenants' events, of which the API may see no more than these.
-- The lag in seconds is the age of the first event not read. Tables that a rebuild has replaced follow nothing.
create function read.progress()
returns table (projection text, "position" bigint, lag_events bigint, lag_seconds double precision, dead_letters bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.projection, c.position, greatest(h.position - c.position, 0),
           greatest(coalesce(extract(epoch from clock_timestamp() - unread.recorded_at), 0), 0)::double precision,
           (select count(*) from read.dead_letter d where d.projection = c.projection)
      from read.checkpoint c cross join events.head h
      left join lateral (select e.recorded_at from events.event e where e.position > c.position
                          order by e.position limit 1) unread on true
     where pg_catalog.strpos(c.projection, '@') = 0
$$;

revoke all on function events.append, events.first_tampered, identity.find_api_key, read.progress from public;
grant usage on schema events, read, identity to trimtab_api;
grant select on events.head, events.event, events.answer, read.checkpoint to trimtab_api;
grant execute on function events.append, identity.find_api_key, read.progress to trimtab_api;
