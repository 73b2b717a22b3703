"""The file's price or the market's, and splits since the quantity was stated."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.support.aggregates import a_position

from application.market.pricing import Priced, priced
from application.market.quotes import Listing, Quote

STATED = date(2024, 6, 3)
TODAY = date(2024, 12, 30)


def a_quote(day: str, close: str = "120", **given: Any) -> Quote:
    return Quote(
        listing=Listing(listing_id=1, ticker="AAPL"),
        day=date.fromisoformat(day),
        close=Decimal(close),
        **given,
    )


def valued(quote: Quote | None, *, price_date: str | None = "2024-06-03", clock: date = TODAY) -> Priced:
    day = None if price_date is None else date.fromisoformat(price_date)
    held = a_position("AAPL", "10", "100", price_date=day, avg_cost_price=Decimal(80))
    return priced(held, STATED, quote, clock=clock)


@pytest.mark.parametrize(
    ("day", "price", "source"),
    [("2024-06-02", "100", "file"), ("2024-06-03", "120", "market"), ("2024-06-04", "120", "market")],
)
def test_the_newest_price_wins_and_on_the_same_day_the_markets(day: str, price: str, source: str) -> None:
    found = valued(a_quote(day))
    assert (found.position.current_price, found.source) == (Decimal(price), source)


def test_a_price_without_a_day_yields_to_the_market() -> None:
    assert valued(a_quote("2020-01-02"), price_date=None).source == "market"


def test_a_price_that_nobody_dates_later_than_the_clock_is_the_clocks() -> None:
    pinned = date(2024, 6, 1)
    assert valued(a_quote("2024-06-01"), clock=pinned).source == "market"
    assert valued(a_quote("2024-05-31"), clock=pinned).source == "file"


def test_without_a_quote_the_files_price_stands() -> None:
    found = valued(None)
    assert (found.position, found.source) == (found.stated, "file")


@pytest.mark.parametrize("day", ["2024-06-02", "2024-07-01"])
def test_a_split_does_not_move_the_value(day: str) -> None:
    before = valued(a_quote(day)).position
    after = valued(a_quote(day, close="30", split_factor=Decimal(4))).position
    assert before.current_price is not None
    assert after.current_price is not None
    assert after.quantity == 40
    assert after.quantity * after.current_price == before.quantity * before.current_price
    assert after.avg_cost_price == 20
