"""What moved each part of a portfolio's value, by hand and for any portfolio."""

from datetime import date
from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.aggregates import a_portfolio, a_position, on, some_holdings
from tests.support.market_arrays import ArrayMarket

from application.explain.components import STEPS, Part, Parts, parts_of
from application.explain.weights import drift_of, exact, total_of, weight_of
from application.valuation.builder import book_of
from domain.drift import Target
from domain.errors import Refused
from domain.holding_facts import Position
from domain.holdings import Holdings

DAYS = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]


def closes(*values: float) -> dict[str, float]:
    return dict(zip(DAYS, values, strict=False))


def unpriced(ticker: str, quantity: str, **given: str) -> Position:
    return msgspec.structs.replace(a_position(ticker, quantity, **given), current_price=None)


async def parts(market: ArrayMarket, holdings: Holdings, **options: object) -> Parts:
    book = await book_of(a_portfolio(), holdings, market, tenant="acme", **options)  # type: ignore[arg-type]
    return parts_of(book)


def moves(moved: Parts) -> dict[str, dict[str, float]]:
    """Non-zero contributions by ticker and step."""
    added = np.diff(moved.values, axis=0)
    return {
        part.ticker: {
            step: round(float(amount), 9)
            for step, amount in zip(STEPS, added[:, at], strict=True)
            if abs(amount) > 1e-9
        }
        for at, part in enumerate(moved.parts)
    }


@pytest.fixture
def market() -> ArrayMarket:
    market = ArrayMarket("2024-01-31")
    market.prices("AAPL", closes(100, 110, 121, 121))
    market.prices("SAP", closes(50, 55, 55, 55), currency="EUR")
    market.fx("EUR", "USD", closes(1.0, 1.1, 1.2, 1.2))
    return market


async def test_a_price_counts_at_the_old_rate_and_a_rate_at_the_new_price(market: ArrayMarket) -> None:
    holdings = some_holdings()
    holdings.change([unpriced("SAP", "10", currency="EUR")], at=on(DAYS[0]))
    holdings.move_cash(Decimal(100), "EUR", at=on(DAYS[0]))
    # Day 1: 10 x 5 EUR at 1.0 = 50, 550 EUR x 0.1 = 55, 100 EUR x 0.1 = 10. Day 2: 550 x 0.1 = 55, 100 x 0.1 = 10.
    assert moves(await parts(market, holdings)) == {"SAP": {"prices": 50, "fx": 110}, "CASH:EUR": {"fx": 20}}


async def test_a_purchase_from_cash_is_a_trade_and_a_deposit_a_flow(market: ArrayMarket) -> None:
    holdings = some_holdings()
    holdings.change([unpriced("AAPL", "10")], at=on(DAYS[0]))
    holdings.move_cash(Decimal(1000), "USD", at=on(DAYS[0]))
    holdings.change([unpriced("AAPL", "15")], at=on(DAYS[1]))
    holdings.move_cash(Decimal(-550), "USD", at=on(DAYS[1]))
    holdings.move_cash(Decimal(300), "USD", at=on(DAYS[2]))
    assert moves(await parts(market, holdings)) == {
        "AAPL": {"prices": 100 + 165, "trades": 550},
        "CASH:USD": {"trades": -550, "flows": 300},
    }


async def test_what_comes_without_cash_is_a_change_of_holdings(market: ArrayMarket) -> None:
    holdings = some_holdings()
    holdings.change([unpriced("AAPL", "10")], at=on(DAYS[0]))
    holdings.change([unpriced("AAPL", "12")], at=on(DAYS[1]))
    assert moves(await parts(market, holdings)) == {"AAPL": {"prices": 100 + 132, "holdings_changes": 220}}


async def test_part_of_a_purchase_may_be_paid_from_outside(market: ArrayMarket) -> None:
    holdings = some_holdings()
    holdings.move_cash(Decimal(100), "USD", at=on(DAYS[0]))
    holdings.change([unpriced("AAPL", "1")], at=on(DAYS[1]))
    holdings.move_cash(Decimal(-100), "USD", at=on(DAYS[1]))
    assert moves(await parts(market, holdings)) == {
        "AAPL": {"prices": 11, "trades": 100, "holdings_changes": 10},
        "CASH:USD": {"trades": -100},
    }


async def test_a_switch_between_securities_is_a_trade(market: ArrayMarket) -> None:
    market.prices("MSFT", closes(220, 220, 220, 220))
    holdings = some_holdings()
    holdings.change([unpriced("AAPL", "10"), unpriced("MSFT", "1")], at=on(DAYS[0]))
    holdings.change([unpriced("AAPL", "8"), unpriced("MSFT", "2")], at=on(DAYS[1]))
    assert moves(await parts(market, holdings)) == {
        "AAPL": {"prices": 188, "trades": -220},
        "MSFT": {"trades": 220},
    }


async def test_a_dividend_is_income_and_flows_out_unless_it_is_kept(market: ArrayMarket) -> None:
    market.dividend("AAPL", DAYS[1], "2")
    holdings = some_holdings()
    holdings.change([unpriced("AAPL", "10")], at=on(DAYS[0]))
    assert moves(await parts(market, holdings))["CASH:USD"] == {"income": 20, "flows": -20}
    holdings.move_cash(Decimal(20), "USD", at=on(DAYS[1]))
    assert moves(await parts(market, holdings))["CASH:USD"] == {"income": 20}


