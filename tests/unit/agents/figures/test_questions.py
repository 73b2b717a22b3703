"""Which events ask for figures."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from agents.figures.questions import CHANGES, REQUESTED, Question, questions_of
from application.inbox import Message
from projections.published.catalogue import CATALOGUE


def a_message(event_type: str, position: int = 1, **data: Any) -> Message:
    return Message(
        stream="pm:portfolio:events",
        entry_id=f"{position}-0",
        position=position,
        event_id="event",
        event_type=event_type,
        tenant="tenant-a",
        subject=f"portfolio/{UUID(int=1)}",
        correlation_id="correlation",
        traceparent=None,
        data=msgspec.json.encode(data),
    )


def test_what_is_listened_to_is_published_and_not_made_by_the_listener() -> None:
    assert {kind.event_type for kind in CATALOGUE} >= CHANGES | {REQUESTED}
    assert not [event_type for event_type in CHANGES if "computed" in event_type]


@pytest.mark.parametrize(
    ("event_type", "data", "asks"),
    [
        ("pm.holdings.positions-changed.v1", {"import_id": "x"}, False),
        ("pm.holdings.positions-changed.v1", {"import_id": None}, True),
        ("pm.holdings.positions-imported.v1", {}, True),
        ("pm.holdings.cash-moved.v1", {}, True),
        ("pm.portfolio.revised.v1", {"changes": {"name": "x"}}, False),
        ("pm.portfolio.revised.v1", {"changes": {"benchmark_ticker": "SPY"}}, True),
        ("pm.portfolio.target-set.v1", {}, False),
        ("pm.portfolio.registered.v1", {}, False),
    ],
)
def test_only_what_can_change_the_figures_asks(event_type: str, data: dict[str, Any], asks: bool) -> None:
    assert bool(questions_of([a_message(event_type, **data)], "risk")) is asks


def test_a_request_asks_those_it_names_and_says_for_what() -> None:
    request = a_message(REQUESTED, 7, kinds=["attribution"], reason="refresh", options={"period": "1y"})
    assert questions_of([request], "risk") == []
    assert questions_of([request], "attribution") == [
        Question(position=7, requested=True, options={"period": "1y"})
    ]


def test_nobody_waits_for_what_prices_ask_for() -> None:
    request = a_message(REQUESTED, 7, kinds=["risk"], reason="prices", options={})
    assert questions_of([request], "risk") == [Question(position=7)]
