"""API keys: made once and shown once; the database holds their hash."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from ipaddress import ip_network
from secrets import token_urlsafe
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import kwargs_row

from application.caller import SCOPES
from application.credentials import ApiKey, Network

KEY_PREFIX: Final = "tt_live_"
RANDOM_BYTES: Final = 32
SHOWN_LENGTH: Final = 16
_INSERT: Final = """
    insert into identity.api_key (id, tenant_id, name, prefix, key_hash, scopes, expires_at)
    values (gen_random_uuid(), %(tenant)s, %(name)s, %(prefix)s, %(key_hash)s, %(scopes)s, %(expires_at)s)
    returning id, tenant_id, name, scopes, expires_at, revoked_at, allowed_addresses::text[], requests_per_minute
"""


def new_secret() -> str:
    """Return a new key: `tt_live_` and 43 random url-safe characters (256 bits)."""
    return KEY_PREFIX + token_urlsafe(RANDOM_BYTES)


def key_hash(secret: str) -> bytes:
    """Return what is stored of a key.

    A plain SHA-256 is enough: with 256 random bits there is nothing to guess that salt or stretching could
    protect.
    """
    return sha256(secret.encode()).digest()


def create_api_key(
    connection: Connection[Any],
    tenant: str,
    name: str,
    scopes: Iterable[str],
    *,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Store a new key and return its record and its secret, which nobody can read again.

    The caller commits. Raises ValueError for a scope that does not exist.
    """
    wanted = frozenset(scopes)
    if unknown := wanted - SCOPES:
        raise ValueError(
            f"There is no scope {', '.join(sorted(unknown))}; known: {', '.join(sorted(SCOPES))}."
        )
    secret = new_secret()
    values = {
        "tenant": tenant,
        "name": name,
        "prefix": secret[:SHOWN_LENGTH],
        "key_hash": key_hash(secret),
        "scopes": sorted(wanted),
        "expires_at": expires_at,
    }
    with connection.cursor(row_factory=kwargs_row(api_key)) as cursor:
        record = cursor.execute(_INSERT, values).fetchone()
    assert record is not None
    return record, secret


def api_key(**row: Any) -> ApiKey:
    """Return the key of a row of `identity.api_key`."""
    return ApiKey(
        id=row["id"],
        tenant=row["tenant_id"],
        name=row["name"],
        scopes=frozenset(row["scopes"]),
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        allowed_addresses=_networks(row["allowed_addresses"]),
        requests_per_minute=row["requests_per_minute"],
    )


def _networks(texts: list[str] | None) -> tuple[Network, ...] | None:
    return None if texts is None else tuple(ip_network(text) for text in texts)
