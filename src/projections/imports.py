"""Which files were imported, what each changed, and which were undone."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from domain.holding_facts import ImportReport
from domain.holdings import Holdings
from projections.fact import Facts

IMPORT_TOPICS = frozenset({Holdings.PositionsImported.TOPIC, Holdings.ImportReverted.TOPIC})


class ImportRow(msgspec.Struct, kw_only=True):
    """One import with its report."""

    tenant_id: str
    import_id: UUID
    portfolio_id: UUID
    report: ImportReport
    imported_at: datetime
    reverted_at: datetime | None
    position: int
    projected_at: datetime


class ImportChanges:
    """Folds facts into the rows of imports."""

    def __init__(self) -> None:
        self.imported: dict[UUID, ImportRow] = {}
        self.reverted: dict[UUID, datetime] = {}

    def feed(self, facts: Facts) -> None:
        """Fold import summaries and reverts in their order."""
        for fact in facts:
            event = fact.event()
            if isinstance(event, Holdings.ImportReverted):
                self.reverted[event.import_id] = fact.recorded_at
                continue
            self.imported[event.report.import_id] = ImportRow(
                tenant_id=fact.tenant_id,
                import_id=event.report.import_id,
                portfolio_id=event.portfolio_id,
                report=event.report,
                imported_at=fact.recorded_at,
                reverted_at=None,
                position=fact.position,
                projected_at=fact.recorded_at,
            )


class ImportView(Protocol):
    """Answers questions about imports, each within one tenant."""

    async def page(
        self, tenant: str, portfolio_id: UUID, *, limit: int, offset: int
    ) -> tuple[list[ImportRow], int]:
        """Return a page of imports, the newest first, and how many there are."""

    async def one(self, tenant: str, import_id: UUID) -> ImportRow | None:
        """Return one import."""
