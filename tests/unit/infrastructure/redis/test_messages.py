"""What an entry of a stream says."""

import pytest
from tests.support.deliveries import ALPHA, fields_of

from infrastructure.redis.messages import Delivery, NotOurs, message_of


def a_delivery(subject: str) -> Delivery:
    return Delivery("pm:some:stream", "7-0", {**fields_of(7, ALPHA), b"subject": subject.encode()})


def test_events_of_a_portfolio_are_one_sequence() -> None:
    message = message_of(a_delivery(f"portfolio/{ALPHA}"))
    assert (message.portfolio_id, message.sequence) == (ALPHA, f"tenant-a/{ALPHA}")


def test_events_of_an_owners_market_data_are_another() -> None:
    message = message_of(a_delivery("market/*"))
    assert message.sequence == "tenant-a/market/*"
    with pytest.raises(ValueError, match="badly formed"):
        _ = message.portfolio_id


@pytest.mark.parametrize("subject", ["portfolio/nobody", "weather/today", ""])
def test_an_entry_about_anything_else_is_not_ours(subject: str) -> None:
    with pytest.raises(NotOurs):
        message_of(a_delivery(subject))
