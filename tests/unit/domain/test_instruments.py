"""How names of instruments are resolved."""

from tests.support.aggregates import NOW, a_registry, new_facts

from domain.instruments import Description

APPLE = {"ticker": "AAPL", "isin": "US0378331005"}


def test_what_was_named_once_is_found_by_any_of_its_names() -> None:
    registry = a_registry()
    (apple,) = registry.resolve([Description(**APPLE)], at=NOW)
    found = registry.resolve(
        [Description(ticker="AAPL"), Description(isin="US0378331005"), Description(cusip="037833100")], at=NOW
    )
    assert {one.instrument_id for one in found} == {apple.instrument_id}
    assert found[1].ticker == "AAPL"


def test_a_new_name_is_learned_and_then_known() -> None:
    registry = a_registry()
    (first,) = registry.resolve([Description(ticker="AAPL")], at=NOW)
    registry.resolve([Description(**APPLE)], at=NOW)
    (by_isin,) = registry.resolve([Description(isin="US0378331005")], at=NOW)
    assert by_isin.instrument_id == first.instrument_id


def test_a_ticker_that_moved_to_another_isin_is_another_instrument() -> None:
    registry = a_registry()
    old, new = (
        registry.resolve([Description(ticker="META", isin=isin)], at=NOW)[0]
        for isin in ("US30303M1027", "US37954Y3836")
    )
    assert old.instrument_id != new.instrument_id


def test_two_listings_of_one_isin_differ_by_currency() -> None:
    registry = a_registry()
    dollars, euros, again = (
        registry.resolve([Description(isin="US0378331005", currency=currency)], at=NOW)[0]
        for currency in ("USD", "EUR", "USD")
    )
    assert dollars.instrument_id == again.instrument_id != euros.instrument_id


def test_what_is_known_already_is_no_fact() -> None:
    registry = a_registry()
    registry.resolve([Description(**APPLE)], at=NOW)
    new_facts(registry)
    registry.resolve([Description(**APPLE), Description(ticker="AAPL")], at=NOW)
    assert new_facts(registry) == []


def test_a_row_repeated_in_one_file_is_one_instrument() -> None:
    registry = a_registry()
    first, second = registry.resolve([Description(**APPLE), Description(**APPLE)], at=NOW)
    assert first == second
    (fact,) = new_facts(registry)
    assert len(fact.instruments) == 1
