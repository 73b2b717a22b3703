"""The bridge between a figure at the close of two days, or between two states of knowledge."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from application.explain.answer import Explanation, PositionBridge, Step
from application.explain.components import STEPS, Part, last_values, parts_of
from application.explain.figures import Case, Figures, figures_of
from application.explain.request import ExplainQuestion
from application.explain.sentences import figure_name, step_sentence, whole_sentence
from application.explain.weights import exact, plain
from application.history.past import History, PastPortfolio
from application.market.history import MarketHistory
from application.performance.track import as_date
from application.periods import Period, between
from application.valuation.book import Book, BookPosition
from application.valuation.builder import book_of, span_of
from domain.errors import NotFound
from domain.holding_facts import Position
from domain.holdings import Holdings
from domain.risk import DataFlag

MONEY: Final = "total_value"


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What the first day was at another state of knowledge."""

    values: dict[Part, float]
    positions: tuple[BookPosition, ...]


async def explain(
    history: MarketHistory, events: History, tenant: str, question: ExplainQuestion
) -> Explanation:
    """Explain a figure's change; the steps add up to it exactly.

    Raises PortfolioNotFound or PortfolioNotYet, and Refused where a day or a bucket is not known or the figure
    cannot be told at some step.
    """
    past = await events.portfolio_at(
        tenant, question.portfolio_id, as_of=question.as_of, known_at=question.known_at
    )
    period = await _period(history, tenant, past, question)
    book = await _book(history, tenant, past, question.known_at, period.start, period.end)
    earlier = await _earlier(history, events, tenant, question, as_date(book.days[0]))
    case = Case(
        question=question,
        tenant=tenant,
        history=history,
        events=events,
        book=book,
        moved=parts_of(book, None if earlier is None else earlier.values),
        positions={
            one.position_id: one for one in (*(() if earlier is None else earlier.positions), *book.positions)
        },
        held=_held(past.holdings),
    )
    return _told(case, await figures_of(case))


async def _period(
    history: MarketHistory, tenant: str, past: PastPortfolio, question: ExplainQuestion
) -> Period:
    span = await span_of(
        past.portfolio,
        past.holdings,
        history,
        tenant=tenant,
        end=None if question.as_of is None else question.as_of.date(),
        known_at=question.known_at,
    )
    return between(question.first, question.last, end=span.end, inception=span.inception)


async def _book(
    history: MarketHistory,
    tenant: str,
    past: PastPortfolio,
    known_at: datetime | None,
    start: date,
    end: date | None,
) -> Book:
    return await book_of(
        past.portfolio, past.holdings, history, tenant=tenant, start=start, end=end, known_at=known_at
    )


async def _earlier(
    history: MarketHistory, events: History, tenant: str, question: ExplainQuestion, day: date
) -> _Earlier | None:
    """The first day as it was known at another moment; an unknown portfolio held nothing."""
    if question.from_known_at is None:
        return None
    try:
        past = await events.portfolio_at(
            tenant, question.portfolio_id, as_of=day, known_at=question.from_known_at
        )
    except NotFound:
        return _Earlier({}, ())
    book = await _book(history, tenant, past, question.from_known_at, date.max, day)
    return _Earlier(last_values(book), book.positions)


def _held(holdings: Holdings | None) -> dict[UUID, Position]:
    """What was last said of every position, closed ones included."""
    if holdings is None:
        return {}
    known = ((id_, holdings.known_position(id_)) for id_, _ in holdings.position_facts())
    return {id_: position for id_, position in known if position is not None}


def _told(case: Case, figures: Figures) -> Explanation:
    question, book = case.question, case.book
    currency = book.currency if question.metric == MONEY else None
    rows = _bridges(case) if question.metric == MONEY else []
    steps, before = [], figures.start
    for stage, after in figures.after:
        contribution = after - before
        sentence = step_sentence(stage, contribution, currency, rows)
        steps.append(
            Step(stage=stage, contribution=plain(contribution), value_after=plain(after), sentence=sentence)
        )
        before = after
    days = as_date(book.days[0]), as_date(book.days[-1])
    said = [
        whole_sentence(
            figure_name(question), figures.start, before, (days[0].isoformat(), days[1].isoformat()), currency
        )
    ]
    said += [step.sentence for step in steps if step.contribution]
    return Explanation(
        portfolio_id=book.portfolio_id,
        metric=question.metric,
        unit="fraction" if currency is None else "money",
        currency=book.currency,
        allocation_type=question.allocation_type,
        bucket=question.bucket,
        first_day=days[0],
        last_day=days[1],
        start=plain(figures.start),
        end=plain(before),
        change=plain(before - figures.start),
        contributions=steps,
        positions=rows,
        explanation=said if figures.note is None else [*said, figures.note],
        data_quality=[DataFlag(ticker=one.ticker, code=one.code, detail=one.detail) for one in book.flags],
    )


def _bridges(case: Case) -> list[PositionBridge]:
    """Every part with what each step added, in amounts that add up."""
    rows = []
    for part, values in zip(case.moved.parts, case.moved.values.T.tolist(), strict=True):
        amounts = [exact(value) for value in values]
        added = {
            name: after - before for name, before, after in zip(STEPS, amounts, amounts[1:], strict=False)
        }
        if any(amounts):
            rows.append(_bridge(part, amounts[0], amounts[-1], added))
    return sorted(rows, key=lambda row: (-abs(row.end - row.start), row.ticker, row.account or ""))


def _bridge(part: Part, start: Decimal, end: Decimal, added: dict[str, Decimal]) -> PositionBridge:
    told = {"ticker": part.ticker, "position_id": part.position_id, "account": part.account}
    amounts = {"start": start, "end": end, **added}
    return msgspec.convert(told | {name: plain(amount) for name, amount in amounts.items()}, PositionBridge)
