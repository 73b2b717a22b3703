-- Who is signed in, and with what. The database holds hashes of secrets only; what must be read again (the private half
-- of a signing key, a mail that is not sent yet) is sealed under a key that the database does not know.
create table identity.session (
    session_id uuid primary key,
    person_id uuid not null references identity.person on delete cascade,
    tenant_id text not null,
    created_at timestamptz not null default now(),
    used_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text check (end_reason in (
        'signed_out', 'signed_out_everywhere', 'ended', 'password_changed', 'password_reset', 'token_reused', 'removed')),
    address inet,
    agent text,
    check ((ended_at is null) = (end_reason is null))
);
create index session_by_person on identity.session (person_id);
create index session_by_expiry on identity.session (expires_at);
comment on column identity.session.tenant_id is 'What the next access token is for; earlier ones keep theirs.';

-- One row per token ever handed out in a session: a used one that comes again tells of a theft.
create table identity.refresh_token (
    token_hash bytea primary key,
    session_id uuid not null references identity.session on delete cascade,
    issued_at timestamptz not null default clock_timestamp(),
    used_at timestamptz,
    expires_at timestamptz not null
);
create index refresh_token_by_session on identity.refresh_token (session_id);

create table identity.password_reset (
    token_hash bytea primary key,
    person_id uuid not null references identity.person on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index password_reset_by_person on identity.password_reset (person_id);

-- Wrong tries by account and address. The account is hashed: most tries that are kept name nobody who is known here.
create table identity.sign_in_failure (
    account bytea not null,
    address text not null,
    tries integer not null,
    last_at timestamptz not null,
    primary key (account, address)
);
create index sign_in_failure_by_time on identity.sign_in_failure (last_at);

-- Mail to send, sealed. One without content keeps a request for somebody unknown as long as one for somebody known.
create table identity.mail (
    mail_id uuid primary key,
    person_id uuid references identity.person on delete cascade,
    sealed bytea,
    created_at timestamptz not null default now(),
    due_at timestamptz not null default now(),
    expires_at timestamptz not null,
    tries integer not null default 0
);
create index mail_by_due on identity.mail (due_at);

-- The newest key signs; earlier ones verify until `retires_at`.
create table identity.signing_key (
    kid text primary key,
    public_jwk json not null,
    private_sealed bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    retires_at timestamptz
);

alter table identity.session enable row level security;
create policy person on identity.session using (person_id::text = current_setting('trimtab.person', true));
alter table identity.refresh_token enable row level security;
alter table identity.password_reset enable row level security;
alter table identity.sign_in_failure enable row level security;
alter table identity.mail enable row level security;
alter table identity.signing_key enable row level security;
create policy everybody on identity.signing_key for select using (true);

-- Somebody new; null where the address is taken. Of several at once exactly one wins.
create function identity.add_person(
    person uuid, email text, email_key text, first_name text, last_name text, password_hash text
) returns timestamptz language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into identity.person (person_id, email, email_key, first_name, last_name, password_hash)
    values (person, email, email_key, first_name, last_name, password_hash)
    on conflict (email_key) do nothing
    returning created_at
$$;

-- Somebody new with a tenant of his own; null where the address is taken.
create function identity.register(
    person uuid, email text, email_key text, first_name text, last_name text, password_hash text,
    tenant text, tenant_name text, address inet
) returns timestamptz language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare joined timestamptz := identity.add_person(person, email, email_key, first_name, last_name, password_hash);
begin
    if joined is not null then
        insert into identity.tenant (tenant_id, name) values (tenant, tenant_name);
        insert into identity.member (tenant_id, person_id, role) values (tenant, person, 'owner');
        perform identity.note_audit(tenant, person::text, 'auth.registered', 'person/' || person, address);
    end if;
    return joined;
end $$;

-- The tenant that somebody who names none signs in to: the one he has belonged to longest.
create function identity.home_of(person uuid)
returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select m.tenant_id from identity.member m where m.person_id = person order by m.joined_at, m.tenant_id limit 1
$$;

create function identity.find_person(email_key text)
returns table (person_id uuid, email text, first_name text, last_name text, created_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.person_id, p.email, p.first_name, p.last_name, p.created_at
      from identity.person p where p.email_key = find_person.email_key
$$;

create function identity.account_of(email_key text)
returns bytea language sql immutable set search_path = pg_catalog, pg_temp as $$
    select sha256(convert_to(email_key, 'UTF8'))
$$;

-- Where tries are counted together: an IPv6 customer has 2^64 addresses, so there it is the network.
create function identity.origin_of(address inet)
returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case when address is null then 'unknown'
                when family(address) = 6 then network(set_masklen(address, 64))::text
                else host(address) end
$$;

-- Begin a try to sign in. It counts as wrong until `start_session` says otherwise, so that tries at the same time are not
-- more than tries one after the other. `wait_seconds` is null unless (account, address) is locked; being locked is not
-- prolonged by trying.
create function identity.attempt_sign_in(email_key text, address inet, tries_max integer, locked_for interval)
returns table (wait_seconds integer, person_id uuid, password_hash text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    who bytea := identity.account_of(email_key);
    origin text := identity.origin_of(address);
    seen identity.sign_in_failure;
    moment timestamptz;
begin
    insert into identity.sign_in_failure values (who, origin, 0, clock_timestamp()) on conflict do nothing;
    select * into seen from identity.sign_in_failure f where f.account = who and f.address = origin for update;
    moment := clock_timestamp();
    if seen.tries >= tries_max and seen.last_at > moment - locked_for then
        return query select greatest(1, ceil(extract(epoch from seen.last_at + locked_for - moment)))::integer,
                            null::uuid, null::text;
        return;
    end if;
    update identity.sign_in_failure f
       set tries = case when seen.last_at > moment - locked_for then seen.tries + 1 else 1 end, last_at = moment
     where f.account = who and f.address = origin;
    return query select null::integer, p.person_id, p.password_hash
      from (select 1) one left join identity.person p on p.email_key = attempt_sign_in.email_key;
end $$;

-- A try was wrong. It writes for somebody unknown too, so that both take one commit.
create function identity.sign_in_failed(email_key text, person uuid, address inet)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare home text := identity.home_of(person);
begin
    update identity.sign_in_failure f set last_at = clock_timestamp()
     where f.account = identity.account_of(email_key) and f.address = identity.origin_of(sign_in_failed.address);
    if home is not null then
        perform identity.note_audit(home, person::text, 'auth.sign_in_failed', 'person/' || person, address);
    end if;
end $$;

create function identity.forgive(email_key text, address inet)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from identity.sign_in_failure f
     where f.account = identity.account_of(email_key) and f.address = identity.origin_of(forgive.address)
$$;

-- Somebody is signed in: nothing where he does not belong to `tenant`, or, where none is named, to any.
-- Sign somebody in to a tenant, or to the one they have belonged to longest. Who belongs to none any more is given
-- `own_tenant`, where that is not null: otherwise nobody could even erase an account that was removed everywhere.
create function identity.start_session(
    session uuid, person uuid, tenant text, token_hash bytea, lifetime interval, address inet, agent text,
    own_tenant text
) returns table (tenant_id text, role text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    place text := coalesce(tenant, identity.home_of(person));
    part text;
begin
    perform 1 from identity.person p where p.person_id = person for key share;
    if not found then  -- erased since the password was looked at
        return;
    end if;
    select m.role into part from identity.member m where m.tenant_id = place and m.person_id = person;
    perform identity.forgive(p.email_key, address) from identity.person p where p.person_id = person;
    if place is null and own_tenant is not null then
        place := own_tenant;
        part := 'owner';
        insert into identity.tenant (tenant_id, name)
        select place, p.first_name || ' ' || p.last_name from identity.person p where p.person_id = person;
        insert into identity.member (tenant_id, person_id, role) values (place, person, part);
    end if;
    if part is null then
        return;
    end if;
    insert into identity.session (session_id, person_id, tenant_id, expires_at, address, agent)
    values (session, person, place, clock_timestamp() + lifetime, address, agent);
    insert into identity.refresh_token (token_hash, session_id, expires_at)
    values (start_session.token_hash, session, clock_timestamp() + lifetime);
    perform identity.note_audit(place, person::text, 'auth.signed_in', 'session/' || session, address);
    return query select place, part;
end $$;

-- Exchange a refresh token for the next. `outcome` is rotated, unknown, expired, ended, removed, reused or late.
-- A used token ends its session, unless the request began (`waited` ago) before the token was used: then two requests
-- came at the same time, and the later one is only refused.
create function identity.rotate_token(
    old_hash bytea, new_hash bytea, lifetime interval, waited interval, address inet
) returns table (outcome text, session_id uuid, person_id uuid, tenant_id text, role text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    began timestamptz := statement_timestamp() - waited;
    token identity.refresh_token;
    found_session identity.session;
    part text;
begin
    -- The session first: whoever ends one or throws it away goes that way round.
    select s.* into found_session from identity.session s join identity.refresh_token t using (session_id)
     where t.token_hash = old_hash for update of s;
    select * into token from identity.refresh_token t where t.token_hash = old_hash for update;
    if not found then
        return query select 'unknown', null::uuid, null::uuid, null::text, null::text;
        return;
    end if;
    if found_session.ended_at is not null then
        outcome := 'ended';
    elsif token.used_at is not null then
        outcome := case when began < token.used_at then 'late' else 'reused' end;
    elsif token.expires_at <= clock_timestamp() or found_session.expires_at <= clock_timestamp() then
        outcome := 'expired';
    else
        select m.role into part from identity.member m
         where m.tenant_id = found_session.tenant_id and m.person_id = found_session.person_id;
        outcome := case when part is null then 'removed' else 'rotated' end;
    end if;
    if outcome = 'rotated' then
        update identity.refresh_token t set used_at = clock_timestamp() where t.token_hash = old_hash;
        insert into identity.refresh_token (token_hash, session_id, expires_at)
        values (new_hash, token.session_id, clock_timestamp() + lifetime);
        update identity.session s set used_at = clock_timestamp(), expires_at = clock_timestamp() + lifetime
         where s.session_id = token.session_id;
    elsif outcome in ('reused', 'removed') then
        update identity.session s
           set ended_at = clock_timestamp(), end_reason = case outcome when 'reused' then 'token_reused' else 'removed' end
         where s.session_id = token.session_id;
    end if;
    if outcome = 'reused' then
        perform identity.note_audit(found_session.tenant_id, found_session.person_id::text, 'auth.refresh_reused',
                                    'session/' || token.session_id, address);
    end if;
    return query select outcome, found_session.session_id, found_session.person_id, found_session.tenant_id, part;
end $$;

-- Sign out by refresh token; the session that ended, null where none did.
create function identity.end_session_of_token(token_hash bytea, address inet)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare ended identity.session;
begin
    update identity.session s set ended_at = clock_timestamp(), end_reason = 'signed_out'
      from identity.refresh_token t
     where t.token_hash = end_session_of_token.token_hash and s.session_id = t.session_id and s.ended_at is null
    returning s.* into ended;
    if found then
        perform identity.note_audit(ended.tenant_id, ended.person_id::text, 'auth.signed_out',
                                    'session/' || ended.session_id, address);
    end if;
    return ended.session_id;
end $$;

-- Whether tokens of a session count, and as what: the role in the tenant that the token names.
create function identity.session_state(session uuid, tenant text)
returns table (active boolean, role text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.ended_at is null and s.expires_at > clock_timestamp(), m.role
      from identity.session s
      left join identity.member m on m.tenant_id = tenant and m.person_id = s.person_id
     where s.session_id = session
$$;

-- A new password. Every session but `kept` ends.
create function identity.set_password(person uuid, password_hash text, kept uuid, reason text)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    update identity.person p set password_hash = set_password.password_hash where p.person_id = person;
    delete from identity.password_reset r where r.person_id = person;
    delete from identity.sign_in_failure f using identity.person p
     where p.person_id = person and f.account = identity.account_of(p.email_key);
    update identity.session s set ended_at = clock_timestamp(), end_reason = reason
     where s.person_id = person and s.ended_at is null and s.session_id is distinct from kept
$$;

-- The same password hashed anew; nothing where it was changed meanwhile.
create function identity.rehash_password(person uuid, old_hash text, new_hash text)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    update identity.person p set password_hash = new_hash where p.person_id = person and p.password_hash = old_hash
$$;

-- Whoever was erased meanwhile gets none.
create function identity.queue_mail(mail uuid, person uuid, sealed bytea, lifetime interval)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into identity.mail (mail_id, person_id, sealed, expires_at)
    select mail, person, sealed, clock_timestamp() + lifetime
     where person is null or exists (select from identity.person p where p.person_id = person for key share)
$$;

-- Keep a reset for a person and queue its mail; for nobody, or for one who was sent `most` within the lifetime of a reset,
-- a mail without content that is never sent.
create function identity.request_reset(
    person uuid, token_hash bytea, lifetime interval, most integer, mail uuid, sealed bytea
) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare wanted boolean;
begin
    perform 1 from identity.person p where p.person_id = person for key share;
    wanted := found and most > (
        select count(*) from identity.password_reset r
         where r.person_id = person and r.created_at > clock_timestamp() - lifetime);
    if wanted then
        insert into identity.password_reset (token_hash, person_id, expires_at)
        values (request_reset.token_hash, person, clock_timestamp() + lifetime);
    end if;
    perform identity.queue_mail(mail, case when wanted then person end, case when wanted then sealed end, lifetime);
end $$;

create function identity.find_reset(token_hash bytea)
returns table (person_id uuid, email text, first_name text, last_name text, created_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.person_id, p.email, p.first_name, p.last_name, p.created_at
      from identity.password_reset r join identity.person p using (person_id)
     where r.token_hash = find_reset.token_hash and r.expires_at > clock_timestamp()
$$;

-- Use a reset: the person whose password is new now, null where the token is unknown, used or too old.
create function identity.reset_password(token_hash bytea, password_hash text, address inet)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare person uuid;
begin
    delete from identity.password_reset r
     where r.token_hash = reset_password.token_hash and r.expires_at > clock_timestamp()
    returning r.person_id into person;
    if person is not null then
        perform identity.set_password(person, password_hash, null, 'password_reset');
        perform identity.note_audit(m.tenant_id, person::text, 'auth.password_reset', 'person/' || person, address)
           from identity.member m where m.person_id = person;
    end if;
    return person;
end $$;

-- Take mail to send; it comes back after `lease` unless `mail_sent` says that it is gone.
create function identity.take_mail(most integer, lease interval)
returns table (mail_id uuid, sealed bytea, tries integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from identity.mail m where m.sealed is null or m.expires_at <= clock_timestamp();
    return query
    update identity.mail m set due_at = clock_timestamp() + lease, tries = m.tries + 1
     where m.mail_id in (select w.mail_id from identity.mail w where w.due_at <= clock_timestamp()
                          order by w.due_at limit most for update skip locked)
    returning m.mail_id, m.sealed, m.tries;
end $$;

create function identity.mail_sent(mail uuid)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from identity.mail m where m.mail_id = mail
$$;

create function identity.postpone_mail(mail uuid, pause interval)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    update identity.mail m set due_at = clock_timestamp() + pause where m.mail_id = mail
$$;

-- Make a key the newest one, if `replaces` still is (null: if there is none); the former verifies for `overlap` more.
create function identity.offer_signing_key(
    kid text, public_jwk json, private_sealed bytea, replaces text, overlap interval
) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare newest text;
begin
    lock table identity.signing_key in share row exclusive mode;
    select k.kid into newest from identity.signing_key k where k.retires_at is null;
    if newest is distinct from replaces then
        return false;
    end if;
    update identity.signing_key k set retires_at = clock_timestamp() + overlap where k.retires_at is null;
    insert into identity.signing_key (kid, public_jwk, private_sealed) values (kid, public_jwk, private_sealed);
    return true;
end $$;

-- Throw away what has no effect any more. Sessions stay for `kept` after their end, for their owner to look at.
create function identity.prune(kept interval)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from identity.session s where least(s.ended_at, s.expires_at) < clock_timestamp() - kept;
    delete from identity.refresh_token t where t.expires_at < clock_timestamp();
    delete from identity.password_reset r where r.expires_at < clock_timestamp();
    delete from identity.sign_in_failure f where f.last_at < clock_timestamp() - interval '1 day';
    delete from identity.signing_key k where k.retires_at < clock_timestamp() - kept;
$$;

revoke all on function
    identity.add_person, identity.register, identity.home_of, identity.find_person, identity.account_of,
    identity.origin_of, identity.attempt_sign_in, identity.sign_in_failed, identity.forgive, identity.start_session,
    identity.rotate_token, identity.end_session_of_token, identity.session_state, identity.set_password,
    identity.rehash_password, identity.queue_mail, identity.request_reset, identity.find_reset, identity.reset_password,
    identity.take_mail, identity.mail_sent, identity.postpone_mail, identity.offer_signing_key, identity.prune
from public;
grant select, update (tenant_id, ended_at, end_reason) on identity.session to trimtab_api;
grant select on identity.signing_key to trimtab_api;
revoke select on identity.person from trimtab_api;  -- what a password is compared with comes from `attempt_sign_in` alone
grant select (person_id, email, email_key, first_name, last_name, created_at), update (first_name, last_name)
   on identity.person to trimtab_api;
grant execute on function
    identity.add_person, identity.register, identity.find_person, identity.attempt_sign_in, identity.sign_in_failed,
    identity.forgive, identity.start_session, identity.rotate_token, identity.end_session_of_token,
    identity.session_state, identity.set_password, identity.rehash_password, identity.queue_mail, identity.request_reset,
    identity.find_reset, identity.reset_password, identity.take_mail, identity.mail_sent, identity.postpone_mail,
    identity.offer_signing_key, identity.prune
to trimtab_api;
