"""The book of a portfolio by worked examples: what is a return, and what is a flow."""

from datetime import date
from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.aggregates import a_portfolio, a_position, on, some_holdings
from tests.support.market_arrays import ArrayMarket

from application.valuation.book import Book
from application.valuation.builder import book_of
from domain.holding_facts import CashLevel, Position
from domain.holdings import Holdings

DAYS = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"]


def closes(*values: float) -> dict[str, float]:
    return dict(zip(DAYS, values, strict=False))


def unpriced(ticker: str, quantity: str, **given: str) -> Position:
    """A fact that says nothing of a price."""
    return msgspec.structs.replace(a_position(ticker, quantity, **given), current_price=None)


def holding(*facts: tuple[str, str, str]) -> Holdings:
    """Facts of (day, ticker, quantity), without a price of their own."""
    holdings = some_holdings()
    for day, ticker, quantity in facts:
        holdings.change([unpriced(ticker, quantity)], at=on(day))
    return holdings


@pytest.fixture
def market() -> ArrayMarket:
    return ArrayMarket("2024-01-31")


async def a_book(market: ArrayMarket, holdings: Holdings, **options: object) -> Book:
    return await book_of(a_portfolio(), holdings, market, tenant="acme", **options)  # type: ignore[arg-type]


def returns(book: Book) -> list[float]:
    return book.returns[1:].tolist()


async def test_a_price_move_is_a_return_and_the_book_ends_with_the_newest_bar(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 110, 99))
    book = await a_book(market, holding(("2024-01-02", "AAPL", "10")))
    assert book.days.astype(str).tolist() == DAYS[:3]
    assert book.total.tolist() == [1000, 1100, 990]
    assert book.worth == 990
    assert returns(book) == pytest.approx([0.1, -0.1])
    assert book.flows[1:] == pytest.approx([0, 0])


async def test_what_a_book_is_worth_has_no_digits_of_floating_point(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(0.1))
    market.prices("MSFT", closes(0.2))
    book = await a_book(market, holding(("2024-01-02", "AAPL", "1"), ("2024-01-02", "MSFT", "1")))
    assert book.total[-1] != 0.3
    assert book.worth == 0.3


async def test_a_split_does_not_move_the_value(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 102, 51, 52))
    market.split("AAPL", "2024-01-04", "2")
    book = await a_book(market, holding(("2024-01-02", "AAPL", "10")))
    assert book.quantity[:, 0].tolist() == [10, 10, 20, 20]
    assert book.total.tolist() == [1000, 1020, 1020, 1040]
    assert book.flows[1:] == pytest.approx([0, 0, 0])


async def test_a_quantity_stated_on_the_ex_date_counts_as_after_the_split(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 102, 51, 52))
    market.split("AAPL", "2024-01-04", "2")
    book = await a_book(market, holding(("2024-01-02", "AAPL", "10"), ("2024-01-04", "AAPL", "20")))
    assert book.quantity[:, 0].tolist() == [10, 10, 20, 20]
    assert book.flows[1:] == pytest.approx([0, 0, 0])


async def test_a_split_while_there_is_no_bar_divides_the_price_that_stands(market: ArrayMarket) -> None:
    market.prices("AAPL", {"2024-01-02": 100, "2024-01-05": 51})
    market.prices("MSFT", closes(10, 10, 10, 10))
    market.split("AAPL", "2024-01-04", "2")
    book = await a_book(market, holding(("2024-01-02", "AAPL", "10"), ("2024-01-02", "MSFT", "1")))
    assert book.total.tolist() == [1010, 1010, 1010, 1030]


async def test_a_price_from_a_file_is_divided_by_later_splits(market: ArrayMarket) -> None:
    market.prices("AAPL", {"2023-12-01": 90})
    market.prices("MSFT", closes(10, 10, 10, 10))
    market.split("AAPL", "2024-01-04", "2")
    holdings = holding(("2024-01-02", "MSFT", "1"))
    holdings.change([a_position("AAPL", "10", "100", price_date=date(2024, 1, 2))], at=on("2024-01-02"))
    book = await a_book(market, holdings)
    assert book.total.tolist() == [1010, 1010, 1010, 1010]


