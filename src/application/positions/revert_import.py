"""Undo an import."""

from dataclasses import dataclass
from uuid import UUID

from application.caller import Caller
from application.ledger import Done, Ledger, Remember, forget, retried
from domain.timeline import start_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertImport:
    """Which import of which portfolio."""

    caller: Caller
    portfolio_id: UUID
    import_id: UUID


@retried
async def revert_import(
    command: RevertImport, *, ledger: Ledger, remember: Remember[int] = forget
) -> Done[int]:
    """Record facts that say again what was true before the import, and return the holdings' version."""
    async with ledger.unit(command.caller) as unit:
        portfolio = await unit.portfolio(command.portfolio_id)
        portfolio.require_active()
        holdings = await unit.holdings(command.portfolio_id)
        day = holdings.import_day(command.import_id)
        at = unit.now if day == unit.now.date() else start_of(day)
        holdings.revert_import(command.import_id, at=at)
        return await unit.commit(holdings.version, remember)
