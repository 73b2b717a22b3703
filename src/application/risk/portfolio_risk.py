"""Risk of a portfolio in one step: read what it follows from, then measure."""

from datetime import datetime

from application.market.history import MarketHistory
from application.risk.inputs import WINDOW, risk_inputs
from application.risk.measure import measure_risk
from application.risk.regimes import RegimeCache
from application.valuation.book import Book
from domain.risk import Method, RiskSnapshot


async def portfolio_risk(
    history: MarketHistory,
    tenant: str,
    book: Book,
    *,
    method: Method = "historical",
    window: int = WINDOW,
    known_at: datetime | None = None,
    regimes: RegimeCache | None = None,
) -> RiskSnapshot:
    """Return the risk of what a book holds on its last day, from at most `window` daily returns before it.

    Only the last row of the book is read: a book of one day is enough.
    """
    inputs = await risk_inputs(history, tenant, book, window=window, known_at=known_at)
    return measure_risk(book, inputs, method=method, regimes=regimes)
