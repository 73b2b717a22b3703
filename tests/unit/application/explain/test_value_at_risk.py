"""Explained value at risk is that of the risk snapshot."""

from decimal import Decimal

import numpy as np
import pytest
from tests.support.aggregates import a_portfolio, a_position, on, some_holdings
from tests.support.market_arrays import ArrayMarket

from application.explain.components import parts_of
from application.explain.value_at_risk import var_of
from application.risk.inputs import risk_inputs
from application.risk.measure import measure_risk
from application.valuation.book import Book
from application.valuation.builder import book_of
from domain.errors import Refused
from domain.holding_facts import CashLevel

DAYS = [str(day) for day in np.arange("2022-01-03", "2022-09-01", dtype="datetime64[D]")]
A = np.random.default_rng(5).normal(0, 0.01, len(DAYS) - 1)


@pytest.fixture
def market() -> ArrayMarket:
    market = ArrayMarket(DAYS[-1])
    market.prices("A", dict(zip(DAYS, 10 * np.cumprod([1, *(1 + A)]), strict=True)))
    return market


async def a_book(market: ArrayMarket, unlisted: str) -> Book:
    """1000 A at about 10, units of what market data does not know at 100 from a file, and some cash."""
    holdings = some_holdings()
    held = [a_position("A", "1000"), a_position("PRIVATE", unlisted)]
    holdings.change(held, [CashLevel(currency="USD", amount=Decimal(500))], at=on(DAYS[-1]))
    return await book_of(a_portfolio(), holdings, market, tenant="acme")


async def explained(market: ArrayMarket, book: Book) -> Decimal:
    moved = parts_of(book)
    positions = {one.position_id: one for one in book.positions}
    measured = var_of(market, "acme", book, positions, moved, known_at=None)
    return await measured(moved.values[-1], book.days[-1])


async def test_what_has_no_past_behaves_like_the_rest_as_in_the_snapshot(market: ArrayMarket) -> None:
    book = await a_book(market, "30")

    snapshot = measure_risk(book, await risk_inputs(market, "acme", book))

    assert snapshot.coverage < 1
    assert snapshot.var_95_1d == pytest.approx(float(await explained(market, book)), rel=1e-12)


async def test_what_the_snapshot_does_not_tell_is_not_explained(market: ArrayMarket) -> None:
    book = await a_book(market, "300")

    snapshot = measure_risk(book, await risk_inputs(market, "acme", book))

    assert snapshot.unavailable["var_95_1d"].code == "too_little_covered"
    with pytest.raises(Refused, match="has a past to measure by") as refusal:
        await explained(market, book)
    assert refusal.value.violations[0].code == "too_little_covered"
