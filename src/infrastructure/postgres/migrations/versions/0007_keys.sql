-- What tenants keep of their own access: API keys with limits, members, invitations.

-- Keys. The API may see everything of its tenant's keys but what they are compared with.
alter table identity.api_key
    add column created_by text,
    add column allowed_addresses cidr[] check (cardinality(allowed_addresses) > 0),
    add column requests_per_minute integer check (requests_per_minute > 0);
comment on column identity.api_key.allowed_addresses is 'Where the key may be used from; null is anywhere.';
comment on column identity.api_key.requests_per_minute is 'A limit of its own below that of the tenant; null is none.';
create index api_key_by_tenant on identity.api_key (tenant_id, created_at desc, id);
alter table identity.api_key enable row level security;
create policy tenant on identity.api_key using (tenant_id = current_setting('trimtab.tenant', true));
grant select (id, tenant_id, name, prefix, scopes, created_at, created_by, expires_at, last_used_at, revoked_at,
              allowed_addresses, requests_per_minute),
      insert (id, tenant_id, name, prefix, key_hash, scopes, created_by, expires_at, allowed_addresses,
              requests_per_minute),
      update (expires_at, revoked_at)
   on identity.api_key to trimtab_api;

-- Finds a key before any tenant is known, and notes that it was used: at most once a minute in its row, at most once
-- an hour in the trail. A key that opens nothing, be it revoked, expired or at a wrong address, was not used.
drop function identity.find_api_key(bytea);
create function identity.find_api_key(hash bytea, address inet default null)
returns table (id uuid, tenant_id text, name text, scopes text[], expires_at timestamptz, revoked_at timestamptz,
               allowed_addresses text[], requests_per_minute integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    found_key identity.api_key;
begin
    select * into found_key from identity.api_key k where k.key_hash = hash;
    if not found then
        return;
    end if;
    if found_key.revoked_at is null
       and (found_key.expires_at is null or found_key.expires_at > now())
       and (found_key.allowed_addresses is null or address is null
            or exists (select from unnest(found_key.allowed_addresses) allowed where address <<= allowed))
       and (found_key.last_used_at is null or found_key.last_used_at < now() - interval '1 minute') then
        -- Asked again of the row itself: of several requests at the same time the first one notes it.
        update identity.api_key k set last_used_at = now()
         where k.id = found_key.id and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
        if found and (found_key.last_used_at is null
                      or date_trunc('hour', found_key.last_used_at) < date_trunc('hour', now())) then
            perform identity.note_audit(
                found_key.tenant_id, 'key:' || found_key.id, 'key.used', found_key.id::text, address);
        end if;
    end if;
    return query select found_key.id, found_key.tenant_id, found_key.name, found_key.scopes, found_key.expires_at,
                        found_key.revoked_at, found_key.allowed_addresses::text[], found_key.requests_per_minute;
end
$$;

-- Whether a credential still counts, and the role of its person, asked by what gives out others: processes remember it for
-- some seconds, and what it makes would stay. Whoever ends it, by revoking, signing out, removing or erasing, waits for the
-- transaction that asks, and then sees what was made. The order of the locks is that of erasing.
create function identity.credential_counts(tenant text, person uuid, session uuid, key uuid)
returns table (counts boolean, role text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    counts := true;
    if person is not null then
        select m.role into role from identity.member m
         where m.tenant_id = tenant and m.person_id = person for share;
        counts := found;
    end if;
    if counts and key is not null then
        perform 1 from identity.api_key k
          where k.id = key and k.tenant_id = tenant and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > clock_timestamp()) for no key update;
        counts := found;
    end if;
    if counts and session is not null then
        perform 1 from identity.session s where s.session_id = session and s.ended_at is null for share;
        counts := found;
    end if;
    return next;
end
$$;

-- Members. Rows of persons are open to themselves alone; what fellow members may see of one is here.
create function identity.fellow_members()
returns table (person_id uuid, email text, email_key text, first_name text, last_name text, role text,
               joined_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select m.person_id, p.email, p.email_key, p.first_name, p.last_name, m.role, m.joined_at
      from identity.member m join identity.person p using (person_id)
     where m.tenant_id = current_setting('trimtab.tenant', true)
$$;
create function identity.tenants_of_person()
returns table (tenant_id text, name text, role text, created_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select t.tenant_id, t.name, m.role, t.created_at
      from identity.member m join identity.tenant t using (tenant_id)
     where m.person_id::text = current_setting('trimtab.person', true)
$$;
grant update (role), delete on identity.member to trimtab_api;

-- Invitations. One per address and tenant; an accepted one is gone, so that its token works once.
create table identity.invitation (
    id uuid primary key,
    tenant_id text not null references identity.tenant,
    email text not null,
    email_key text not null,
    role text not null check (role in ('owner', 'manager', 'viewer')),
    token_hash bytea not null unique,
    invited_by text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    unique (tenant_id, email_key)
);
alter table identity.invitation enable row level security;
create policy tenant on identity.invitation using (tenant_id = current_setting('trimtab.tenant', true));
grant select (id, tenant_id, email, email_key, role, invited_by, created_at, expires_at),
      insert, delete on identity.invitation to trimtab_api;

-- Finds an open invitation by the hash of its token, for somebody who is no member yet.
create function identity.find_invitation(hash bytea)
returns table (id uuid, tenant_id text, tenant_name text, email text, email_key text, role text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select i.id, i.tenant_id, t.name, i.email, i.email_key, i.role
      from identity.invitation i join identity.tenant t using (tenant_id)
     where i.token_hash = hash and i.expires_at > clock_timestamp()
$$;
-- Makes the acting person a member, if the invitation is open and for that person's address. Who is a member already
-- keeps the role. Returns no row where there was nothing to accept.
create function identity.accept_invitation(hash bytea, address inet default null)
returns table (tenant_id text, tenant_name text, role text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    invitation identity.invitation;
    person uuid := current_setting('trimtab.person')::uuid;
begin
    perform 1 from identity.person p where p.person_id = person for key share;  -- nobody is erased meanwhile
    delete from identity.invitation i
     using identity.person p
     where i.token_hash = hash and i.expires_at > clock_timestamp()
       and p.person_id = person and p.email_key = i.email_key
    returning i.* into invitation;
    if not found then
        return;
    end if;
    insert into identity.member (tenant_id, person_id, role)
    values (invitation.tenant_id, person, invitation.role) on conflict do nothing;
    perform identity.note_audit(invitation.tenant_id, person::text, 'member.joined', person::text, address,
                                json_build_object('role', invitation.role, 'invited_by', invitation.invited_by));
    return query select t.tenant_id, t.name, m.role
                   from identity.tenant t join identity.member m using (tenant_id)
                  where t.tenant_id = invitation.tenant_id and m.person_id = person;
end
$$;

-- Makes an account for the address of an open invitation, and its person, who acts, a member. Returns no row where the
-- invitation is no more, or the address has an account.
create function identity.join_by_invitation(
    hash bytea, first_name text, last_name text, password_hash text, address inet default null
) returns table (tenant_id text, tenant_name text, role text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    invited identity.invitation;
    person uuid := current_setting('trimtab.person')::uuid;
begin
    select * into invited from identity.invitation i
     where i.token_hash = hash and i.expires_at > clock_timestamp() for update;
    if not found or identity.add_person(
        person, invited.email, invited.email_key, first_name, last_name, password_hash) is null then
        return;
    end if;
    perform identity.note_audit(invited.tenant_id, person::text, 'auth.registered', 'person/' || person, address);
    return query select * from identity.accept_invitation(hash, address);
end
$$;

revoke all on function identity.find_api_key, identity.credential_counts, identity.fellow_members,
    identity.tenants_of_person, identity.find_invitation, identity.accept_invitation,
    identity.join_by_invitation from public;
grant execute on function identity.find_api_key, identity.credential_counts, identity.fellow_members,
    identity.tenants_of_person, identity.find_invitation, identity.accept_invitation,
    identity.join_by_invitation to trimtab_api;
