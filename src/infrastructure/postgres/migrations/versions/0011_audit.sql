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
