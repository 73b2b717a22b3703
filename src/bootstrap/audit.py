"""What the trail, the export of a tenant and the erasure of a person work with."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api.exports.noted import NOTES
from infrastructure.identity.erasure import PostgresErasure
from infrastructure.postgres.connect import connector
from infrastructure.postgres.export_notes import PostgresExportNotes
from infrastructure.postgres.reads import TenantReads
from infrastructure.postgres.tenant_data import PostgresTenantData
from infrastructure.postgres.views.audit import PostgresAuditTrail

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

PROCESS = "export"


def audit_services(connections: "AsyncConnectionPool[Any]", api_database_url: str) -> Mapping[str, object]:
    """Return services by the names under which endpoints ask for them."""
    return {
        NOTES: PostgresExportNotes(connections),
        "audit_trail": PostgresAuditTrail(TenantReads(connections)),
        "tenant_data": PostgresTenantData(connector(api_database_url, PROCESS)),
        "erasure": PostgresErasure(connections),
    }
