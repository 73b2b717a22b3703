"""Which portfolios there are: facts in, rows out, and the questions they answer."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol
from uuid import UUID

import msgspec
from eventsourcing.dispatch import singledispatchmethod

from domain.portfolio import POLICY_FIELDS, Portfolio
from projections.fact import Fact, Facts
from projections.portfolio_rows import AllocationRow, ListedPortfolio, PortfolioRow, PositionRow

PORTFOLIO_TOPICS = frozenset(
    {
        Portfolio.Registered.TOPIC,
        Portfolio.Revised.TOPIC,
        Portfolio.Archived.TOPIC,
        Portfolio.Restored.TOPIC,
        Portfolio.TargetSet.TOPIC,
        Portfolio.TargetRemoved.TOPIC,
        Portfolio.RebalanceRequested.TOPIC,
    }
)


class PortfolioChanges:
    """Folds facts into the rows they touch; what was not touched is not written."""

    def __init__(self, rows: Mapping[UUID, PortfolioRow]) -> None:
        self.rows = dict(rows)
        self._counted_before = _counted(self.rows)
        self.allocations: dict[UUID, AllocationRow] = {}
        self.removed_allocations: set[UUID] = set()
        self.dirty: dict[UUID, date] = {}
        self.touched: set[UUID] = set()

    def take_in(self, rows: Mapping[UUID, PortfolioRow]) -> None:
        """Add rows that later facts turn out to concern."""
        self.rows |= rows
        self._counted_before += _counted(rows)

    def feed(self, facts: Facts) -> None:
        """Fold the facts of portfolios in their order."""
        for fact in facts:
            event = fact.event()
            self.apply(event, fact)
            self._stamp(fact)

    def counted(self) -> Counter[tuple[str, bool]]:
        """Return how many portfolios came or went, by tenant and whether they are active."""
        counts = _counted(self.rows)
        counts.subtract(self._counted_before)
        return counts

    def touch(self, portfolio_id: UUID, fact: Fact) -> None:
        """Say that a portfolio's worth has to be computed again, as of the fact's day at the latest."""
        self._valued_by(portfolio_id, fact)
        row = self.rows.get(portfolio_id)
        if row is not None:
            self.touched.add(portfolio_id)
            if fact.position > row.position:
                row.position, row.projected_at = fact.position, fact.recorded_at

    def _valued_by(self, portfolio_id: UUID, fact: Fact) -> None:
        day = fact.recorded_at.date()
        self.dirty[portfolio_id] = max(day, self.dirty.get(portfolio_id, day))

    def _stamp(self, fact: Fact) -> None:
        row = self.rows[fact.originator_id]
        self.touched.add(fact.originator_id)
        row.version, row.position, row.projected_at = (
            fact.originator_version,
            fact.position,
            fact.recorded_at,
        )

    @singledispatchmethod
    def apply(self, event: Any, fact: Fact) -> None:
        """Fold one event; one that shows nowhere only moves the version on."""

    @apply.register
    def _(self, event: Portfolio.Registered, fact: Fact) -> None:
        self.rows[fact.originator_id] = PortfolioRow(
            tenant_id=fact.tenant_id,
            portfolio_id=fact.originator_id,
            name=event.name,
            portfolio_type=event.portfolio_type,
            currency=event.currency,
            description=event.description,
            benchmark_ticker=event.benchmark_ticker,
            inception_date=event.inception_date,
            rebalance_threshold=event.rebalance_threshold,
            metadata=event.metadata,
            rebalance_policy=event.rebalance_policy,
            policy_version=1,
            is_active=True,
            created_at=fact.recorded_at,
            version=fact.originator_version,
            position=fact.position,
            projected_at=fact.recorded_at,
        )

    @apply.register
    def _(self, event: Portfolio.Revised, fact: Fact) -> None:
        row = self.rows[fact.originator_id]
        for name, value in event.changes.items():
            setattr(row, name, value)
        if POLICY_FIELDS & event.changes.keys():
            self._policy_changed(fact)

    @apply.register
    def _(self, event: Portfolio.Archived, fact: Fact) -> None:
        self.rows[fact.originator_id].is_active = False

    @apply.register
    def _(self, event: Portfolio.Restored, fact: Fact) -> None:
        self.rows[fact.originator_id].is_active = True

    @apply.register
    def _(self, event: Portfolio.TargetSet, fact: Fact) -> None:
        target = event.target
        self.removed_allocations.discard(target.allocation_id)
        self.allocations[target.allocation_id] = AllocationRow(
            tenant_id=fact.tenant_id,
            portfolio_id=fact.originator_id,
            position=fact.position,
            projected_at=fact.recorded_at,
            **msgspec.structs.asdict(target),
        )
        self._policy_changed(fact)

    @apply.register
    def _(self, event: Portfolio.TargetRemoved, fact: Fact) -> None:
        self.allocations.pop(event.allocation_id, None)
        self.removed_allocations.add(event.allocation_id)
        self._policy_changed(fact)

    def _policy_changed(self, fact: Fact) -> None:
        self.rows[fact.originator_id].policy_version += 1
        self._valued_by(fact.originator_id, fact)


def _counted(rows: Mapping[UUID, PortfolioRow]) -> Counter[tuple[str, bool]]:
    return Counter((row.tenant_id, row.is_active) for row in rows.values())


class PortfolioView(Protocol):
    """Answers questions about portfolios, each within one tenant."""

    async def page(
        self, tenant: str, *, limit: int, offset: int, include_archived: bool
    ) -> tuple[list[ListedPortfolio], int]:
        """Return a page of portfolios by AUM descending, and how many there are."""

    async def portfolio(self, tenant: str, portfolio_id: UUID) -> PortfolioRow | None:
        """Return one portfolio."""

    async def positions(
        self,
        tenant: str,
        portfolio_id: UUID,
        *,
        asset_class: str | None,
        sector: str | None,
        limit: int,
        offset: int,
    ) -> tuple[list[PositionRow], int]:
        """Return a page of positions by value descending, and how many fit the filters."""

    async def position(self, tenant: str, position_id: UUID) -> PositionRow | None:
        """Return one position."""

    async def cash_without_rate(self, tenant: str, portfolio_id: UUID) -> list[str]:
        """Return the currencies of cash that no total contains, by name."""

    async def allocations(self, tenant: str, portfolio_id: UUID) -> list[AllocationRow]:
        """Return the targets of a portfolio by type and bucket."""
