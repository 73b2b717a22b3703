"""The factor exposures of a portfolio, from the log of what it held and from market data."""

from datetime import date

from application.factors.measure import portfolio_factors
from application.factors.question import FactorsQuestion
from application.history.past import History
from application.market.history import MarketHistory
from application.valuation.builder import book_of
from domain.factors import FactorSnapshot


async def factors_of(
    history: MarketHistory, events: History, tenant: str, question: FactorsQuestion
) -> FactorSnapshot:
    """Return what was asked.

    Raises PortfolioNotFound or PortfolioNotYet, and Refused where too little is known of the holdings or factors.
    """
    past = await events.portfolio_at(
        tenant, question.portfolio_id, as_of=question.as_of, known_at=question.known_at
    )
    book = await book_of(
        past.portfolio,
        past.holdings,
        history,
        tenant=tenant,
        start=date.max,
        end=past.as_of,
        known_at=question.known_at,
    )
    return await portfolio_factors(history, tenant, book, window=question.window, known_at=question.known_at)
