from typing import Any
from uuid import UUID

import msgspec
import pytest

from agents.rebalance.triggers import TRIGGERS, question_of
from application.inbox import Message
from projections.published.catalogue import CATALOGUE

ASKED = "pm.portfolio.rebalance-requested.v1"


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


def test_it_listens_only_to_what_is_published_and_never_to_itself() -> None:
    assert {kind.event_type for kind in CATALOGUE} >= TRIGGERS
    assert not [event_type for event_type in TRIGGERS if event_type.startswith("pm.rebalance.")]


def test_the_newest_event_is_answered_and_all_are_named() -> None:
    question = question_of(
        [a_message("pm.holdings.cash-moved.v1", 3), a_message("pm.portfolio.target-set.v1", 8)]
    )
    assert question is not None
    assert question.source_position == 8
    assert question.triggers == ("pm.holdings.cash-moved.v1", "pm.portfolio.target-set.v1")
    assert (question.forced, question.options) == (False, None)


def test_one_request_forces_and_the_newest_chooses_the_options() -> None:
    question = question_of(
        [
            a_message(ASKED, 1, force=True, options={"to": "target"}),
            a_message(ASKED, 2, force=False, options={"to": "edge"}),
        ]
    )
    assert question is not None
    assert question.forced
    assert question.options == {"to": "edge"}


@pytest.mark.parametrize(
    ("event_type", "data", "asks"),
    [
        ("pm.holdings.positions-changed.v1", {"import_id": "x", "positions": [], "cash": []}, False),
        ("pm.holdings.positions-changed.v1", {"import_id": None, "positions": [], "cash": []}, True),
        ("pm.portfolio.revised.v1", {"changes": {"name": "x"}}, False),
        ("pm.portfolio.revised.v1", {"changes": {"rebalance_threshold": 0.1}}, True),
        ("pm.portfolio.registered.v1", {}, False),
        ("pm.rebalance.recommended.v1", {}, False),
        ("pm.analysis.requested.v1", {"kinds": ["drift", "risk"]}, True),
        ("pm.analysis.requested.v1", {"kinds": ["risk"]}, False),
    ],
)
def test_only_what_can_change_the_drift_asks(event_type: str, data: dict[str, Any], asks: bool) -> None:
    assert (question_of([a_message(event_type, **data)]) is not None) is asks