async def test_a_dividend_that_is_reinvested_is_income_and_a_trade(market: ArrayMarket) -> None:
    market.dividend("AAPL", DAYS[1], "11")
    holdings = some_holdings()
    holdings.change([unpriced("AAPL", "10")], at=on(DAYS[0]))
    holdings.change([unpriced("AAPL", "11")], at=on(DAYS[1]))
    assert moves(await parts(market, holdings)) == {
        "AAPL": {"prices": 100 + 121, "trades": 110},
        "CASH:USD": {"income": 110, "trades": -110},
    }


async def test_another_state_of_knowledge_is_corrected_first(market: ArrayMarket) -> None:
    holdings = some_holdings()
    holdings.change([unpriced("AAPL", "10")], at=on(DAYS[0]))
    book = await book_of(a_portfolio(), holdings, market, tenant="acme")
    gone = Part(None, "CASH:CHF", None)
    position = book.positions[0]
    moved = parts_of(book, {Part(position.position_id, "AAPL", ""): 900.0, gone: 7.0})
    assert moves(moved) == {
        "AAPL": {"data_corrections": 100, "prices": 210},
        "CASH:CHF": {"data_corrections": -7},
    }
    assert moves(parts_of(book, {}))["AAPL"]["data_corrections"] == 1000


@settings(max_examples=80)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(DAYS), st.sampled_from(["AAPL", "SAP", "OWN"]), st.integers(0, 9), st.booleans()
        ),
        min_size=1,
        max_size=12,
    ),
    st.lists(
        st.tuples(st.sampled_from(DAYS), st.sampled_from(["USD", "EUR"]), st.integers(-99, 99)), max_size=6
    ),
    st.integers(0, 3),
)
async def test_the_steps_add_up_to_the_change_whatever_happened(
    told: list[tuple[str, str, int, bool]], cash: list[tuple[str, str, int]], begin: int
) -> None:
    market = ArrayMarket("2024-01-31")
    market.prices("AAPL", closes(100, 90, 45, 47))
    market.split("AAPL", DAYS[2], "2")
    market.dividend("AAPL", DAYS[3], "1.5")
    market.prices("SAP", {DAYS[1]: 55, DAYS[3]: 50}, currency="EUR")
    market.fx("EUR", "USD", closes(1.0, 1.1, 1.2, 1.15))
    holdings = some_holdings()
    for day, ticker, quantity, priced in told:
        currency = "EUR" if ticker == "SAP" else "USD"
        fact = a_position(ticker, str(quantity), "10", currency=currency, price_date=date.fromisoformat(day))
        stated = fact if priced else msgspec.structs.replace(fact, current_price=None)
        holdings.change([stated], at=on(day))
    for day, currency, amount in cash:
        holdings.move_cash(Decimal(abs(amount)), currency, at=on(day))
    book = await book_of(
        a_portfolio(), holdings, market, tenant="acme", start=date.fromisoformat(DAYS[begin])
    )
    moved = parts_of(book)
    totals = [total_of(row) for row in moved.values]
    added = dict(zip(STEPS, np.diff(moved.values.sum(axis=1)), strict=True))
    assert float(totals[-1] - totals[0]) == pytest.approx(book.total[-1] - book.total[0], abs=1e-5)
    assert moved.values[-1].sum() == pytest.approx(book.total[-1])
    assert added["trades"] == pytest.approx(0, abs=1e-6)
    assert added["holdings_changes"] + added["flows"] == pytest.approx(book.flows[1:].sum(), abs=1e-6)


async def test_weights_and_drifts_follow_from_values(market: ArrayMarket) -> None:
    holdings = some_holdings()
    holdings.change([unpriced("AAPL", "10", sector="technology")], at=on(DAYS[0]))
    holdings.move_cash(Decimal(1000), "USD", at=on(DAYS[0]))
    moved = await parts(market, holdings)
    held = {one.position_id: one for one in holdings.positions()}
    weigh = weight_of(moved.parts, held, "sector", "technology")
    assert [float(weigh(row)) for row in moved.values[[0, -1]]] == pytest.approx([0.5, 1210 / 2210])
    assert weight_of(moved.parts, held, "asset_class", "cash")(moved.values[0]) == Decimal("0.5")
    portfolio = a_portfolio()
    target = Target(
        allocation_id=portfolio.allocation_id("sector", "technology"),
        allocation_type="sector",
        bucket="technology",
        target_weight=Decimal("0.4"),
    )
    assert drift_of(moved.parts, held, [target], "sector", "technology")(moved.values[0]) == Decimal("0.1")
    assert drift_of(moved.parts, held, [target], None, None)(moved.values[0]) == Decimal("0.1")
    with pytest.raises(Refused):
        weigh(moved.values[0] * 0)


def test_amounts_are_told_to_the_millionth() -> None:
    assert exact(0.1 + 0.2) == Decimal("0.300000")
    assert str(exact(-1e-12)) in {"0E-6", "0.000000"}
