from decimal import Decimal

import numpy as np
import pytest
from tests.support.aggregates import a_portfolio, a_position, on, some_holdings
from tests.support.market_arrays import ArrayMarket, Series

from application.valuation.builder import book_of
from application.valuation.current_returns import CurrentReturns, current_returns
from domain.holding_facts import CashLevel, Position

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08")


def closes(*values: float) -> Series:
    return dict(zip(DAYS, values, strict=False))


@pytest.fixture
def market() -> ArrayMarket:
    return ArrayMarket("2024-01-08")


async def returns_of(market: ArrayMarket, *held: Position, euros: str = "0") -> CurrentReturns:
    holdings = some_holdings()
    cash = [CashLevel(currency="EUR", amount=Decimal(euros))] if Decimal(euros) else []
    holdings.change(list(held), cash, at=on("2024-01-08"))
    book = await book_of(a_portfolio(), holdings, market, tenant="acme")
    return await current_returns(market, "acme", book, window=3)


async def test_the_past_of_what_is_held_now_in_the_portfolios_currency(market: ArrayMarket) -> None:
    market.prices("SAP", closes(100, 100, 110, 110, 121), currency="EUR")
    market.fx("EUR", "USD", closes(1.0, 1.0, 1.0, 1.1, 1.1))

    found = await returns_of(market, a_position("SAP", "10", currency="EUR"))

    assert found.days.astype(str).tolist() == list(DAYS[2:])
    assert found.returns[:, 0] == pytest.approx([0.1, 0.1, 0.1])
    assert found.weights == pytest.approx([1.0])


async def test_a_short_past_leaves_gaps_and_none_at_all_is_named(market: ArrayMarket) -> None:
    market.prices("OLD", closes(10, 10, 10, 10, 10))
    market.prices("NEW", {"2024-01-05": 10, "2024-01-08": 11})
    found = await returns_of(
        market, a_position("OLD", "30"), a_position("NEW", "10"), a_position("PRIVATE", "1")
    )

    new = [one.ticker for one in found.positions].index("NEW")
    assert np.isnan(found.returns[:, new]).tolist() == [True, True, False]
    assert found.returns[2, new] == pytest.approx(0.1)
    assert ("PRIVATE", "no_listing") in found.excluded


async def test_days_on_which_little_trades_do_not_count(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(10, 10, 11, 11, 11))
    market.prices("BTC", {**closes(100, 100, 100, 100, 121), "2024-01-06": 110})
    found = await returns_of(market, a_position("AAPL", "1000"), a_position("BTC", "1"))

    assert "2024-01-06" not in found.days.astype(str).tolist()
    btc = [one.ticker for one in found.positions].index("BTC")
    assert found.returns[-1, btc] == pytest.approx(0.21)


async def test_cash_in_another_currency_has_the_past_of_its_rate(market: ArrayMarket) -> None:
    market.prices("AAPL", closes(10, 10, 10, 10, 10))
    market.fx("EUR", "USD", closes(1.0, 1.0, 1.1, 1.1, 1.1))
    found = await returns_of(market, a_position("AAPL", "11"), euros="100")

    assert found.cash_currencies == ("EUR",)
    assert found.cash_weights == pytest.approx([0.5])
    assert found.weights == pytest.approx([0.5])
    assert found.cash_returns[:, 0] == pytest.approx([0.1, 0, 0])
