"""Change what a portfolio is called and when it is rebalanced; archive it and bring it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.caller import Caller
from application.ledger import Done, Expected, Ledger, Remember, forget, retried
from domain.portfolio import Portfolio


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisePortfolio:
    """Only the fields named in `changes` change; `is_active` archives (False) or restores (True)."""

    caller: Caller
    portfolio_id: UUID
    changes: Mapping[str, Any]
    is_active: bool | None = None
    expected: Expected | None = None


@retried
async def revise_portfolio(
    command: RevisePortfolio, *, ledger: Ledger, remember: Remember[Portfolio] = forget
) -> Done[Portfolio]:
    """Restore first and archive last, so that one request can do either together with other changes."""
    async with ledger.unit(command.caller) as unit:
        portfolio = await unit.portfolio(command.portfolio_id, command.expected)
        if command.is_active is True:
            portfolio.restore(at=unit.now)
        if command.changes or (command.is_active is None and not portfolio.is_active):
            portfolio.revise(command.changes, at=unit.now)
        if command.is_active is False:
            portfolio.archive(at=unit.now)
        return await unit.commit(portfolio, remember)
