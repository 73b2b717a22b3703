"""The attribution of a portfolio, from the log of what it held and from market data."""

from datetime import date

from application.attribution.measure import portfolio_attribution
from application.attribution.question import AttributionQuestion
from application.history.past import History
from application.market.history import MarketHistory
from application.periods import Period, between, period_of
from application.valuation.book import Book
from application.valuation.builder import book_of
from domain.attribution import AttributionSnapshot


async def attribution_of(
    history: MarketHistory, events: History, tenant: str, question: AttributionQuestion
) -> AttributionSnapshot:
    """Return what was asked.

    Raises PortfolioNotFound or PortfolioNotYet, NoBenchmark where there is no benchmark or nobody knows what it
    consists of, and Refused where a period lies outside of what is known.
    """
    past = await events.portfolio_at(
        tenant, question.portfolio_id, as_of=question.as_of, known_at=question.known_at
    )

    async def book(start: date, end: date | None) -> Book:
        return await book_of(
            past.portfolio,
            past.holdings,
            history,
            tenant=tenant,
            start=start,
            end=end,
            known_at=question.known_at,
        )

    newest = await book(date.max, past.as_of)
    period = _period(question, newest)
    return await portfolio_attribution(
        history,
        tenant,
        await book(period.start, period.end),
        period=period.label,
        start=period.start,
        end=period.end,
        by=question.by,
        linking=question.linking,
        known_at=question.known_at,
    )


def _period(question: AttributionQuestion, newest: Book) -> Period:
    end: date = newest.days[-1].astype("datetime64[D]").item()
    if question.period is not None:
        return period_of(question.period, end=end, inception=newest.inception)
    return between(question.first, question.last, end=end, inception=newest.inception)
