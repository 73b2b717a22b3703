"""Ask the rebalance agent to look at a portfolio now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.caller import Caller
from application.ledger import Done, Ledger, Remember, forget, retried
from domain.portfolio import Portfolio


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRebalance:
    """`options` replace single options of the portfolio's policy for this one time."""

    caller: Caller
    portfolio_id: UUID
    force: bool
    options: Mapping[str, Any]


@retried
async def request_rebalance(
    command: RequestRebalance, *, ledger: Ledger, remember: Remember[Portfolio] = forget
) -> Done[Portfolio]:
    """Record the request; the agent reads it from the stream like any other change."""
    async with ledger.unit(command.caller) as unit:
        portfolio = await unit.portfolio(command.portfolio_id)
        portfolio.request_rebalance(force=command.force, options=command.options, at=unit.now)
        return await unit.commit(portfolio, remember)