async def test_a_deposit_is_a_flow_and_no_return(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 110, 121))
    holdings = holding(("2024-01-02", "AAPL", "10"))
    holdings.move_cash(Decimal(500), "USD", at=on("2024-01-03"))
    book = await a_book(market, holdings)
    assert book.flows[1:] == pytest.approx([500, 0])
    assert returns(book) == pytest.approx([0.1, 110 / 1600])


async def test_a_purchase_at_the_close_nets_to_nothing(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 110))
    holdings = holding(("2024-01-02", "AAPL", "10"), ("2024-01-03", "AAPL", "14"))
    holdings.change([], [CashLevel(currency="USD", amount=Decimal(440))], at=on("2024-01-02"))
    holdings.move_cash(Decimal(-440), "USD", at=on("2024-01-03"))
    book = await a_book(market, holdings)
    assert book.flows[1:] == pytest.approx([0])
    assert returns(book) == pytest.approx([100 / 1440])


async def test_an_import_in_kind_is_a_flow(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 110, 110))
    market.prices("MSFT", closes(10, 20, 22))
    book = await a_book(market, holding(("2024-01-02", "AAPL", "10"), ("2024-01-03", "MSFT", "5")))
    assert book.flows[1:] == pytest.approx([100, 0])
    assert returns(book) == pytest.approx([0.1, 10 / 1200])


async def test_a_sale_of_everything_is_valued_at_the_price_of_its_day(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 110, 120))
    book = await a_book(market, holding(("2024-01-02", "AAPL", "10"), ("2024-01-03", "AAPL", "0")))
    assert returns(book) == pytest.approx([0.1])
    assert book.flows[1:] == pytest.approx([-1100])
    assert book.total[-1] == 0


async def test_a_move_of_the_exchange_rate_is_a_return(market: ArrayMarket) -> None:
    market.prices("SAP", closes(100, 100, 100), currency="EUR")
    market.fx("EUR", "USD", closes(1.1, 1.21, 1.21))
    holdings = some_holdings()
    holdings.change([unpriced("SAP", "10", currency="EUR")], at=on("2024-01-02"))
    holdings.change([], [CashLevel(currency="EUR", amount=Decimal(100))], at=on("2024-01-02"))
    book = await a_book(market, holdings)
    assert book.total == pytest.approx([1210, 1331, 1331])
    assert returns(book) == pytest.approx([0.1, 0])


async def test_a_dividend_is_a_return_and_leaves_unless_it_becomes_cash(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 98, 98))
    market.dividend("AAPL", "2024-01-03", "2")
    paid_out = holding(("2024-01-02", "AAPL", "10"))
    kept = holding(("2024-01-02", "AAPL", "10"))
    kept.move_cash(Decimal(20), "USD", at=on("2024-01-03"))
    out, held = await a_book(market, paid_out), await a_book(market, kept)
    assert returns(out) == pytest.approx([0, 0])
    assert out.flows[1:] == pytest.approx([-20, 0])
    assert returns(held) == pytest.approx([0, 0])
    assert held.flows[1:] == pytest.approx([0, 0])


async def test_a_level_from_a_file_replaces_the_moves_before_it(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(1, 1, 1, 1))
    holdings = holding(("2024-01-02", "AAPL", "1"))
    holdings.move_cash(Decimal(100), "USD", at=on("2024-01-02"))
    holdings.change([], [CashLevel(currency="USD", amount=Decimal(70))], at=on("2024-01-03"))
    holdings.move_cash(Decimal(5), "USD", at=on("2024-01-04"))
    book = await a_book(market, holdings)
    assert book.cash[:, 0].tolist() == [100, 70, 75, 75]
    assert book.cash_before[:, 0].tolist() == [0, 100, 70, 75]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(DAYS), st.sampled_from(["", "A"]), st.booleans(), st.integers(1, 50)),
        min_size=1,
        max_size=10,
    )
)
async def test_cash_is_what_the_holdings_say_on_every_day(told: list[tuple[str, str, bool, int]]) -> None:
    market = ArrayMarket("2024-01-31")
    market.prices("AAPL", closes(1, 1, 1, 1, 1))
    holdings = holding((DAYS[0], "AAPL", "1"))
    for day, account, is_level, amount in told:
        if is_level:
            level = CashLevel(currency="USD", amount=Decimal(amount), account=account)
            holdings.change([], [level], at=on(day))
        else:
            holdings.move_cash(Decimal(amount), "USD", account=account, at=on(day))
    book = await a_book(market, holdings)
    expected = [float(sum(holdings.balances(date.fromisoformat(day)).values())) for day in DAYS]
    assert book.cash[:, 0].tolist() == expected


