"""What holdings remember: by effective day, then by recording."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.aggregates import NOW, a_position, new_facts, on, some_holdings

from domain.holding_facts import CashLevel
from domain.holding_refusals import ImportAlreadyReverted, ImportNotFound, ImportStandsUnder, InsufficientCash
from domain.holdings import CHANGES_PER_EVENT

DAYS = ["2024-01-02", "2024-02-01", "2024-03-01", "2024-04-02"]


def test_a_large_change_is_packed_into_few_events() -> None:
    holdings = some_holdings()
    holdings.change([a_position(f"T{n}", "1") for n in range(CHANGES_PER_EVENT + 1)], at=NOW)
    assert [len(fact.positions) for fact in new_facts(holdings)] == [CHANGES_PER_EVENT, 1]


def test_the_newest_effective_day_wins_over_a_later_recording() -> None:
    holdings = some_holdings()
    holdings.change([a_position("AAPL", "10")], at=on("2024-03-01"))
    holdings.change([a_position("AAPL", "7")], at=on("2024-02-01"))
    key = a_position("AAPL", "0").position_id
    assert holdings.position(key) == a_position("AAPL", "10")
    assert holdings.position(key, date(2024, 2, 15)) == a_position("AAPL", "7")
    assert holdings.position(key, date(2024, 1, 15)) is None


def test_within_a_day_the_later_recording_wins() -> None:
    holdings = some_holdings()
    holdings.change([a_position("AAPL", "10")], at=on("2024-03-01"))
    holdings.change([a_position("AAPL", "7")], at=on("2024-03-01").replace(hour=1))
    assert [held.quantity for held in holdings.positions()] == [Decimal(7)]


def test_a_closed_position_is_not_held() -> None:
    holdings = some_holdings()
    holdings.change([a_position("AAPL", "10")], at=on("2024-02-01"))
    holdings.change([a_position("AAPL", "0")], at=on("2024-03-01"))
    assert list(holdings.positions()) == []
    assert len(list(holdings.positions(date(2024, 2, 1)))) == 1


@given(st.lists(st.tuples(st.sampled_from(DAYS), st.integers(0, 9)), min_size=1, max_size=12))
def test_any_order_of_recording_shows_the_last_word_on_the_newest_day(told: list[tuple[str, int]]) -> None:
    holdings = some_holdings()
    for day, quantity in told:
        holdings.change([a_position("AAPL", str(quantity))], at=on(day))
    newest = max(day for day, _ in told)
    expected = [quantity for day, quantity in told if day == newest][-1]
    assert [held.quantity for held in holdings.positions()] == ([Decimal(expected)] if expected else [])


def test_cash_moves_add_up_and_a_level_replaces_what_came_before() -> None:
    holdings = some_holdings()
    holdings.move_cash(Decimal(100), "USD", at=on("2024-01-02"))
    holdings.change([], [CashLevel(currency="USD", amount=Decimal(70))], at=on("2024-02-01"))
    holdings.move_cash(Decimal(-20), "USD", at=on("2024-03-01"))
    assert [holdings.balance("", "USD", date.fromisoformat(day)) for day in DAYS] == [100, 70, 50, 50]


def test_a_back_dated_deposit_before_a_level_changes_nothing_after_it() -> None:
    holdings = some_holdings()
    holdings.change([], [CashLevel(currency="USD", amount=Decimal(70))], at=on("2024-02-01"))
    holdings.move_cash(Decimal(5), "USD", at=on("2024-01-02"))
    assert holdings.balance("", "USD") == 70
    assert holdings.balance("", "USD", date(2024, 1, 5)) == 5


def test_a_withdrawal_beyond_the_balance_is_refused() -> None:
    holdings = some_holdings()
    holdings.move_cash(Decimal(100), "USD", at=on("2024-01-02"))
    with pytest.raises(InsufficientCash):
        holdings.move_cash(Decimal("-100.01"), "USD", at=on("2024-02-01"))
    with pytest.raises(InsufficientCash):
        holdings.move_cash(Decimal(-1), "EUR", at=on("2024-02-01"))


def test_a_back_dated_withdrawal_must_not_overdraw_a_later_day() -> None:
    holdings = some_holdings()
    holdings.move_cash(Decimal(100), "USD", at=on("2024-01-02"))
    holdings.move_cash(Decimal(-90), "USD", at=on("2024-03-01"))
    with pytest.raises(InsufficientCash):
        holdings.move_cash(Decimal(-50), "USD", at=on("2024-02-01"))


def test_a_withdrawal_before_a_stated_level_is_measured_by_the_days_it_changes() -> None:
    holdings = some_holdings()
    holdings.move_cash(Decimal(100), "USD", at=on("2024-01-02"))
    holdings.change([], [CashLevel(currency="USD", amount=Decimal(0))], at=on("2024-03-01"))
    holdings.move_cash(Decimal(-50), "USD", at=on("2024-02-01"))
    assert [holdings.balance("", "USD", date.fromisoformat(day)) for day in DAYS] == [100, 50, 0, 0]
    with pytest.raises(InsufficientCash):
        holdings.move_cash(Decimal(-51), "USD", at=on("2024-02-01"))


def test_reverting_an_import_says_again_what_was_true_before() -> None:
    holdings, wrong = some_holdings(), uuid4()
    holdings.change([a_position("AAPL", "10")], at=on("2024-02-01"))
    holdings.change(
        [a_position("AAPL", "99"), a_position("XOM", "5")],
        [CashLevel(currency="USD", amount=Decimal(8))],
        at=on("2024-03-01"),
        import_id=wrong,
    )
    holdings.revert_import(wrong, at=on("2024-03-01"))
    assert [(held.ticker, held.quantity) for held in holdings.positions()] == [("AAPL", 10)]
    assert holdings.balances() == {}
    with pytest.raises(ImportAlreadyReverted):
        holdings.revert_import(wrong, at=on("2024-03-01"))


def test_an_import_under_a_later_change_cannot_be_reverted() -> None:
    holdings, first = some_holdings(), uuid4()
    holdings.change([a_position("AAPL", "10")], at=on("2024-02-01"), import_id=first)
    holdings.change([a_position("AAPL", "12")], at=on("2024-03-01"))
    with pytest.raises(ImportStandsUnder, match="AAPL"):
        holdings.revert_import(first, at=on("2024-02-01"))


def test_imports_of_one_day_are_undone_one_after_the_other() -> None:
    holdings, first, second = some_holdings(), uuid4(), uuid4()
    cash = [[CashLevel(currency="USD", amount=Decimal(amount))] for amount in (5, 9)]
    holdings.change([a_position("AAPL", "10")], cash[0], at=on("2024-02-01"), import_id=first)
    holdings.change([a_position("AAPL", "12")], cash[1], at=on("2024-02-01"), import_id=second)
    with pytest.raises(ImportStandsUnder, match="AAPL, cash USD"):
        holdings.revert_import(first, at=on("2024-02-01"))
    holdings.revert_import(second, at=on("2024-02-01"))
    holdings.revert_import(first, at=on("2024-02-01"))
    assert (list(holdings.positions()), holdings.balances()) == ([], {})


def test_an_undone_import_of_a_later_day_still_stands_on_an_earlier_one() -> None:
    holdings, first, second = some_holdings(), uuid4(), uuid4()
    holdings.change([a_position("AAPL", "10")], at=on("2024-02-01"), import_id=first)
    holdings.change([a_position("AAPL", "12")], at=on("2024-03-01"), import_id=second)
    holdings.revert_import(second, at=on("2024-03-01"))
    with pytest.raises(ImportStandsUnder):
        holdings.revert_import(first, at=on("2024-02-01"))


def test_an_unknown_import_cannot_be_reverted() -> None:
    with pytest.raises(ImportNotFound):
        some_holdings().revert_import(uuid4(), at=NOW)
