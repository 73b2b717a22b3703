"""The API keys that tenants keep themselves, in PostgreSQL under the API's own role."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

import msgspec
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from application.caller import Caller
from application.identity.keys import (
    KEYS_MAX,
    KeyExpired,
    KeyNotFound,
    KeyRecord,
    KeyTerms,
    NewKey,
    TooManyKeys,
)
from application.ledger import Remember
from infrastructure.eventstore.append import append_answer
from infrastructure.identity.keys import SHOWN_LENGTH, key_hash, new_secret
from infrastructure.identity.standing import require_standing
from infrastructure.postgres.acting import acting_as
from infrastructure.postgres.reads import TenantReads
from infrastructure.postgres.trail import note

KEYS: Final[LiteralString] = """
    select id, prefix, name, scopes, created_at, expires_at, last_used_at, revoked_at, allowed_addresses,
           requests_per_minute
      from identity.api_key
     where tenant_id = %(tenant)s and (%(revoked)s or revoked_at is null)
     order by created_at desc, id limit %(limit)s offset %(offset)s"""
KEYS_COUNTED: Final[LiteralString] = """
    select count(*) from identity.api_key where tenant_id = %(tenant)s and (%(revoked)s or revoked_at is null)"""
KEY: Final[LiteralString] = """
    select id, prefix, name, scopes, created_at, expires_at, last_used_at, revoked_at, allowed_addresses,
           requests_per_minute
      from identity.api_key where tenant_id = %(tenant)s and id = %(key)s and revoked_at is null"""
_USABLE_COUNTED: Final[LiteralString] = """
    select count(*) from identity.api_key
     where tenant_id = %s and revoked_at is null and (expires_at is null or expires_at > now())"""
_INSERT: Final[LiteralString] = """
    insert into identity.api_key (id, tenant_id, name, prefix, key_hash, scopes, created_by, expires_at,
                                  allowed_addresses, requests_per_minute)
    values (%(id)s, %(tenant)s, %(name)s, %(prefix)s, %(hash)s, %(scopes)s, %(actor)s, %(expires_at)s,
            %(addresses)s::cidr[], %(requests_per_minute)s)
    returning created_at"""
_END: Final[LiteralString] = """
    update identity.api_key set expires_at = least(expires_at, %s)
     where tenant_id = %s and id = %s and revoked_at is null
       and (expires_at is null or expires_at > clock_timestamp())"""
_REVOKE: Final[LiteralString] = """
    update identity.api_key set revoked_at = now()
     where tenant_id = %s and id = %s and revoked_at is null"""


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `identity.api_key`."""

    id: UUID
    prefix: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    allowed_addresses: list[str] | None
    requests_per_minute: int | None


class PostgresApiKeys:
    """The `ApiKeys` port.

    `forget` is told of every key that ends, so that it is refused at once where it was revoked.
    """

    def __init__(self, pool: AsyncConnectionPool[Any], forget: Callable[[UUID], None]) -> None:
        self._pool, self._forget = pool, forget
        self._reads = TenantReads(pool)

    async def page(
        self, tenant: str, *, revoked: bool, limit: int, offset: int
    ) -> tuple[list[KeyRecord], int]:
        """Return keys, the newest first, and how many there are."""
        params = {"tenant": tenant, "revoked": revoked, "limit": limit, "offset": offset}
        rows, total = await self._reads.page(tenant, KEYS, KEYS_COUNTED, params, KeyRow)
        return [_record(row) for row in rows], total

    async def one(self, tenant: str, key_id: UUID) -> KeyRecord | None:
        """Return a key that is not revoked, or None."""
        row = await self._reads.one(tenant, KEY, {"tenant": tenant, "key": key_id}, KeyRow)
        return None if row is None else _record(row)

    async def add(self, caller: Caller, terms: KeyTerms, remember: Remember[NewKey]) -> NewKey:
        """Store a new key; raises TooManyKeys."""
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            await require_standing(connection, caller)
            await self._refuse_too_many(connection, caller.tenant)
            made = await _insert(connection, caller, terms)
            await note(connection, caller, "key.created", str(made.record.id))
            await append_answer(connection, remember(made))
        return made

    async def rotate(
        self, caller: Caller, old: KeyRecord, ends_at: datetime, remember: Remember[NewKey]
    ) -> NewKey:
        """Store a new key on the terms of an old one, and let the old one end.

        Raises TooManyKeys, and KeyExpired or KeyNotFound where the old one has ended since it was read.
        """
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            await require_standing(connection, caller)
            ended = await connection.execute(_END, (ends_at, caller.tenant, old.id))
            if ended.rowcount == 0:
                raise await _why_it_ended(connection, caller.tenant, old.id)
            await self._refuse_too_many(connection, caller.tenant)
            made = await _insert(connection, caller, old.terms)
            detail = {"successor": str(made.record.id)}
            await note(connection, caller, "key.rotated", str(old.id), detail)
            await append_answer(connection, remember(made))
        self._forget(old.id)
        return made

    async def revoke(self, caller: Caller, key_id: UUID) -> bool:
        """End a key at once; False where there was none to end."""
        async with acting_as(self._pool, tenant=caller.tenant) as connection:
            done = await connection.execute(_REVOKE, (caller.tenant, key_id))
            if done.rowcount == 0:
                return False
            await note(connection, caller, "key.revoked", str(key_id))
        self._forget(key_id)
        return True

    async def _refuse_too_many(self, connection: AsyncConnection[Any], tenant: str) -> None:
        cursor = await connection.execute(_USABLE_COUNTED, (tenant,))
        row = await cursor.fetchone()
        if row is not None and row[0] >= KEYS_MAX:
            raise TooManyKeys


async def _why_it_ended(connection: AsyncConnection[Any], tenant: str, key_id: UUID) -> Exception:
    cursor = await connection.execute(KEY, {"tenant": tenant, "key": key_id})
    return KeyNotFound(key_id) if await cursor.fetchone() is None else KeyExpired()


async def _insert(connection: AsyncConnection[Any], caller: Caller, terms: KeyTerms) -> NewKey:
    secret, key_id = new_secret(), uuid4()
    values = {
        "id": key_id,
        "tenant": caller.tenant,
        "name": terms.name,
        "prefix": secret[:SHOWN_LENGTH],
        "hash": key_hash(secret),
        "scopes": list(terms.scopes),
        "actor": caller.actor,
        "expires_at": terms.expires_at,
        "addresses": None if terms.allowed_addresses is None else list(terms.allowed_addresses),
        "requests_per_minute": terms.requests_per_minute,
    }
    cursor = await connection.execute(_INSERT, values)
    row = await cursor.fetchone()
    assert row is not None
    record = KeyRecord(id=key_id, prefix=secret[:SHOWN_LENGTH], terms=terms, created_at=row[0])
    return NewKey(record=record, secret=secret)


def _record(row: KeyRow) -> KeyRecord:
    addresses = row.allowed_addresses
    terms = KeyTerms(
        name=row.name,
        scopes=tuple(row.scopes),
        expires_at=row.expires_at,
        allowed_addresses=None if addresses is None else tuple(addresses),
        requests_per_minute=row.requests_per_minute,
    )
    return KeyRecord(
        id=row.id,
        prefix=row.prefix,
        terms=terms,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
