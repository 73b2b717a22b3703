"""The demo's past is made up, but it adds up: prices are real and every purchase was paid for."""

import csv
import gzip
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest

from bootstrap.demo import CASH_MOVES, INCEPTION, LAST_DAY, history_days, position_files

CENT = Decimal("0.01")


@cache
def closes() -> dict[str, dict[str, Decimal]]:
    """The bundled closing prices by day and ticker."""
    spec = find_spec("skfolio")
    assert spec is not None
    assert spec.submodule_search_locations
    file = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "sp500_dataset.csv.gz"
    with gzip.open(file, "rt") as lines:
        heading, *rows = csv.reader(lines)
    return {row[0]: dict(zip(heading[1:], map(Decimal, row[1:]), strict=True)) for row in rows}


def stated(day: date) -> dict[str, dict[str, str]]:
    """The rows of one day by ticker; cash has none."""
    content = position_files().get(day)
    rows = csv.DictReader(StringIO(content.decode())) if content else ()
    return {row["ticker"]: row for row in rows}


def paid_in(day: date) -> Decimal:
    return Decimal(CASH_MOVES[day][0]) if day in CASH_MOVES else Decimal(0)


def test_the_history_begins_with_the_portfolio_and_ends_with_the_prices() -> None:
    days = history_days()
    assert (days[0], days[-1]) == (INCEPTION, LAST_DAY)
    assert set(map(str, days)) <= closes().keys(), "something happens on a day without prices"


@pytest.mark.parametrize("day", sorted(position_files()), ids=str)
def test_every_price_is_the_real_one_of_its_day(day: date) -> None:
    prices = closes()[str(day)]
    told = {ticker: Decimal(row["current_price"]) for ticker, row in stated(day).items() if ticker}
    assert told == {ticker: prices[ticker] for ticker in told}


def test_every_purchase_and_sale_meets_its_cash_at_the_days_price() -> None:
    held: dict[str, Decimal] = {}
    cash = Decimal(stated(INCEPTION)[""]["quantity"])
    for day in history_days():
        rows = stated(day)
        traded = {
            ticker: Decimal(row["quantity"]) - held.get(ticker, 0) for ticker, row in rows.items() if ticker
        }
        held |= {ticker: held.get(ticker, Decimal(0)) + quantity for ticker, quantity in traded.items()}
        if day > INCEPTION:
            cash += paid_in(day)
            cash -= sum(quantity * closes()[str(day)][ticker] for ticker, quantity in traded.items())
        assert cash >= 0
        assert min(held.values()) >= 0
        if rows:
            assert cash.quantize(CENT) == Decimal(rows[""]["quantity"]), f"cash on {day}"


def test_the_average_cost_follows_from_the_purchases() -> None:
    held: dict[str, tuple[Decimal, Decimal]] = {}
    for day in history_days():
        for ticker, row in stated(day).items():
            if ticker:
                before, cost = held.get(ticker, (Decimal(0), Decimal(0)))
                bought = max(Decimal(row["quantity"]) - before, Decimal(0))
                if bought:
                    cost = (before * cost + bought * closes()[str(day)][ticker]) / (before + bought)
                assert abs(Decimal(row["avg_cost_price"]) - cost) < Decimal("0.002"), f"{ticker} on {day}"
                held[ticker] = (Decimal(row["quantity"]), cost)
