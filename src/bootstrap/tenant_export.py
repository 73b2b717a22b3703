"""The export of a tenant without the API."""

import os
from pathlib import Path
from uuid import uuid4

from application.audit.export import exported
from application.caller import SCOPES, Caller
from bootstrap.settings import Settings
from infrastructure.postgres.connect import connector, pool
from infrastructure.postgres.export_notes import PostgresExportNotes
from infrastructure.postgres.tenant_data import PostgresTenantData

PROCESS = "export"
OPERATOR = "operator"
SUBJECT = "trimtab export"


async def export_to(file: Path, tenant: str, settings: Settings) -> int:
    """Write everything of a tenant and return the number of lines; the file is there whole or not at all.

    The trail says that the operator did it. Raises Unavailable.
    """
    assert settings.api_database_url is not None
    async with pool(settings.api_database_url, PROCESS, size=1) as connections:
        await PostgresExportNotes(connections).made(_operator(tenant), SUBJECT, {"format": "jsonl"})
    count = 0
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as output:
            async for line in exported(
                tenant, PostgresTenantData(connector(settings.api_database_url, PROCESS))
            ):
                output.write(line)
                count += 1
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _operator(tenant: str) -> Caller:
    return Caller(
        tenant=tenant,
        actor=OPERATOR,
        scopes=SCOPES,
        correlation_id=str(uuid4()),
        causation_id=None,
        traceparent=None,
    )
