"""Ask the agents to compute figures of a portfolio anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from application.caller import Caller
from application.ledger import Ledger, retried
from domain.analysis import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnalysis:
    """`kinds` are the figures wanted; `options` say which, where there is a choice (period, by, linking)."""

    caller: Caller
    portfolio_id: UUID
    kinds: Sequence[Kind]
    options: Mapping[str, Any] = field(default_factory=dict)


@retried
async def request_analysis(command: RequestAnalysis, *, ledger: Ledger) -> int:
    """Record the request and return its position, which the figures that answer it have seen.

    Raises
    ------
    PortfolioNotFound, PortfolioArchived
        If there is nothing to compute for.
    """
    async with ledger.unit(command.caller) as unit:
        portfolio = await unit.portfolio(command.portfolio_id)
        portfolio.require_active()
        analysis = await unit.analysis(command.portfolio_id)
        analysis.refresh(command.kinds, options=command.options, at=unit.now)
        done = await unit.commit(None)
    assert done.position is not None
    return done.position
