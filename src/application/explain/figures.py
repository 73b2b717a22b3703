"""The explained figure at every state of the bridge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from application.explain.answer import Stage
from application.explain.components import STEPS, Parts
from application.explain.request import ExplainQuestion
from application.explain.value_at_risk import var_of
from application.explain.weights import drift_of, total_of, weight_of
from application.history.past import History
from application.market.history import MarketHistory
from application.performance.track import as_date
from application.valuation.book import Book, BookPosition
from domain.drift import AllocationType, Target
from domain.errors import NotFound, Refused, Violation
from domain.holding_facts import Position
from domain.portfolio import normalised_bucket

PLACES: Final = 12
"""Decimals of a fraction; differences of rounded figures add up exactly."""
VALUE_STAGES: Final[tuple[Stage, ...]] = STEPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a bridge is computed from.

    positions : what the parts with a position are to market data; held : what holdings say of them.
    """

    question: ExplainQuestion
    tenant: str
    history: MarketHistory
    events: History
    book: Book
    moved: Parts
    positions: Mapping[UUID, BookPosition]
    held: Mapping[UUID, Position]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figure at the start, and after every stage."""

    start: Decimal
    after: list[tuple[Stage, Decimal]]
    note: str | None = None


async def figures_of(case: Case) -> Figures:
    """Return the figure at every state; raises Refused where it cannot be told."""
    metric, values = case.question.metric, case.moved.values
    if metric == "total_value":
        return _staged([total_of(row) for row in values])
    if metric == "weight":
        weigh = weight_of(case.moved.parts, case.held, *_bucket(case.question))
        return _staged([rounded(weigh(row)) for row in values])
    return await (_drifts(case) if metric == "drift" else _risks(case))


def rounded(fraction: Decimal) -> Decimal:
    """Return a fraction to the last decimal that is told."""
    return round(fraction, PLACES) + Decimal(0)


def _staged(figures: Sequence[Decimal]) -> Figures:
    return Figures(start=figures[0], after=list(zip(VALUE_STAGES, figures[1:], strict=True)))


def _bucket(question: ExplainQuestion) -> tuple[AllocationType, str]:
    kind, bucket = question.allocation_type, question.bucket
    if kind is None or bucket is None:
        detail = "Name whose weight it is: a ticker, or allocation_type and bucket."
        field = "bucket" if bucket is None else "allocation_type"
        raise Refused(detail, violations=[Violation(field, "missing", detail)])
    return kind, normalised_bucket(kind, bucket)


async def _drifts(case: Case) -> Figures:
    """The targets of the first day hold until everything else has changed, then those of the last day."""
    question = case.question
    kind, bucket = _bucket(question) if question.bucket is not None else (None, None)
    first = await _targets(case, as_date(case.book.days[0]))
    last = await _targets(case, as_date(case.book.days[-1]))
    later = last if _has(last, kind, bucket) else await _targets(case, None)
    if not _has(later, kind, bucket):
        detail = (
            "There is no target allocation to drift from." if bucket is None else f"{bucket} has no target."
        )
        raise Refused(detail, violations=[Violation("bucket", "no_targets", detail)])
    known = _has(first, kind, bucket)
    before = drift_of(case.moved.parts, case.held, first if known else later, kind, bucket)
    staged = _staged([rounded(before(row)) for row in case.moved.values])
    after = drift_of(case.moved.parts, case.held, later, kind, bucket)
    end = rounded(after(case.moved.values[-1]))
    note = (
        None
        if known
        else f"There was no target on {case.book.days[0]}; the later one is taken for both days."
    )
    return Figures(start=staged.start, after=[*staged.after, ("targets", end)], note=note)


def _has(targets: Sequence[Target], kind: AllocationType | None, bucket: str | None) -> bool:
    if bucket is None:
        return bool(targets)
    return any(one.allocation_type == kind and one.bucket.casefold() == bucket.casefold() for one in targets)


async def _targets(case: Case, day: date | None) -> list[Target]:
    question = case.question
    try:
        past = await case.events.portfolio_at(
            case.tenant, question.portfolio_id, as_of=day or question.as_of, known_at=question.known_at
        )
    except NotFound:
        return []
    return past.targets


async def _risks(case: Case) -> Figures:
    """First the weights of the first day meet the past of the last day, then they become those of the last day."""
    measured = var_of(
        case.history, case.tenant, case.book, case.positions, case.moved, known_at=case.question.known_at
    )
    first, last = case.book.days[0], case.book.days[-1]
    values = case.moved.values
    start, corrected = [rounded(await measured(row, first)) for row in values[:2]]
    after: list[tuple[Stage, Decimal]] = [("data_corrections", corrected)]
    after.append(("scenarios", rounded(await measured(values[1], last))))
    for stage, row in zip(VALUE_STAGES[1:], values[2:], strict=True):
        after.append((stage, rounded(await measured(row, last))))
    return Figures(start=start, after=after)
