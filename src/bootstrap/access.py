"""Keys and tenants as whoever runs the service sees and changes them: as the owner of the database."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec
import psycopg
from psycopg import Connection
from psycopg.rows import class_row

from application.credentials import ApiKey
from application.identity.addresses import email_key
from application.tiers import Tier
from bootstrap.settings import Settings
from infrastructure.identity.erasure import ERASE
from infrastructure.identity.keys import create_api_key
from infrastructure.postgres.acting import ACTING

OPERATOR: Final = "operator"
_KEYS: Final[LiteralString] = """
    select tenant_id as tenant, id, name, prefix, scopes, created_at, created_by, expires_at, last_used_at, revoked_at,
           allowed_addresses::text[] as allowed_addresses, requests_per_minute
      from identity.api_key
     where (%(tenant)s::text is null or tenant_id = %(tenant)s) and (%(revoked)s or revoked_at is null)
     order by tenant_id, created_at, id"""
_REVOKE: Final[LiteralString] = """
    update identity.api_key set revoked_at = now() where id = %s and revoked_at is null returning tenant_id"""
_NOTE: Final[LiteralString] = "select identity.note_audit(%s, %s, %s, %s)"
_TENANTS: Final[LiteralString] = """
    with known as (
        select tenant_id from identity.tenant union select tenant_id from identity.api_key
        union select tenant_id from read.portfolio_count)
    select k.tenant_id as tenant, t.name, t.tier, t.created_at,
           (select count(*) from identity.member m where m.tenant_id = k.tenant_id) as members,
           (select count(*) from identity.api_key a where a.tenant_id = k.tenant_id and a.revoked_at is null) as keys,
           (select coalesce(sum(p.portfolios), 0)::bigint from read.portfolio_count p
             where p.tenant_id = k.tenant_id and p.is_active) as portfolios
      from known k left join identity.tenant t using (tenant_id) order by k.tenant_id"""
_PERSON: Final[LiteralString] = "select person_id from identity.find_person(%s)"
_SET_TIER: Final[LiteralString] = "select identity.set_tier(%s, %s)"


class ListedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key without what it opens with."""

    tenant: str
    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    allowed_addresses: list[str] | None
    requests_per_minute: int | None


class ListedTenant(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant of which something is kept; `tier` None is the one that the installation gives to everybody."""

    tenant: str
    name: str | None
    tier: Tier | None
    created_at: datetime | None
    members: int
    keys: int
    portfolios: int


def made_key(
    settings: Settings, tenant: str, name: str, scopes: Iterable[str], expires_at: datetime | None
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which nobody can read again."""
    with _owner(settings) as connection:
        record, secret = create_api_key(connection, tenant, name, scopes, expires_at=expires_at)
        connection.execute(_NOTE, (tenant, OPERATOR, "key.created", str(record.id)))
    return record, secret


def keys(settings: Settings, tenant: str | None, *, revoked: bool) -> list[ListedKey]:
    """Return the keys of a tenant, or of all."""
    with _owner(settings) as connection, connection.cursor(row_factory=class_row(ListedKey)) as cursor:
        return cursor.execute(_KEYS, {"tenant": tenant, "revoked": revoked}).fetchall()


def revoke(settings: Settings, key_id: UUID) -> bool:
    """End a key; False where there was none to end. Processes that know it go on for five seconds."""
    with _owner(settings) as connection:
        ended = connection.execute(_REVOKE, (key_id,)).fetchone()
        if ended is None:
            return False
        connection.execute(_NOTE, (ended[0], OPERATOR, "key.revoked", str(key_id)))
    return True


def tenants(settings: Settings) -> list[ListedTenant]:
    """Return all tenants of which something is kept."""
    with _owner(settings) as connection, connection.cursor(row_factory=class_row(ListedTenant)) as cursor:
        return cursor.execute(_TENANTS).fetchall()


def set_tier(settings: Settings, tenant: str, tier: Tier | None) -> bool:
    """Give a tenant another tier, None that of the installation; False where it had it."""
    with _owner(settings) as connection:
        row = connection.execute(_SET_TIER, (tenant, tier)).fetchone()
    return bool(row and row[0])


def erase_person(settings: Settings, email: str) -> Sequence[str] | None:
    """Erase the person with an address, or say which tenants stand in the way; None where nobody has it."""
    with _owner(settings) as connection:
        found = connection.execute(_PERSON, (email_key(email),)).fetchone()
        if found is None:
            return None
        connection.execute(ACTING, ("", str(found[0])))
        erased = connection.execute(ERASE).fetchone()
    return None if erased is None else erased[0]


@contextmanager
def _owner(settings: Settings) -> Iterator[Connection[Any]]:
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url) as connection:
        yield connection
