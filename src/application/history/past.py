"""A portfolio as it was: effective by one moment, as far as it was known by another."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.history.events import EventFilter, EventReader, RecordedEvent, streams_of
from application.turns import in_turns
from domain.drift import Target
from domain.holding_facts import Position, holdings_id
from domain.holdings import Holdings
from domain.portfolio import Portfolio, PortfolioNotFound, PortfolioNotYet
from domain.timeline import start_of

Moment = date | datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPortfolio:
    """The state of one moment; `holdings` is None where nothing was ever held.

    held : positions, each with the day from which it holds.
    as_of : day that was asked for, None for the newest; `known_at` is the first instant that was not known any more.
    newest_day : newest day that anything held holds from.
    """

    portfolio: Portfolio
    holdings: Holdings | None
    held: list[tuple[date, Position]]
    balances: dict[tuple[str, str], Decimal]
    targets: list[Target]
    as_of: date | None
    known_at: datetime | None
    newest_day: date | None
    created_at: datetime
    recorded_at: datetime
    position: int

    @property
    def positions(self) -> list[Position]:
        """What was held, as it was stated."""
        return [position for _, position in self.held]


class History:
    """Answers from the log itself, so that any two moments can be asked for."""

    def __init__(self, events: EventReader) -> None:
        self._events = events

    async def events(
        self, tenant: str, portfolio_id: UUID, wanted: EventFilter, *, limit: int, offset: int, after: int = 0
    ) -> tuple[list[RecordedEvent], int]:
        """Return a page of a portfolio's events, the oldest first, and how many fit the filter."""
        return await self._events.page(
            tenant, streams_of(portfolio_id), wanted, after=after, limit=limit, offset=offset
        )

    async def portfolio_at(
        self, tenant: str, portfolio_id: UUID, *, as_of: Moment | None, known_at: Moment | None
    ) -> PastPortfolio:
        """Return the portfolio as of a moment, as it was known at another.

        A date means its end. Raises PortfolioNotFound where nothing was known, PortfolioNotYet before it began.
        """
        known_until = None if known_at is None else end_of(known_at)
        effective_until = None if as_of is None else end_of(as_of)
        told = await self._events.stream(tenant, portfolio_id, known_at=known_until)
        held = await self._events.stream(tenant, holdings_id(portfolio_id), known_at=known_until)
        facts = [fact for fact in held if _effective(fact, effective_until)]
        if not told:
            raise PortfolioNotFound(portfolio_id)
        if not (_effective(told[0], effective_until) or any(fact is not held[0] for fact in facts)):
            raise PortfolioNotYet(portfolio_id, told[0].domain_event.inception_date)
        policy = told[:1] + [fact for fact in told[1:] if _effective(fact, effective_until)]
        portfolio: Portfolio = await _folded(policy)
        holdings: Holdings | None = await _folded(held[:1] + [fact for fact in facts if fact is not held[0]])
        last = max((*policy, *facts), key=lambda fact: fact.position)
        return PastPortfolio(
            portfolio=portfolio,
            holdings=holdings,
            held=list(holdings.dated_positions()) if holdings else [],
            balances=holdings.balances() if holdings else {},
            targets=list(portfolio.targets.values()),
            as_of=None if effective_until is None else (effective_until - _INSTANT).date(),
            known_at=known_until,
            newest_day=holdings.newest_day if holdings else None,
            created_at=told[0].recorded_at,
            recorded_at=last.recorded_at,
            position=last.position,
        )


_INSTANT = timedelta(microseconds=1)


def end_of(moment: Moment) -> datetime:
    """Return the first instant after a moment: of the next day for a date, the next microsecond for a time."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC) + _INSTANT
    return start_of(moment + timedelta(days=1))


def _effective(fact: RecordedEvent, until: datetime | None) -> bool:
    return until is None or fact.effective_at < until


async def _folded(facts: list[RecordedEvent]) -> Any:
    """Apply facts in the order of their recording; those not effective by then are simply not among them."""
    aggregate: Any = None
    async for fact in in_turns(facts):
        if aggregate is None:
            aggregate = fact.domain_event.mutate(None)
        else:
            fact.domain_event.apply(aggregate)
            aggregate.version = fact.domain_event.originator_version
    return aggregate
