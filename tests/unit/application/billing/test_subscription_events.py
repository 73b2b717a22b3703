"""What an event says about a subscription."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.stripe_server import an_event

from application.billing.subscription_events import (
    EventMalformed,
    SubscriptionChange,
    change_of,
    read_event,
)

NOW = datetime(2027, 1, 15, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def told(event: dict[str, Any]) -> Any:
    return change_of(read_event(msgspec.json.encode(event)), now=NOW)


def test_an_event_tells_who_what_and_when() -> None:
    change = told(an_event(tier="quant", at=1_800_000_000, began=1_799_999_990, event="evt_7"))
    assert change == SubscriptionChange(
        event="evt_7",
        type="customer.subscription.created",
        at=datetime.fromtimestamp(1_800_000_000, UTC),
        rank=0,
        subscription="sub_1",
        tenant="acme",
        tier="quant",
        began=datetime.fromtimestamp(1_799_999_990, UTC),
        state="live",
    )


def test_an_event_without_a_time_counts_as_of_now() -> None:
    event = an_event()
    del event["created"]
    assert told(event).at == NOW


def test_a_subscription_without_an_id_is_the_one_of_its_tenant() -> None:
    assert told(an_event(id=None)).subscription == "of acme"


def test_the_end_needs_no_tier() -> None:
    change = told(an_event("deleted", tier=None))
    assert (change.state, change.tier) == ("ended", None)


def test_a_status_that_is_new_to_us_keeps_the_tier() -> None:
    assert told(an_event("updated", status="something new")).state == "live"


@pytest.mark.parametrize("created", [-1, 10**15])
def test_a_time_beyond_the_calendar_is_refused(created: int) -> None:
    with pytest.raises(EventMalformed):
        told(an_event(at=created))


@given(JSON, JSON, JSON, st.sampled_from(["created", "updated", "deleted"]))
def test_whatever_stands_in_the_subscription_is_told_or_passed_over(
    identifier: Any, metadata: Any, began: Any, kind: str
) -> None:
    event = an_event(kind, id=identifier, metadata=metadata, created=began)
    assert isinstance(told(event), SubscriptionChange | str)


@given(st.binary())
def test_whatever_is_no_event_is_refused(payload: bytes) -> None:
    with pytest.raises(EventMalformed):
        read_event(payload)