async def test_the_newer_of_two_prices_counts_and_at_the_same_day_the_markets(market: ArrayMarket) -> None:
    market.prices("AAPL", {"2024-01-02": 100, "2024-01-03": 101, "2024-01-05": 105})
    holdings = some_holdings()
    for day, price in (("2024-01-03", "555"), ("2024-01-04", "104"), ("2024-01-05", "555")):
        fact = a_position("AAPL", "1", price, price_date=date.fromisoformat(day))
        holdings.change([fact], at=on(day))
    holdings.change([unpriced("AAPL", "1")], at=on("2024-01-02"))
    book = await a_book(market, holdings)
    assert book.total.tolist() == [100, 101, 104, 105]


async def test_a_price_once_told_stands_until_there_is_another(market: ArrayMarket) -> None:
    holdings = some_holdings()
    holdings.change([unpriced("FUND", "12")], at=on(DAYS[1]))
    holdings.change([a_position("FUND", "10", "50", price_date=date(2024, 1, 2))], at=on(DAYS[0]))
    book = await a_book(market, holdings)
    assert book.total.tolist() == [500, 600]
    assert returns(book) == [0]


async def test_what_has_no_price_or_rate_is_in_no_total_and_is_named(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 110))
    holdings = holding(("2024-01-02", "AAPL", "1"), ("2024-01-02", "HIDDEN", "5"))
    holdings.change([a_position("SAP", "1", "50", currency="EUR")], at=on("2024-01-02"))
    book = await a_book(market, holdings)
    assert book.total.tolist() == [100, 110]
    assert sorted(book.excluded) == [("HIDDEN", "no_price"), ("SAP", "no_rate")]


async def test_a_price_that_comes_late_is_a_flow_and_no_gain(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 110, 110))
    market.prices("NEW", {"2024-01-04": 7})
    book = await a_book(market, holding(("2024-01-02", "AAPL", "1"), ("2024-01-02", "NEW", "10")))
    assert returns(book) == pytest.approx([0.1, 0])
    assert book.flows[1:] == pytest.approx([0, 70])
    assert [(flag.ticker, flag.code) for flag in book.flags] == [("NEW", "missing")]


async def test_a_book_begins_with_the_last_valuation_on_or_before_its_start(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(100, 110, 121, 121, 130))
    holdings = holding(("2024-01-02", "AAPL", "1"), ("2024-01-08", "AAPL", "2"))
    book = await a_book(market, holdings, start=date(2024, 1, 7), end=date(2024, 1, 20))
    assert book.days.astype(str).tolist() == ["2024-01-05", "2024-01-08"]
    assert book.inception == date(2024, 1, 2)
    earlier = await a_book(market, holdings, start=date(2020, 1, 1), end=date(2024, 1, 6))
    assert earlier.days.astype(str).tolist() == DAYS[:4]


async def test_a_book_of_what_had_no_new_price_for_long_begins_on_the_day_asked_for(
    market: ArrayMarket,
) -> None:
    market.prices("AAPL", {"2024-01-02": 100, "2024-01-29": 110, "2024-01-30": 121})
    holdings = holding(("2024-01-02", "AAPL", "10"))
    book = await a_book(market, holdings, start=date(2024, 1, 20))
    assert book.days.astype(str).tolist() == ["2024-01-20", "2024-01-29", "2024-01-30"]
    assert book.total.tolist() == [1000, 1100, 1210]
    last = await a_book(market, holdings, start=date.max)
    assert last.days.astype(str).tolist() == ["2024-01-30"]


