"""Events survive the way to JSON and back."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from tests.support.aggregates import NOW, a_portfolio, a_position, a_target, new_facts, some_holdings

from bootstrap.ledger import AGGREGATES
from domain.holding_facts import CashLevel
from domain.policy import RebalanceOptions
from domain.portfolio import Portfolio
from infrastructure.eventstore.codec import decode, encode, register_aggregates, topic_of

register_aggregates(*AGGREGATES)


def there_and_back(event: Any) -> Any:
    """Store an event and read it."""
    return decode(
        topic_of(event),
        bytes(encode(event)).decode(),
        originator_id=event.originator_id,
        originator_version=event.originator_version,
        effective_at=event.effective_at,
        recorded_at=event.timestamp,
    )


def every_kind_of_value() -> list[Any]:
    """Events with decimals, dates, ids, structs and lists of structs."""
    portfolio, holdings = a_portfolio(metadata={"desk": ["a", 1]}), some_holdings()
    portfolio.set_target(a_target(portfolio, "energy", "0.25"), at=NOW)
    portfolio.remove_target(portfolio.allocation_id("sector", "energy"), at=NOW)
    holdings.change(
        [a_position("AAPL", "1.5", "0.1", price_date=date(2024, 1, 2))],
        [CashLevel(currency="USD", amount=Decimal("0.30"))],
        at=NOW,
        import_id=uuid4(),
    )
    return new_facts(portfolio) + new_facts(holdings)


@pytest.mark.parametrize("event", every_kind_of_value(), ids=topic_of)
def test_an_event_comes_back_as_it_went(event: Any) -> None:
    assert there_and_back(event) == event


def test_a_replayed_revision_has_its_types_back() -> None:
    portfolio = a_portfolio()
    portfolio.revise(
        {"rebalance_threshold": Decimal("0.08"), "rebalance_policy": RebalanceOptions(cost_bps=Decimal(5))},
        at=NOW,
    )
    (revised,) = new_facts(portfolio)
    again = a_portfolio()
    there_and_back(revised).mutate(again)
    assert again.rebalance_threshold == Decimal("0.08")
    assert again.rebalance_policy == RebalanceOptions(cost_bps=Decimal(5))


def test_decimals_are_text_on_disk() -> None:
    portfolio = a_portfolio(rebalance_threshold=Decimal("0.10"))
    portfolio.set_target(a_target(portfolio, "energy", "0.10"), at=NOW)
    (fact,) = new_facts(portfolio)
    assert msgspec.json.decode(bytes(encode(fact)))["target"]["target_weight"] == "0.10"


def test_columns_of_the_store_are_not_repeated_in_the_state() -> None:
    portfolio = a_portfolio()
    portfolio.archive(at=NOW)
    (fact,) = new_facts(portfolio)
    assert isinstance(fact, Portfolio.Archived)
    assert bytes(encode(fact)) == b"{}"
