"""Remove the target of one bucket."""

from dataclasses import dataclass
from uuid import UUID

from application.caller import Caller
from application.ledger import Done, Expected, Ledger, retried


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveTarget:
    """Which target of which portfolio."""

    caller: Caller
    portfolio_id: UUID
    allocation_id: UUID
    expected: Expected | None = None


@retried
async def remove_target(command: RemoveTarget, *, ledger: Ledger) -> Done[int]:
    """Remove the target and return the portfolio's version."""
    async with ledger.unit(command.caller) as unit:
        portfolio = await unit.portfolio(command.portfolio_id, command.expected)
        portfolio.remove_target(command.allocation_id, at=unit.now)
        return await unit.commit(portfolio.version)
