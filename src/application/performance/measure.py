"""The performance of a portfolio over a period, from the log of what it held and from market data."""

import math

from application.history.past import History
from application.market.history import MarketHistory, RiskFreeRate
from application.market.risk_free import rate_flags
from application.performance.against import INCOMPLETE, Benchmark, benchmark_of, returns_on
from application.performance.answer import PortfolioPerformance
from application.performance.figures import summary_of
from application.performance.request import PerformanceQuestion
from application.performance.tables import drawdowns, months, rolling_points, series, shown_rows, stretches
from application.performance.track import as_date, track_of
from application.periods import Period, between, period_of
from application.valuation.book import Book
from application.valuation.builder import Span, book_of, span_of
from application.valuation.left_out import left_out
from domain.risk import DataFlag, UsedBenchmark


async def portfolio_performance(
    history: MarketHistory, events: History, tenant: str, question: PerformanceQuestion
) -> PortfolioPerformance:
    """Return what was asked.

    Raises PortfolioNotFound or PortfolioNotYet, and Refused where a period lies outside of what is known.
    """
    past = await events.portfolio_at(
        tenant, question.portfolio_id, as_of=question.as_of, known_at=question.known_at
    )

    span = await span_of(
        past.portfolio,
        past.holdings,
        history,
        tenant=tenant,
        end=None if question.as_of is None else question.as_of.date(),
        known_at=question.known_at,
    )
    period = _period(question, span)
    measured = await book_of(
        past.portfolio,
        past.holdings,
        history,
        tenant=tenant,
        start=period.start,
        end=period.end,
        known_at=question.known_at,
    )
    benchmark = await benchmark_of(measured, history, tenant, known_at=question.known_at)
    rate = await history.risk_free(tenant, measured.currency, period.end, known_at=question.known_at)
    return performance_of(measured, benchmark, rate, question, period.label)


def _period(question: PerformanceQuestion, span: Span) -> Period:
    if question.period is not None:
        return period_of(question.period, end=span.end, inception=span.inception)
    return between(question.first, question.last, end=span.end, inception=span.inception)


def performance_of(
    book: Book, benchmark: Benchmark, rate: RiskFreeRate, question: PerformanceQuestion, label: str
) -> PortfolioPerformance:
    """Return the performance of a book over its whole length."""
    track = track_of(book)
    summary, unavailable = summary_of(book, track, benchmark, rate)
    theirs = returns_on(track, benchmark.path)
    shown = shown_rows(track, question.frequency)
    year = summary.periods_per_year
    return PortfolioPerformance(
        portfolio_id=book.portfolio_id,
        currency=book.currency,
        period=label,
        frequency=question.frequency,
        summary=summary,
        benchmark=_used(benchmark),
        series=series(track, theirs, shown),
        drawdowns=drawdowns(track),
        monthly=months(track, theirs, benchmark.missing or INCOMPLETE),
        rolling_window=question.window,
        rolling=rolling_points(
            track,
            theirs,
            shown,
            window=question.window,
            periods_per_year=year,
            risk_free=math.expm1(math.log1p(max(rate.value, -0.99)) / year),
        ),
        modified_dietz_periods=stretches(track),
        excluded=left_out(book.excluded),
        data_quality=_flags(book, benchmark, rate),
        unavailable=unavailable,
    )


def _used(benchmark: Benchmark) -> UsedBenchmark | None:
    path = benchmark.path
    if path is None:
        return None
    return UsedBenchmark(
        ticker=path.ticker, series=path.level_ticker or path.series, source=path.source, note=path.note
    )


def _flags(book: Book, benchmark: Benchmark, rate: RiskFreeRate) -> list[DataFlag]:
    theirs = benchmark.path.flags if benchmark.path is not None else ()
    flags = (*book.flags, *theirs, *rate_flags(rate, as_date(book.days[-1])))
    return [DataFlag(ticker=one.ticker, code=one.code, detail=one.detail) for one in dict.fromkeys(flags)]
