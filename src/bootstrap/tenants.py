"""What the endpoints of keys, tenants, members and invitations work with."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from infrastructure.identity.credentials import PostgresCredentials
from infrastructure.identity.key_store import PostgresApiKeys

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool


def tenant_services(
    connections: "AsyncConnectionPool[Any]", credentials: PostgresCredentials
) -> Mapping[str, object]:
    """Return services by the names under which endpoints ask for them; a revoked key is forgotten here at once."""
    return {"api_keys": PostgresApiKeys(connections, credentials.forget)}
