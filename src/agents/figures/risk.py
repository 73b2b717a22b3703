"""The agent that keeps the risk, the factors and the headline of every portfolio current."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from agents.acting import acting
from agents.figures.markets import Markets
from agents.figures.questions import Question, questions_of
from agents.figures.refusals import found
from application.benchmark.kept import KeptPaths
from application.factors.measure import portfolio_factors
from application.inbox import Message
from application.ledger import Ledger, Unit, retried
from application.market.history import MarketHistory
from application.performance.against import benchmark_of
from application.performance.headline import headline, year_start
from application.risk.inputs import risk_inputs
from application.risk.measure import measure_risk
from application.risk.regimes import RegimeCache
from application.valuation.book import Book
from application.valuation.builder import book_of
from domain.analysis import FactorStudy, RiskStudy
from domain.holding_facts import holdings_id
from domain.holdings import Holdings
from domain.portfolio import Portfolio
from domain.risk import RiskSnapshot

ACTOR = "PortfolioRiskAgent"


class RiskAgent:
    """Measures a portfolio whenever what it holds, its benchmark or its prices change, or when asked.

    Only the newest state is measured, whatever number of messages led to it. Figures note the position they
    answer to, so a message that comes again changes nothing.
    """

    name = "risk"

    def __init__(self, ledger: Ledger, markets: Markets) -> None:
        self._ledger, self._markets = ledger, markets
        self._regimes, self._paths = RegimeCache(), KeptPaths()

    async def handle(self, messages: Sequence[Message]) -> None:
        """Measure one portfolio after some of its events, and record the figures."""
        risk, factors = questions_of(messages, "risk"), questions_of(messages, "factors")
        if risk or factors:
            await self._measure(messages, risk, factors)

    @retried
    async def _measure(
        self, messages: Sequence[Message], risk: Sequence[Question], factors: Sequence[Question]
    ) -> None:
        async with self._ledger.unit(acting(ACTOR, messages[-1])) as unit:
            portfolio_id = messages[0].portfolio_id
            await unit.take(
                (Portfolio, portfolio_id),
                (Holdings, holdings_id(portfolio_id)),
                (RiskStudy, RiskStudy.of(portfolio_id)),
                (FactorStudy, FactorStudy.of(portfolio_id)),
            )
            portfolio = await unit.portfolio(portfolio_id)
            holdings = await unit.holdings(portfolio_id)
            studies = await unit.study(RiskStudy, portfolio_id), await unit.study(FactorStudy, portfolio_id)
            risk = [one for one in risk if not studies[0].answers(one.position)]
            factors = [one for one in factors if not studies[1].answers(one.position)]
            if not (risk or factors) or not _worthwhile([*risk, *factors], portfolio, holdings, studies[0]):
                return
            market = await self._markets.pinned(messages[0].tenant)
            book = await _this_year(portfolio, holdings, market)
            if risk:
                await self._record_risk(studies[0], risk[-1].position, book, market, unit)
            if factors:
                await _record_factors(studies[1], factors[-1].position, book, market, unit)
            await unit.commit(None)

    async def _record_risk(
        self, study: RiskStudy, position: int, book: Book, market: MarketHistory, unit: Unit
    ) -> None:
        tenant = unit.caller.tenant
        told = headline(book, await benchmark_of(book, market, tenant, path_of=self._paths))
        figures = await found(
            self._risk(book, market, tenant),
            source_position=position,
            market_version=await market.version(tenant),
        )
        plain: dict[str, Any] = msgspec.to_builtins(told)
        study.compute(figures, plain, at=unit.now)

    async def _risk(self, book: Book, market: MarketHistory, tenant: str) -> RiskSnapshot:
        inputs = await risk_inputs(market, tenant, book, path_of=self._paths)
        # Milliseconds, and less than a second where a model is to be fitted: no thread is worth it, and several
        # portfolios of one index would each fit the same model.
        return measure_risk(book, inputs, regimes=self._regimes)


async def _record_factors(
    study: FactorStudy, position: int, book: Book, market: MarketHistory, unit: Unit
) -> None:
    tenant = unit.caller.tenant
    figures = await found(
        portfolio_factors(market, tenant, book),
        source_position=position,
        market_version=await market.version(tenant),
    )
    study.compute(figures, at=unit.now)


def _worthwhile(
    questions: Sequence[Question], portfolio: Portfolio, holdings: Holdings, study: RiskStudy
) -> bool:
    """Nothing is computed of an archived portfolio, nor unasked of one that never held a position."""
    if not portfolio.is_active:
        return False
    asked = any(question.requested for question in questions)
    return asked or study.has_figures or next(holdings.positions(), None) is not None


async def _this_year(portfolio: Portfolio, holdings: Holdings, market: MarketHistory) -> Book:
    """Return the book from the end of last year on, by the last day that is valued."""

    async def since(start: date) -> Book:
        return await book_of(portfolio, holdings, market, tenant=portfolio.tenant_id, start=start)

    start = year_start(await market.clock(portfolio.tenant_id))
    book = await since(start)
    last: date = book.days[-1].item()
    return book if last > start else await since(year_start(last))
