"""Put a report together: everything in it comes from the one book, so its figures agree with each other."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from application.attribution.measure import portfolio_attribution
from application.factors.measure import portfolio_factors
from application.market.history import MarketHistory
from application.performance.against import Benchmark, benchmark_of
from application.performance.answer import PortfolioPerformance
from application.performance.headline import headline, year_start
from application.performance.measure import performance_of
from application.performance.request import PerformanceQuestion
from application.performance.track import as_date
from application.report import risks
from application.report.analyses import attribution_section, factors_section
from application.report.content import Cover, Figure, QualityFlag, Report
from application.report.footnotes import footnotes
from application.report.growth import cover_figures, performance_section
from application.report.holdings import drift_section, holdings_section
from application.risk.inputs import risk_inputs
from application.risk.measure import measure_risk
from application.risk.regimes import RegimeCache
from application.valuation.book import Book
from application.valuation.builder import book_of
from domain.attribution import AttributionSnapshot
from domain.errors import Refused
from domain.factors import FactorSnapshot
from domain.holdings import Holdings
from domain.portfolio import Portfolio
from domain.risk import RiskSnapshot
from domain.unavailable import Missing

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the report is about: the portfolio as it was known, and the market as its tenant sees it."""

    portfolio: Portfolio
    holdings: Holdings | None
    history: MarketHistory
    tenant: str
    known_at: datetime | None = None


async def report_of(
    subject: Subject, *, today: date, as_of: date | None = None, regimes: RegimeCache | None = None
) -> Report:
    """Return the report of a portfolio on a day, by default the newest that its tenant's clock allows.

    today : what the calendar says; where the data end earlier by the tenant's clock, the report says so.
    """
    cache = regimes or RegimeCache()
    history, tenant, known_at = subject.history, subject.tenant, subject.known_at
    book = await _book(subject, as_of)
    first, on = as_date(book.days[0]), as_date(book.days[-1])
    benchmark = await benchmark_of(book, history, tenant, known_at=known_at)
    inputs = await risk_inputs(history, tenant, book, known_at=known_at)
    measured = measure_risk(book, inputs, regimes=cache)
    question = PerformanceQuestion(portfolio_id=book.portfolio_id)
    performed = performance_of(book, benchmark, inputs.risk_free, question, "inception")
    attributed = await _attempted(
        portfolio_attribution(
            history, tenant, book, period="ytd", start=max(year_start(on), first), end=on, known_at=known_at
        )
    )
    factors = await _attempted(portfolio_factors(history, tenant, book, known_at=known_at))
    clock = await history.clock(tenant)
    figures = (*cover_figures(headline(book, benchmark), performed), *risks.cover_figures(measured))
    return Report(
        cover=_cover(subject.portfolio, on, benchmark, figures, data_end=clock if clock < today else None),
        performance=performance_section(performed),
        drift=drift_section(book, subject.portfolio),
        attribution=attribution_section(attributed),
        risk=risks.risk_section(measured),
        regime=risks.regime_section(measured, inputs.index, cache),
        factors=factors_section(factors),
        holdings=holdings_section(book, subject.holdings),
        quality=_quality(performed, measured, attributed, factors),
        footnotes=footnotes(book, benchmark, measured),
    )


async def _book(subject: Subject, as_of: date | None) -> Book:
    return await book_of(
        subject.portfolio,
        subject.holdings,
        subject.history,
        tenant=subject.tenant,
        end=as_of,
        known_at=subject.known_at,
    )


async def _attempted(work: Awaitable[T]) -> T | Missing:
    """Return what was computed, or why it was refused: a section may be missing, the report may not."""
    try:
        return await work
    except Refused as refusal:
        return Missing(code=refusal.violations[0].code, detail=str(refusal))


def _cover(
    portfolio: Portfolio,
    on: date,
    benchmark: Benchmark,
    figures: tuple[Figure, ...],
    *,
    data_end: date | None,
) -> Cover:
    missing = benchmark.missing
    return Cover(
        portfolio_id=portfolio.id,
        name=portfolio.name,
        description=portfolio.description,
        portfolio_type=portfolio.portfolio_type,
        currency=portfolio.currency,
        inception=portfolio.inception_date,
        as_of=on,
        data_end=data_end,
        benchmark=portfolio.benchmark_ticker,
        benchmark_note=missing.detail if missing else benchmark.path.note if benchmark.path else None,
        figures=figures,
    )


def _quality(
    performed: PortfolioPerformance,
    measured: RiskSnapshot,
    attributed: AttributionSnapshot | Missing,
    factors: FactorSnapshot | Missing,
) -> tuple[QualityFlag, ...]:
    """Return what is doubtful about the data of any section, and what a section leaves out."""
    answers = [one for one in (performed, measured, attributed, factors) if not isinstance(one, Missing)]
    flags = [flag for one in answers for flag in one.data_quality]
    left = [one for answer in answers for one in answer.excluded]
    told = {(one.ticker, one.code, one.detail) for one in flags}
    told |= {(one.ticker, one.code, one.detail) for one in left}
    return tuple(QualityFlag(ticker=one[0], code=one[1], detail=one[2]) for one in sorted(told))
