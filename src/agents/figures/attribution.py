"""The agent that keeps the attribution of every portfolio's active return current."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from agents.acting import acting
from agents.figures.markets import Markets
from agents.figures.questions import Question, questions_of
from agents.figures.refusals import found
from application.attribution.measure import portfolio_attribution
from application.inbox import Message
from application.ledger import Ledger, Unit, retried
from application.market.history import MarketHistory
from application.periods import period_of
from application.valuation.builder import book_of
from domain.analysis import AttributionStudy, attribution_key
from domain.attribution import AttributionSnapshot
from domain.holding_facts import holdings_id
from domain.holdings import Holdings
from domain.portfolio import Portfolio

ACTOR = "AttributionAgent"


class Which(NamedTuple):
    """One attribution of a portfolio."""

    period: str = "ytd"
    by: Any = "sector"
    linking: Any = "carino"


USUAL: Final = Which()
"""The attribution that is kept current; others are computed when they are asked for."""


class AttributionAgent:
    """Takes a portfolio's active return apart whenever what it depends on changes, or when asked."""

    name = "attribution"

    def __init__(self, ledger: Ledger, markets: Markets) -> None:
        self._ledger, self._markets = ledger, markets

    async def handle(self, messages: Sequence[Message]) -> None:
        """Attribute one portfolio's return after some of its events, and record the figures."""
        questions = questions_of(messages, "attribution")
        if questions:
            await self._attribute(messages, questions)

    @retried
    async def _attribute(self, messages: Sequence[Message], questions: Sequence[Question]) -> None:
        async with self._ledger.unit(acting(ACTOR, messages[-1])) as unit:
            portfolio_id = messages[0].portfolio_id
            await unit.take(
                (Portfolio, portfolio_id),
                (Holdings, holdings_id(portfolio_id)),
                (AttributionStudy, AttributionStudy.of(portfolio_id)),
            )
            portfolio = await unit.portfolio(portfolio_id)
            holdings = await unit.holdings(portfolio_id)
            study = await unit.study(AttributionStudy, portfolio_id)
            wanted = _newest(
                question
                for question in questions
                if not study.answers(question.position, of=attribution_key(*_which(question)))
                and _worthwhile(question, portfolio, holdings)
            )
            if not wanted or not portfolio.is_active:
                return
            market = await self._markets.pinned(unit.caller.tenant)
            for which, position in wanted.items():
                await _record(study, which, position, portfolio, holdings, market, unit)
            await unit.commit(None)


def _which(question: Question) -> Which:
    return Which(**{name: said for name, said in question.options.items() if name in Which._fields})


def _newest(questions: Iterable[Question]) -> dict[Which, int]:
    return {_which(question): question.position for question in questions}


def _worthwhile(question: Question, portfolio: Portfolio, holdings: Holdings) -> bool:
    """Unasked, nothing is attributed without a benchmark or without a position."""
    return question.requested or (
        portfolio.benchmark_ticker is not None and next(holdings.positions(), None) is not None
    )


async def _record(
    study: AttributionStudy,
    which: Which,
    position: int,
    portfolio: Portfolio,
    holdings: Holdings,
    market: MarketHistory,
    unit: Unit,
) -> None:
    figures = await found(
        _attribution(which, portfolio, holdings, market),
        source_position=position,
        market_version=await market.version(unit.caller.tenant),
    )
    study.compute(figures, period=which.period, by=which.by, linking=which.linking, at=unit.now)


async def _attribution(
    which: Which, portfolio: Portfolio, holdings: Holdings, market: MarketHistory
) -> AttributionSnapshot:
    tenant = portfolio.tenant_id
    newest = await book_of(portfolio, holdings, market, tenant=tenant, start=date.max)
    period = period_of(which.period, end=newest.days[-1].item(), inception=newest.inception)
    book = await book_of(portfolio, holdings, market, tenant=tenant, start=period.start, end=period.end)
    return await portfolio_attribution(
        market,
        tenant,
        book,
        period=period.label,
        start=period.start,
        end=period.end,
        by=which.by,
        linking=which.linking,
    )
