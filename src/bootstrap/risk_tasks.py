"""Risk as tasks of a calculator process."""

from datetime import date, datetime
from uuid import UUID

from application.history.past import PastPortfolio
from application.risk import stress as stressing
from application.risk import value_at_risk as valuing
from application.risk.portfolio_risk import portfolio_risk
from application.risk.questions import (
    RiskQuestion,
    StressAnswer,
    StressQuestion,
    ValueAtRiskAnswer,
    ValueAtRiskQuestion,
)
from application.risk.regimes import RegimeCache
from application.valuation.book import Book
from application.valuation.builder import book_of
from bootstrap.toolbox import Toolbox
from domain.risk import RiskSnapshot

_REGIMES = RegimeCache()


async def risk(toolbox: Toolbox, tenant: str, request: RiskQuestion, attachment: bytes) -> RiskSnapshot:
    """Return the risk of a portfolio as of a moment, by a method."""
    book = await _last_day(
        toolbox, tenant, request.portfolio_id, as_of=request.as_of, known_at=request.known_at
    )
    return await portfolio_risk(
        await toolbox.market(tenant),
        tenant,
        book,
        method=request.method,
        window=request.window,
        known_at=request.known_at,
        regimes=_REGIMES,
    )


async def value_at_risk(
    toolbox: Toolbox, tenant: str, request: ValueAtRiskQuestion, attachment: bytes
) -> ValueAtRiskAnswer:
    """Return the value at risk of amounts in instruments."""
    return await valuing.value_at_risk(await toolbox.market(tenant), tenant, request)


async def stress(toolbox: Toolbox, tenant: str, request: StressQuestion, attachment: bytes) -> StressAnswer:
    """Return what a portfolio gains or loses in scenarios."""
    book = await _last_day(toolbox, tenant, request.portfolio_id)
    return await stressing.stress(await toolbox.market(tenant), tenant, book, request)


async def _last_day(
    toolbox: Toolbox,
    tenant: str,
    portfolio_id: UUID,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Book:
    past: PastPortfolio = await toolbox.events.portfolio_at(
        tenant, portfolio_id, as_of=as_of, known_at=known_at
    )
    return await book_of(
        past.portfolio,
        past.holdings,
        await toolbox.market(tenant),
        tenant=tenant,
        start=date.max,
        end=past.as_of,
        known_at=known_at,
    )
