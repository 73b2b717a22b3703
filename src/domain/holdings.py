"""What a portfolio holds: positions by account and instrument, and cash, each with its effective date."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice, takewhile
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.domain import event

from domain.aggregate import Aggregate, Opened
from domain.holding_facts import CashLevel, CashMove, ImportReport, Position
from domain.holding_refusals import (
    ImportAlreadyReverted,
    ImportNotFound,
    ImportStandsUnder,
    InsufficientCash,
)
from domain.timeline import Timeline, effective_day

CHANGES_PER_EVENT = 500
ZERO = Decimal(0)


class Holdings(Aggregate):
    """All positions and cash of one portfolio, in one stream."""

    TOPIC = "holdings"

    class Started(Opened):
        TOPIC = "holdings.started"
        tenant_id: str
        portfolio_id: UUID

    class PositionsChanged(Aggregate.Event):
        TOPIC = "holdings.positions-changed"
        portfolio_id: UUID
        positions: list[Position]
        cash: list[CashLevel]
        import_id: UUID | None

    class PositionsImported(Aggregate.Event):
        TOPIC = "holdings.positions-imported"
        portfolio_id: UUID
        report: ImportReport

    class ImportReverted(Aggregate.Event):
        TOPIC = "holdings.import-reverted"
        portfolio_id: UUID
        import_id: UUID

    class CashMoved(Aggregate.Event):
        TOPIC = "holdings.cash-moved"
        portfolio_id: UUID
        amount: Decimal
        currency: str
        account: str
        note: str | None

    @event(Started)
    def __init__(self, tenant_id: str, portfolio_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.portfolio_id = portfolio_id
        self._positions: dict[UUID, Timeline[Position]] = defaultdict(Timeline)
        self._cash: dict[tuple[str, str], Timeline[CashMove]] = defaultdict(Timeline)
        self._imports: dict[UUID, Footprint] = {}
        self.newest_day: date | None = None
        """Newest day that any fact holds from."""

    def position(self, position_id: UUID, on: date | None = None) -> Position | None:
        """Return what is held of one position on a day (today and later: the newest), or None."""
        timeline = self._positions.get(position_id)
        known = timeline.latest(on) if timeline is not None else None
        return known if known is not None and known.quantity else None

    def stated_on(self, position_id: UUID) -> date | None:
        """Return the day from which the newest fact of a position holds."""
        timeline = self._positions.get(position_id)
        known = timeline.latest_dated() if timeline is not None else None
        return None if known is None else known[0]

    def known_position(self, position_id: UUID, on: date | None = None) -> Position | None:
        """Return the last fact of a position even when it is closed."""
        timeline = self._positions.get(position_id)
        return timeline.latest(on) if timeline is not None else None

    def positions(self, on: date | None = None) -> Iterator[Position]:
        """Yield what is held on a day, oldest registered first."""
        for timeline in self._positions.values():
            known = timeline.latest(on)
            if known is not None and known.quantity:
                yield known

    def dated_positions(self, on: date | None = None) -> Iterator[tuple[date, Position]]:
        """Yield the same, each with the day from which it holds: the day its quantity was stated on."""
        for timeline in self._positions.values():
            known = timeline.latest_dated(on)
            if known is not None and known[1].quantity:
                yield known

    def balance(self, account: str, currency: str, on: date | None = None) -> Decimal:
        """Return the cash of one currency in one account at the end of a day."""
        balance = ZERO
        timeline = self._cash.get((account, currency))
        for day, move in timeline.in_order() if timeline is not None else ():
            if on is None or day <= on:
                balance = move.amount if move.is_level else balance + move.amount
        return balance

    def balances(self, on: date | None = None) -> dict[tuple[str, str], Decimal]:
        """Return all cash on a day by (account, currency), empty balances left out."""
        found = {key: self.balance(*key, on) for key in self._cash}
        return {key: amount for key, amount in found.items() if amount}

    def position_facts(self) -> Iterator[tuple[UUID, Iterator[tuple[date, Position]]]]:
        """Yield every position with all that was ever said of it, the oldest effective day first."""
        return ((position_id, timeline.in_order()) for position_id, timeline in self._positions.items())

    def cash_facts(self) -> Iterator[tuple[tuple[str, str], Iterator[tuple[date, CashMove]]]]:
        """Yield the levels and moves of every (account, currency), the oldest effective day first."""
        return ((key, timeline.in_order()) for key, timeline in self._cash.items())

    def change(
        self,
        positions: Sequence[Position],
        cash: Sequence[CashLevel] = (),
        *,
        at: datetime,
        import_id: UUID | None = None,
    ) -> None:
        """Record changed positions and balances, packed so that a large import is few events."""
        rows = iter(positions)
        levels = list(cash)
        while (pack := list(islice(rows, CHANGES_PER_EVENT))) or levels:
            self.trigger_event(
                self.PositionsChanged,
                portfolio_id=self.portfolio_id,
                positions=pack,
                cash=levels,
                import_id=import_id,
                effective_at=at,
            )
            levels = []

    @event(PositionsChanged)
    def _apply_change(
        self,
        effective_at: datetime,
        originator_version: int,
        positions: list[Position],
        cash: list[CashLevel],
        import_id: UUID | None,
    ) -> None:
        day = self._spoken_of(effective_at)
        touched = self._footprint(import_id, day)
        for known in positions:
            timeline = self._positions[known.position_id]
            touched.before.setdefault(known.position_id, (timeline.latest(day), timeline))
            timeline.add(day, originator_version, known)
        for level in cash:
            key = (level.account, level.currency)
            touched.cash_before.setdefault(key, self.balance(*key, day))
            self._cash[key].add(day, originator_version, CashMove(amount=level.amount, is_level=True))
        touched.last_version = originator_version
        touched.versions.add(originator_version)

    def finish_import(self, report: ImportReport, *, at: datetime) -> None:
        """Close an import with its summary."""
        self.trigger_event(
            self.PositionsImported, portfolio_id=self.portfolio_id, report=report, effective_at=at
        )

    @event(PositionsImported)
    def _apply_import(self, effective_at: datetime, report: ImportReport) -> None:
        self._footprint(report.import_id, effective_day(effective_at))

    def revert_import(self, import_id: UUID, *, at: datetime) -> None:
        """Undo an import by facts that say again what was true before it.

        Raises
        ------
        ImportNotFound, ImportAlreadyReverted
            If there is nothing to undo.
        ImportStandsUnder
            If a later change of the same positions or cash stands on it. A later import that is itself undone
            does not, unless it speaks of a later day: what that day says would outlive the undoing.
        """
        touched = self._imports.get(import_id)
        if touched is None:
            raise ImportNotFound(import_id)
        if touched.reverted:
            raise ImportAlreadyReverted(import_id)
        self._require_untouched_since(import_id, touched)
        positions, cash = self._undoing(touched)
        self.change(positions, cash, at=at, import_id=import_id)
        self.trigger_event(
            self.ImportReverted, portfolio_id=self.portfolio_id, import_id=import_id, effective_at=at
        )

    @event(ImportReverted)
    def _apply_revert(self, import_id: UUID) -> None:
        if import_id in self._imports:  # a reader of the past may not have it
            self._imports[import_id].reverted = True

    def import_day(self, import_id: UUID) -> date:
        """Return the day an import holds from."""
        touched = self._imports.get(import_id)
        if touched is None:
            raise ImportNotFound(import_id)
        return touched.day

    def move_cash(
        self, amount: Decimal, currency: str, *, account: str = "", note: str | None = None, at: datetime
    ) -> None:
        """Deposit (positive) or withdraw (negative); no day may end below zero because of it.

        Raises
        ------
        InsufficientCash
            If a withdrawal exceeds the balance on its day or on a later one that it still changes: a level
            that a file stated ends what came before.
        """
        if amount < 0:
            self._require_cash(-amount, currency, account, effective_day(at))
        self.trigger_event(
            self.CashMoved,
            portfolio_id=self.portfolio_id,
            amount=amount,
            currency=currency,
            account=account,
            note=note,
            effective_at=at,
        )

    @event(CashMoved)
    def _apply_cash(
        self, effective_at: datetime, originator_version: int, amount: Decimal, currency: str, account: str
    ) -> None:
        day = self._spoken_of(effective_at)
        self._cash[account, currency].add(day, originator_version, CashMove(amount=amount, is_level=False))

    def _spoken_of(self, effective_at: datetime) -> date:
        day = effective_day(effective_at)
        self.newest_day = day if self.newest_day is None else max(self.newest_day, day)
        return day

    def _footprint(self, import_id: UUID | None, day: date) -> "Footprint":
        if import_id is None:
            return Footprint(day)
        return self._imports.setdefault(import_id, Footprint(day))

    def _require_untouched_since(self, import_id: UUID, touched: "Footprint") -> None:
        undone = set[int]().union(*(one.versions for one in self._imports.values() if one.reverted))

        def stands(timeline: Timeline[Any]) -> bool:
            told = timeline.recorded_after(touched.last_version)
            return any(version not in undone or day > touched.day for day, version in told)

        later = [_closed(timeline).ticker for _, timeline in touched.before.values() if stands(timeline)]
        later += [
            f"cash {currency}"
            for account, currency in touched.cash_before
            if stands(self._cash[account, currency])
        ]
        if later:
            raise ImportStandsUnder(import_id, later)

    def _undoing(self, touched: "Footprint") -> tuple[list[Position], list[CashLevel]]:
        positions = [before or _closed(timeline) for before, timeline in touched.before.values()]
        cash = [
            CashLevel(account=account, currency=currency, amount=amount)
            for (account, currency), amount in touched.cash_before.items()
        ]
        return positions, cash

    def _require_cash(self, withdrawn: Decimal, currency: str, account: str, day: date) -> None:
        timeline = self._cash.get((account, currency))
        facts = timeline.in_order() if timeline is not None else iter(())
        after = ((on, move) for on, move in facts if on > day)
        later = [on for on, _ in takewhile(lambda fact: not fact[1].is_level, after)]
        lowest = min(self.balance(account, currency, on) for on in [day, *later])
        if lowest < withdrawn:
            raise InsufficientCash(balance=lowest, withdrawn=withdrawn, currency=currency)


class Footprint:
    """What an import touched, and what was there before, so that it can be undone."""

    __slots__ = ("before", "cash_before", "day", "last_version", "reverted", "versions")

    def __init__(self, day: date) -> None:
        self.day = day
        self.before: dict[UUID, tuple[Position | None, Timeline[Position]]] = {}
        self.cash_before: dict[tuple[str, str], Decimal] = {}
        self.last_version = 0
        self.versions: set[int] = set()
        self.reverted = False


def _closed(timeline: Timeline[Position]) -> Position:
    """Return the newest fact of a position, with nothing left of it."""
    newest = timeline.latest()
    if newest is None:
        raise ValueError("a timeline without facts")
    return msgspec.structs.replace(newest, quantity=ZERO)
