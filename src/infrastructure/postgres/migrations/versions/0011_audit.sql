-- What the log's hash was at a position, signed with a key that the database does not know: whoever rewrites the whole
-- chain cannot sign the new hash. `previous` is the position of the checkpoint before, 0 for the first, so that one
-- that was taken out of the middle is missed.
create table events.checkpoint (
    position bigint primary key,
    hash bytea not null,
    previous bigint not null,
    recorded_at timestamptz not null,
    signed_at timestamptz not null,
    key_id text not null,
    signature bytea not null
);

create function events.refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise insufficient_privilege using message = tg_table_name || ' takes new rows only';
end
$$;
create trigger append_only before update or delete or truncate on events.checkpoint
    for each statement execute function events.refuse_change();

-- The trail. Decisions stand in the log already: they are read from there, by an index of the few events they are.
drop index identity.audit_by_tenant;
create index audit_by_time on identity.audit (tenant_id, at desc, id desc);
create index audit_with_address on identity.audit (actor) where address is not null;
create index event_decision on events.event (tenant_id, recorded_at desc, position desc)
    where topic in ('portfolio.archived', 'portfolio.restored', 'rebalancing.accepted', 'rebalancing.declined');

-- Entries stay as they were written, by whoever; only the address can go, when a person is erased.
create function identity.keep_audit() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'UPDATE' and new.address is null
       and (new.id, new.tenant_id, new.at, new.actor, new.action, new.subject, new.detail::text)
           is not distinct from (old.id, old.tenant_id, old.at, old.actor, old.action, old.subject, old.detail::text) then
        return new;
    end if;
    raise insufficient_privilege using message = 'audit entries are neither changed nor deleted';
end
$$;
create trigger append_only before update or delete on identity.audit
    for each row execute function identity.keep_audit();
create trigger append_only_whole before truncate on identity.audit
    for each statement execute function events.refuse_change();

-- Erases the acting person, and says which tenants stand in the way: those with other members and no other owner. Null
-- where there is no such person. What stays of one are ids: in the log, in the trail, in the name of whoever made a key.
--
-- A tenant whose only member goes has nobody left who could end its keys or change its webhooks: they end here. Nobody
-- but this person has used its keys, so their addresses go too.
create function identity.erase_person()
returns text[] language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    erased identity.person;
    tenants text[];
    alone text[];
    kept text[];
begin
    select * into erased from identity.person p
     where p.person_id::text = current_setting('trimtab.person', true) for update;
    if not found then
        return null;
    end if;
    perform 1 from identity.tenant t join identity.member m using (tenant_id)
      where m.person_id = erased.person_id order by t.tenant_id for update of t;
    perform 1 from identity.member m
      where m.tenant_id in (select n.tenant_id from identity.member n where n.person_id = erased.person_id)
      order by m.tenant_id, m.person_id for update;
    select coalesce(array_agg(m.tenant_id order by m.tenant_id), '{}'),
           coalesce(array_agg(m.tenant_id) filter (where others.members = 0), '{}'),
           coalesce(array_agg(m.tenant_id order by m.tenant_id)
                    filter (where m.role = 'owner' and others.members > 0 and others.owners = 0), '{}')
      into tenants, alone, kept
      from identity.member m
     cross join lateral (
           select count(*) as members, count(*) filter (where o.role = 'owner') as owners
             from identity.member o where o.tenant_id = m.tenant_id and o.person_id <> m.person_id) others
     where m.person_id = erased.person_id;
    if cardinality(kept) > 0 then
        return kept;
    end if;

    perform identity.note_audit(t, erased.person_id::text, 'person.erased', 'person/' || erased.person_id)
       from unnest(tenants) t;
    update identity.audit a set address = null
     where a.address is not null
       and a.actor in (select erased.person_id::text
                       union all
                       select 'key:' || k.id from identity.api_key k
                        where k.tenant_id = any (alone) or k.created_by = erased.person_id::text);
    update identity.tenant t set name = null
     where t.tenant_id = any (alone)
        or (t.tenant_id = any (tenants) and t.name = erased.first_name || ' ' || erased.last_name);
    update identity.api_key k set revoked_at = clock_timestamp()
     where k.tenant_id = any (alone) and k.revoked_at is null;
    delete from identity.invitation i where i.tenant_id = any (alone) or i.email_key = erased.email_key;
    delete from webhook.endpoint e where e.tenant_id = any (alone);
    delete from identity.sign_in_failure f where f.account = identity.account_of(erased.email_key);
    -- Answers that are kept for repeated requests may show the address, as that of an invitation does.
    delete from events.answer a where strpos(lower(a.body), lower(erased.email)) > 0;
    delete from identity.person p where p.person_id = erased.person_id;
    return '{}';
end
$$;

revoke all on function identity.erase_person from public;
grant execute on function identity.erase_person to trimtab_api;