async def test_a_listing_last_seen_long_before_the_start_keeps_its_price(market: ArrayMarket) -> None:
    market.prices("OLD", {"2022-06-01": 50})
    market.prices("AAPL", closes(100, 110))
    book = await a_book(market, holding(("2024-01-02", "AAPL", "1"), ("2024-01-02", "OLD", "2")))
    assert book.total.tolist() == [200, 210]


async def test_a_fact_of_a_day_after_the_clock_holds_from_the_clocks_day_on() -> None:
    market = ArrayMarket("2024-01-04")
    market.prices("AAPL", closes(100, 110, 121, 121))
    book = await a_book(market, holding(("2024-01-02", "AAPL", "1"), ("2026-01-01", "AAPL", "3")))
    assert book.quantity[:, 0].tolist() == [1, 1, 3]


async def test_a_price_of_a_day_after_the_clock_counts_as_of_the_clocks_day() -> None:
    market = ArrayMarket("2024-01-04")
    market.prices("AAPL", closes(100, 110, 121))
    holdings = some_holdings()
    for ticker in ("AAPL", "OWN"):
        stated = a_position(ticker, "1", "7", price_date=date(2026, 1, 1))
        holdings.change([stated], at=on("2026-01-01"))
    book = await a_book(market, holdings)
    assert book.days.astype(str).tolist() == ["2024-01-04"]
    assert dict(zip([one.ticker for one in book.positions], book.price[-1].tolist(), strict=True)) == {
        "AAPL": 121,
        "OWN": 7,
    }


async def test_a_portfolio_that_never_held_anything_has_one_empty_day(market: ArrayMarket) -> None:
    for holdings in (None, some_holdings()):
        book = await book_of(a_portfolio(), holdings, market, tenant="acme")
        assert (len(book.days), book.positions, book.total.tolist()) == (1, (), [0])


async def test_an_old_exchange_rate_is_used_and_flagged(market: ArrayMarket) -> None:
    market.prices("SAP", closes(100, 100), currency="EUR")
    market.fx("EUR", "USD", {"2023-12-01": 1.1})
    holdings = some_holdings()
    holdings.change([unpriced("SAP", "1", currency="EUR")], at=on("2024-01-02"))
    book = await a_book(market, holdings)
    assert book.total == pytest.approx([110, 110])
    assert [(flag.ticker, flag.code) for flag in book.flags] == [("EUR", "old_fx")]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(DAYS), st.sampled_from("AB"), st.sampled_from(["", "X"]), st.integers(0, 9)
        ),
        min_size=1,
        max_size=12,
    )
)
async def test_quantities_are_what_the_holdings_say_on_every_day(
    told: list[tuple[str, str, str, int]],
) -> None:
    market = ArrayMarket("2024-01-31")
    for ticker in "AB":
        market.prices(ticker, closes(1, 1, 1, 1, 1))
    holdings = some_holdings()
    for day, ticker, account, quantity in told:
        holdings.change([unpriced(ticker, str(quantity), account=account)], at=on(day))
    book = await a_book(market, holdings)
    for at, day in enumerate(book.days.tolist()):
        held = {one.position_id: float(one.quantity) for one in holdings.positions(day)}
        columns = zip(book.positions, book.quantity[at].tolist(), strict=True)
        assert {one.position_id: units for one, units in columns if units} == held


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(DAYS), st.sampled_from("ABC"), st.integers(-3, 9)), min_size=1, max_size=12
    ),
    st.integers(0, 4),
)
async def test_any_window_says_of_a_day_what_the_whole_book_says(
    told: list[tuple[str, str, int]], begin: int
) -> None:
    market = ArrayMarket("2024-01-31")
    draw = np.random.default_rng(7)
    for ticker in "ABC":
        market.prices(ticker, closes(*draw.uniform(5, 9, 5).round(2).tolist()))
    market.split("B", DAYS[2], "3")
    holdings = holding(*((day, ticker, str(quantity)) for day, ticker, quantity in told))
    whole = await a_book(market, holdings)
    part = await a_book(market, holdings, start=date.fromisoformat(DAYS[begin]))
    shared = np.isin(whole.days, part.days)
    assert part.total == pytest.approx(whole.total[shared])
    assert part.flows == pytest.approx(whole.flows[shared])
    assert part.returns[1:] == pytest.approx(whole.returns[shared][1:], nan_ok=True)
