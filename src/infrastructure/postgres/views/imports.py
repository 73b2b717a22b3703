"""Imports and their reports."""

from typing import LiteralString
from uuid import UUID

from infrastructure.postgres.reads import TenantReads
from projections.imports import ImportRow

PAGE: LiteralString = """
select * from read.position_import where tenant_id = %(tenant)s and portfolio_id = %(portfolio)s
 order by position desc, import_id limit %(limit)s offset %(offset)s"""
COUNT: LiteralString = """
select count(*) from read.position_import where tenant_id = %(tenant)s and portfolio_id = %(portfolio)s"""
ONE: LiteralString = """
select * from read.position_import where tenant_id = %(tenant)s and import_id = %(import)s"""


class PostgresImportView:
    """The `ImportView` port."""

    def __init__(self, reads: TenantReads) -> None:
        self._reads = reads

    async def page(
        self, tenant: str, portfolio_id: UUID, *, limit: int, offset: int
    ) -> tuple[list[ImportRow], int]:
        """Return a page of imports, the newest first, and how many there are."""
        params = {"tenant": tenant, "portfolio": portfolio_id, "limit": limit, "offset": offset}
        return await self._reads.page(tenant, PAGE, COUNT, params, ImportRow)

    async def one(self, tenant: str, import_id: UUID) -> ImportRow | None:
        """Return one import."""
        return await self._reads.one(tenant, ONE, {"tenant": tenant, "import": import_id}, ImportRow)
