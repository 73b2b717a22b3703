"""Each check is shown a state that is right, and then one that is wrong in the way it is there to find."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.fault.checks import (
    Entry,
    Recommended,
    Seen,
    differences,
    figure_faults,
    recommendation_faults,
    stream_faults,
    unanswered,
    unequal_sets,
)
from tests.fault.oracle import CashMoved, Decided, Expected, FileImported, Lot, Oracle, TargetSet, Weights

PORTFOLIO = UUID(int=1)
LOT = Lot(Decimal(3), Decimal("1.5"), Decimal(2))
WEIGHTS = Weights(Decimal("0.2"), Decimal(0), Decimal(1))


def expected() -> Expected:
    known = Oracle().registered(PORTFOLIO, tenant="north", name="First", cash=Decimal(0))
    known.apply(CashMoved(Decimal("10.01")))
    known.apply(FileImported("a", {"KO": LOT}, Decimal(0), snapshot=True))
    known.apply(TargetSet("tech", WEIGHTS))
    known.apply(Decided("r", "accepted"))
    return known


def seen(**otherwise: Any) -> Seen:
    as_it_should_be: dict[str, Any] = {
        "portfolio_id": PORTFOLIO,
        "fields": {"name": "First", "description": None},
        "is_active": True,
        "cash_balance": Decimal("10.010"),
        "lots": {("a", "KO"): LOT},
        "targets": {"tech": WEIGHTS},
        "recommendations": {"r": "accepted", "s": "open"},
        "events": Counter(
            {
                "portfolio.registered": 1,
                "holdings.cash-moved": 1,
                "holdings.positions-imported": 1,
                "rebalancing.accepted": 1,
                "rebalancing.recommended": 2,
            }
        ),
    }
    return Seen(**{**as_it_should_be, **otherwise})


def test_a_portfolio_that_is_as_its_commands_made_it_shows_no_difference() -> None:
    assert list(differences(expected(), seen())) == []


@pytest.mark.parametrize(
    ("otherwise", "told"),
    [
        ({"fields": {"name": "Old", "description": None}}, "name is 'Old', not 'First'"),
        ({"is_active": False}, "is_active is False"),
        ({"cash_balance": Decimal("20.02")}, "the cash is 20.02, not 10.01"),
        ({"cash_balance": Decimal("10.01000001")}, "the cash is"),
        ({"lots": {}}, "position ('a', 'KO') is None"),
        (
            {"lots": {("a", "KO"): replace(LOT, quantity=Decimal(6))}},
            "position ('a', 'KO') is Lot(quantity=Decimal('6')",
        ),
        ({"lots": {("a", "KO"): replace(LOT, cost=Decimal("1.500001"))}}, "position ('a', 'KO')"),
        ({"lots": {("a", "KO"): LOT, ("b", "KO"): LOT}}, "position ('b', 'KO')"),
        ({"targets": {}}, "target tech is None"),
        ({"targets": {"tech": WEIGHTS, "energy": WEIGHTS}}, "target energy"),
        ({"recommendations": {"r": "open"}}, "recommendation r is open, not accepted"),
        ({"recommendations": {}}, "recommendation r is None"),
    ],
)
def test_a_portfolio_that_is_otherwise_is_told(otherwise: dict[str, Any], told: str) -> None:
    (difference,) = differences(expected(), seen(**otherwise))
    assert told in difference


@pytest.mark.parametrize(
    "kind",
    ["holdings.cash-moved", "holdings.positions-imported", "portfolio.registered", "rebalancing.accepted"],
)
@pytest.mark.parametrize("count", [0, 2])
def test_an_event_too_many_or_too_few_is_told(kind: str, count: int) -> None:
    events = seen().events
    events[kind] = count
    (difference,) = differences(expected(), seen(events=events))
    assert str(count) in difference


def test_portfolios_lost_and_portfolios_out_of_nowhere_are_told() -> None:
    assert list(unequal_sets("portfolio", [1, 2], [2, 1])) == []
    assert list(unequal_sets("portfolio", [1, 2], [2, 3])) == [
        "portfolio 1 is lost",
        "portfolio 3 was never acknowledged",
    ]


def entries(*positions: int) -> list[Entry]:
    return [Entry(position, f"event-{position}", "pm.x.v1", "portfolio/1") for position in positions]


def test_a_stream_equals_the_store_from_its_first_entry_on() -> None:
    assert list(stream_faults("s", entries(3, 5), entries(3, 5))) == []
    assert list(stream_faults("s", entries(5), entries(3, 5))) == []
    assert list(stream_faults("s", [], [])) == []


@pytest.mark.parametrize(
    ("on_it", "told"),
    [
        (entries(3, 7), "s misses 5"),
        (entries(3, 5), "s misses 7"),
        (entries(3, 5, 6, 7), "s holds 6, the store does not"),
        (entries(3, 5, 5, 7), "s is not in order"),
        (entries(3, 7, 5), "s is not in order"),
        ([], "s is empty, the store holds 3 events"),
        ([*entries(3, 5), Entry(7, "event-7", "pm.y.v1", "portfolio/1")], "s: entry Entry(position=7"),
        ([*entries(3, 5), Entry(7, "other", "pm.x.v1", "portfolio/1")], "s: entry Entry(position=7"),
    ],
)
def test_a_stream_that_differs_from_the_store_is_told(on_it: list[Entry], told: str) -> None:
    assert told in "\n".join(stream_faults("s", on_it, entries(3, 5, 7)))


def made(*sources: int) -> list[Recommended]:
    return [Recommended(PORTFOLIO, f"r{place}", source) for place, source in enumerate(sources)]


def test_one_recommendation_for_each_source_and_one_open_is_well() -> None:
    statuses = {"r0": (PORTFOLIO, "superseded"), "r1": (PORTFOLIO, "open")}
    assert list(recommendation_faults(made(3, 9), statuses)) == []


def test_two_recommendations_for_one_source_are_told() -> None:
    statuses = {"r0": (PORTFOLIO, "superseded"), "r1": (PORTFOLIO, "open")}
    assert list(recommendation_faults(made(3, 3), statuses)) == [
        f"portfolio {PORTFOLIO}: 2 recommendations answer to position 3"
    ]


def test_a_recommendation_that_goes_back_is_told() -> None:
    statuses = {"r0": (PORTFOLIO, "superseded"), "r1": (PORTFOLIO, "open")}
    assert list(recommendation_faults(made(9, 3), statuses)) == [
        "recommendation r1 answers to less than the one before it"
    ]


def test_two_open_recommendations_are_told() -> None:
    statuses = {"r0": (PORTFOLIO, "open"), "r1": (PORTFOLIO, "open")}
    assert list(recommendation_faults(made(3, 9), statuses)) == [
        f"portfolio {PORTFOLIO}: 2 open recommendations"
    ]


def test_a_recommendation_that_no_list_shows_is_told() -> None:
    assert list(recommendation_faults(made(3), {})) == ["recommendation r0 is lost"]


def test_a_forced_request_that_nobody_answered_is_told() -> None:
    other = uuid4()
    assert list(unanswered({PORTFOLIO: 9}, made(3, 9))) == []
    assert list(unanswered({PORTFOLIO: 10}, made(3, 9))) == [
        f"portfolio {PORTFOLIO}: the forced request at 10 was never answered"
    ]
    assert len(list(unanswered({other: 1}, made(3, 9)))) == 1


def test_figures_that_answer_everything_once_are_right() -> None:
    assert list(figure_faults({PORTFOLIO: 7}, [(PORTFOLIO, 3), (PORTFOLIO, 7)])) == []


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([], "nothing was computed"),
        ([3], "nothing was computed"),
        ([7, 7], "come after"),
        ([7, 3, 8], "come after"),
    ],
)
def test_figures_that_are_missing_doubled_or_out_of_order_are_found(answers: list[int], fault: str) -> None:
    found = list(figure_faults({PORTFOLIO: 7}, [(PORTFOLIO, position) for position in answers]))
    assert len(found) == 1
    assert fault in found[0]
