"""What is compared after a storm: each check returns what is wrong, in words; nothing means all is well.

They are pure, so that tests can show each of them a wrong state.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from tests.fault.oracle import Expected, Lot, Weights

PRICE_PLACES = Decimal("0.0000000001")
"""The API rounds prices and average costs to ten places."""
ONE_EACH = (
    "holdings.cash-moved",
    "holdings.positions-imported",
    "portfolio.registered",
    "portfolio.target-removed",
    "portfolio.archived",
    "portfolio.restored",
    "portfolio.rebalance-requested",
)


@dataclass(slots=True)
class Seen:
    """One portfolio as the API and the log show it."""

    portfolio_id: UUID
    fields: Mapping[str, str | None]
    is_active: bool
    cash_balance: Decimal
    lots: Mapping[tuple[str, str], Lot]
    targets: Mapping[str, Weights]
    recommendations: Mapping[str, str]
    """Status by id."""
    events: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Recommended:
    """One recommendation as the log has it, the oldest first."""

    portfolio_id: UUID
    recommendation_id: str
    source_position: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a stream, or the event it should be."""

    position: int
    event_id: str
    event_type: str
    subject: str


def differences(expected: Expected, seen: Seen) -> Iterator[str]:
    """Compare one portfolio with what the commands say it must be."""
    name = f"portfolio {expected.portfolio_id}"
    for key, value in expected.fields.items():
        if seen.fields.get(key) != value:
            yield f"{name}: {key} is {seen.fields.get(key)!r}, not {value!r}"
    if seen.is_active != expected.is_active:
        yield f"{name}: is_active is {seen.is_active}, not {expected.is_active}"
    if seen.cash_balance != expected.cash_balance:
        yield f"{name}: the cash is {seen.cash_balance}, not {expected.cash_balance}"
    lots = {key: _rounded(lot) for key, lot in expected.lots.items()}
    yield from _unequal(f"{name}: position", lots, {key: _rounded(lot) for key, lot in seen.lots.items()})
    yield from _unequal(f"{name}: target", expected.targets, seen.targets)
    for recommendation_id, status in expected.decisions.items():
        found = seen.recommendations.get(recommendation_id)
        if found != status:
            yield f"{name}: recommendation {recommendation_id} is {found}, not {status}"
    for kind in ONE_EACH:
        count = 1 if kind == "portfolio.registered" else expected.events[kind]
        if seen.events[kind] != count:
            yield f"{name}: {seen.events[kind]} events {kind} for {count} acknowledged commands"
    decided = seen.events["rebalancing.accepted"] + seen.events["rebalancing.declined"]
    if decided != len(expected.decisions):
        yield f"{name}: {decided} decisions in the log for {len(expected.decisions)} acknowledged ones"


def unequal_sets(what: str, expected: Iterable[object], seen: Iterable[object]) -> Iterator[str]:
    """Compare what exists with what was acknowledged to exist."""
    wanted, found = set(expected), set(seen)
    yield from (f"{what} {one} is lost" for one in sorted(map(str, wanted - found)))
    yield from (f"{what} {one} was never acknowledged" for one in sorted(map(str, found - wanted)))


def stream_faults(stream: str, entries: Sequence[Entry], events: Sequence[Entry]) -> Iterator[str]:
    """Compare a stream, from its first entry on, with the events that belong on it, both in order."""
    if not entries:
        if events:
            yield f"{stream} is empty, the store holds {len(events)} events for it"
        return
    positions = [entry.position for entry in entries]
    if positions != sorted(set(positions)):
        yield f"{stream} is not in order, or holds something twice"
    due = {event.position: event for event in events if event.position >= positions[0]}
    on_it = {entry.position: entry for entry in entries}
    yield from (f"{stream} misses {position}" for position in sorted(due.keys() - on_it.keys()))
    yield from (
        f"{stream} holds {position}, the store does not" for position in sorted(on_it.keys() - due.keys())
    )
    for position in sorted(due.keys() & on_it.keys()):
        if due[position] != on_it[position]:
            yield f"{stream}: entry {on_it[position]} differs from its event {due[position]}"


def recommendation_faults(
    recommended: Sequence[Recommended], statuses: Mapping[str, tuple[UUID, str]]
) -> Iterator[str]:
    """Look for an effect an agent had twice; `statuses` are (portfolio, status) by recommendation."""
    sources = Counter((one.portfolio_id, one.source_position) for one in recommended)
    ids = Counter(one.recommendation_id for one in recommended)
    for (portfolio_id, position), count in sources.items():
        if count > 1:
            yield f"portfolio {portfolio_id}: {count} recommendations answer to position {position}"
    yield from (f"recommendation {one} was made {count} times" for one, count in ids.items() if count > 1)
    newest: dict[UUID, int] = {}
    for one in recommended:
        if one.source_position < newest.get(one.portfolio_id, 0):
            yield f"recommendation {one.recommendation_id} answers to less than the one before it"
        newest[one.portfolio_id] = one.source_position
    opened = Counter(portfolio_id for portfolio_id, status in statuses.values() if status == "open")
    yield from (
        f"portfolio {one}: {count} open recommendations" for one, count in opened.items() if count > 1
    )
    yield from unequal_sets("recommendation", ids, statuses)


def unanswered(requests: Mapping[UUID, int], recommended: Sequence[Recommended]) -> Iterator[str]:
    """Look for a forced request, by its position, that no recommendation answers to."""
    for portfolio_id, position in requests.items():
        answered = max(
            (one.source_position for one in recommended if one.portfolio_id == portfolio_id), default=0
        )
        if answered < position:
            yield f"portfolio {portfolio_id}: the forced request at {position} was never answered"


def figure_faults(asked: Mapping[UUID, int], answers: Sequence[tuple[UUID, int]]) -> Iterator[str]:
    """Look for figures that are missing, twice, or older than the ones before them.

    asked : position of the last event of each portfolio that calls for figures.
    answers : portfolio and answered position of all figures of one kind, the oldest first.
    """
    newest: dict[UUID, int] = {}
    for portfolio_id, position in answers:
        if position <= newest.get(portfolio_id, 0):
            yield f"portfolio {portfolio_id}: figures for {position} come after those for {newest[portfolio_id]}"
        newest[portfolio_id] = position
    for portfolio_id, position in asked.items():
        if newest.get(portfolio_id, 0) < position:
            yield f"portfolio {portfolio_id}: nothing was computed for what happened at {position}"


def _unequal(what: str, expected: Mapping[object, object], seen: Mapping[object, object]) -> Iterator[str]:
    for key in sorted(expected.keys() | seen.keys(), key=str):
        if expected.get(key) != seen.get(key):
            yield f"{what} {key} is {seen.get(key)}, not {expected.get(key)}"


def _rounded(lot: Lot) -> Lot:
    return Lot(lot.quantity, lot.cost.quantize(PRICE_PLACES), lot.price.quantize(PRICE_PLACES))
