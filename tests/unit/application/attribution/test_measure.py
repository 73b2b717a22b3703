from datetime import date
from decimal import Decimal
from typing import get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.aggregates import a_portfolio, a_position, on, some_holdings
from tests.support.market_arrays import ArrayMarket, Series

from application.attribution.measure import portfolio_attribution
from application.benchmark.path import NoBenchmark, NoConstituents
from application.market.history import Flag
from application.performance.track import track_of
from application.valuation.book import Book
from application.valuation.builder import book_of
from domain.attribution import AttributedBucket, AttributionSnapshot, By, Linking
from domain.errors import Refused
from domain.holding_facts import CashLevel, Position
from domain.holdings import Holdings

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
FIRST, LAST = date(2024, 1, 2), date(2024, 1, 5)


def closes(*values: float) -> Series:
    return dict(zip(DAYS, values, strict=False))


@pytest.fixture
def market() -> ArrayMarket:
    return ArrayMarket("2024-01-05")


def holding(*held: Position, cash: str = "0", currency: str = "USD") -> Holdings:
    holdings = some_holdings()
    levels = [CashLevel(currency=currency, amount=Decimal(cash))] if Decimal(cash) else []
    holdings.change(list(held), levels, at=on("2024-01-02"))
    return holdings


def unpriced(ticker: str, quantity: str) -> Position:
    """A fact without a price of its own."""
    return msgspec.structs.replace(a_position(ticker, quantity), current_price=None)


async def a_book(market: ArrayMarket, holdings: Holdings) -> Book:
    return await book_of(a_portfolio(benchmark_ticker="IDX"), holdings, market, tenant="acme")


async def attributed(
    market: ArrayMarket, holdings: Holdings, by: By = "sector", linking: Linking = "carino"
) -> AttributionSnapshot:
    book = await a_book(market, holdings)
    return await portfolio_attribution(
        market, "acme", book, period="custom", start=FIRST, end=LAST, by=by, linking=linking
    )


def two_sectors(market: ArrayMarket) -> Holdings:
    """Technology 60 %, energy 40 %, against half and half; two days."""
    market.prices("TEC", closes(100, 110, 110), sector="technology")
    market.prices("OIL", closes(50, 49, 51), sector="energy")
    market.prices("CHIP", closes(10, 10.5, 10.5), sector="Information Technology")
    market.constituents("IDX", {"2024-01-02": {"CHIP": 0.5, "OIL": 0.5}})
    return holding(a_position("TEC", "60"), a_position("OIL", "80"))


def named(snapshot: AttributionSnapshot, bucket: str) -> AttributedBucket:
    return next(one for one in snapshot.attribution if one.bucket == bucket)


async def test_one_day_is_brinson_fachler_by_hand(market: ArrayMarket) -> None:
    market.prices("TEC", closes(100, 110), sector="technology")
    market.prices("OIL", closes(50, 49), sector="energy")
    market.prices("CHIP", closes(10, 10.5), sector="Information Technology")
    market.constituents("IDX", {"2024-01-02": {"CHIP": 0.5, "OIL": 0.5}})

    found = await attributed(market, holding(a_position("TEC", "60"), a_position("OIL", "80")))

    assert found.portfolio_return == pytest.approx(0.6 * 0.1 - 0.4 * 0.02)
    assert found.benchmark_return == pytest.approx(0.5 * 0.05 - 0.5 * 0.02)
    assert found.total_active_return == pytest.approx(0.037)
    technology = named(found, "technology")
    assert technology.sector_slug == "technology"
    assert (technology.portfolio_weight, technology.benchmark_weight) == pytest.approx((0.6, 0.5))
    assert (technology.portfolio_return, technology.benchmark_return) == pytest.approx((0.1, 0.05))
    assert technology.allocation_effect == pytest.approx(0.1 * (0.05 - 0.015))
    assert technology.selection_effect == pytest.approx(0.5 * 0.05)
    assert technology.interaction_effect == pytest.approx(0.1 * 0.05)
    assert technology.currency_effect == 0
    assert named(found, "energy").allocation_effect == pytest.approx(-0.1 * (-0.02 - 0.015))


@pytest.mark.parametrize("by", get_args(By))
@pytest.mark.parametrize("linking", get_args(Linking))
async def test_effects_add_up_to_what_portfolio_and_benchmark_returned(
    market: ArrayMarket, by: By, linking: Linking
) -> None:
    holdings = two_sectors(market)
    found = await attributed(market, holdings, by, linking)
    returns = track_of(await a_book(market, holdings)).returns[1:]

    assert found.portfolio_return == pytest.approx(np.prod(1 + returns) - 1, abs=1e-15)
    assert sum(one.total_effect for one in found.attribution) == pytest.approx(
        found.total_active_return, abs=1e-12
    )
    if linking not in ("geometric", "none"):
        assert found.total_active_return == found.portfolio_return - found.benchmark_return


async def test_a_constituent_without_a_position_and_the_reverse_are_allocation(market: ArrayMarket) -> None:
    market.prices("TEC", closes(100, 110, 120), sector="technology")
    market.prices("OIL", closes(50, 49, 51), sector="energy")
    market.constituents("IDX", {"2024-01-02": {"OIL": 1.0}})

    found = await attributed(market, holding(a_position("TEC", "1")))

    technology, energy = named(found, "technology"), named(found, "energy")
    assert technology.benchmark_return is None
    assert energy.portfolio_return is None
    assert (technology.selection_effect, technology.interaction_effect) == pytest.approx((0, 0))
    assert (energy.selection_effect, energy.interaction_effect) == pytest.approx((0, 0))
    assert technology.allocation_effect + energy.allocation_effect == pytest.approx(0.2 - 0.02)


async def test_what_rates_added_is_apart_from_what_was_chosen(market: ArrayMarket) -> None:
    market.prices("SAP", closes(100, 110), currency="EUR", sector="technology")
    market.prices("TEC", closes(100, 110), sector="technology")
    market.fx("EUR", "USD", closes(1.0, 1.05))
    market.constituents("IDX", {"2024-01-02": {"TEC": 1.0}})

    found = await attributed(market, holding(a_position("SAP", "1", currency="EUR")))

    technology = named(found, "technology")
    assert technology.currency_effect == pytest.approx(1.1 * 0.05)
    assert technology.allocation_effect == pytest.approx(0)
    assert technology.selection_effect == pytest.approx(0)
    assert technology.total_effect == pytest.approx(found.total_active_return)
    assert found.totals.currency_effect == pytest.approx(0.055)


async def test_cash_is_a_bucket_of_its_own(market: ArrayMarket) -> None:
    market.prices("TEC", closes(100, 110), sector="technology")
    market.constituents("IDX", {"2024-01-02": {"TEC": 1.0}})

    found = await attributed(market, holding(a_position("TEC", "1"), cash="100"))

    assert named(found, "cash").portfolio_weight == pytest.approx(0.5)
    assert named(found, "cash").allocation_effect == pytest.approx(0.5 * (0 - 0.1))
    assert found.total_active_return == pytest.approx(-0.05)


async def test_a_long_and_a_short_that_net_to_nothing_count(market: ArrayMarket) -> None:
    market.prices("TEC", closes(100, 110), sector="technology")
    market.prices("CHIP", closes(100, 90), sector="technology")
    market.prices("OIL", closes(10, 10), sector="energy")
    market.constituents("IDX", {"2024-01-02": {"OIL": 1.0}})

    found = await attributed(
        market, holding(a_position("TEC", "1"), a_position("CHIP", "-1"), a_position("OIL", "100"))
    )

    assert named(found, "technology").total_effect == pytest.approx(20 / 1000)
    assert found.total_active_return == pytest.approx(20 / 1000)


async def test_a_security_is_one_bucket_on_both_sides(market: ArrayMarket) -> None:
    market.prices("TEC", closes(100, 110))
    market.constituents("IDX", {"2024-01-02": {"TEC": 1.0}})
    found = await attributed(market, holding(a_position("TEC", "1")), by="security")
    assert [one.bucket for one in found.attribution] == ["TEC"]
    assert found.attribution[0].total_effect == pytest.approx(0, abs=1e-15)


async def test_purchases_and_payments_are_no_return(market: ArrayMarket) -> None:
    holdings = two_sectors(market)
    holdings.change([a_position("TEC", "200")], at=on("2024-01-03"))
    found = await attributed(market, holdings)
    book = await a_book(market, holdings)
    assert found.portfolio_return == pytest.approx(np.prod(1 + track_of(book).returns[1:]) - 1, abs=1e-15)


async def test_a_stretch_without_prices_is_attributed_over_what_was_invested_in_it() -> None:
    market = ArrayMarket("2024-03-01")
    market.prices("TEC", {"2024-01-02": 100, "2024-03-01": 110}, sector="technology")
    market.prices("OIL", {"2024-01-02": 50, "2024-03-01": 60}, sector="energy")
    market.constituents("IDX", {"2024-01-02": {"TEC": 0.5, "OIL": 0.5}})
    holdings = holding(unpriced("TEC", "10"), unpriced("OIL", "20"))
    holdings.change([unpriced("TEC", "30")], at=on("2024-02-01"))
    book = await a_book(market, holdings)
    track = track_of(book)
    assert list(track.stretches) == [1]

    found = await portfolio_attribution(
        market, "acme", book, period="custom", start=FIRST, end=date(2024, 3, 1)
    )

    assert found.portfolio_return == pytest.approx(track.returns[1], abs=1e-15)
    assert found.portfolio_return == pytest.approx(500 / (2000 + 2000 * 29 / 59))  # Modified Dietz
    assert sum(one.total_effect for one in found.attribution) == pytest.approx(
        found.total_active_return, abs=1e-15
    )


async def test_a_benchmark_without_constituents_says_what_to_import(market: ArrayMarket) -> None:
    market.prices("TEC", closes(100, 110))
    market.level_benchmark("IDX", closes(1000, 1010))
    with pytest.raises(NoConstituents, match="PUT /v1/market/benchmarks/IDX/constituents"):
        await attributed(market, holding(a_position("TEC", "1")))


async def test_a_portfolio_without_a_benchmark_says_so(market: ArrayMarket) -> None:
    market.prices("TEC", closes(100, 110))
    book = await book_of(a_portfolio(), holding(a_position("TEC", "1")), market, tenant="acme")
    with pytest.raises(NoBenchmark, match="benchmark_ticker"):
        await portfolio_attribution(market, "acme", book, period="ytd", start=FIRST, end=LAST)


async def test_a_period_without_a_return_is_refused(market: ArrayMarket) -> None:
    market.prices("TEC", closes(100))
    market.constituents("IDX", {"2024-01-02": {"TEC": 1.0}})
    with pytest.raises(Refused, match="No daily return"):
        await attributed(market, holding(a_position("TEC", "1")))


async def test_doubtful_prices_of_either_side_are_told_once(market: ArrayMarket) -> None:
    holdings = two_sectors(market)
    market.flags.append(Flag(ticker="OIL", code="jump", detail="It jumped."))
    found = await attributed(market, holdings)
    assert [(one.ticker, one.code) for one in found.data_quality] == [("OIL", "jump")]


async def test_the_same_inputs_have_the_same_hash_and_others_another(market: ArrayMarket) -> None:
    holdings = two_sectors(market)
    one, same = await attributed(market, holdings), await attributed(market, holdings)
    assert one == same
    assert (await attributed(market, holdings, "security")).inputs_hash != one.inputs_hash


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0.8, 1.25), min_size=9, max_size=9))
async def test_a_portfolio_equal_to_its_benchmark_has_no_effects(moves: list[float]) -> None:
    market = ArrayMarket("2024-01-05")
    for at, ticker in enumerate(("AAA", "BBB", "CCC")):
        path = np.cumprod([100.0, *moves[3 * at : 3 * at + 3]])
        market.prices(ticker, closes(*path), sector=("technology", "energy", "energy")[at], currency="EUR")
    market.fx("EUR", "USD", closes(1.1, 1.2, 1.15, 1.1))
    market.dividend("AAA", "2024-01-04", "2")
    market.constituents("IDX", {"2024-01-02": {"AAA": 0.2, "BBB": 0.3, "CCC": 0.5}})
    held = [a_position(t, q, currency="EUR") for t, q in (("AAA", "20"), ("BBB", "30"), ("CCC", "50"))]
    holdings = holding(*held)

    found = await attributed(market, holdings)

    # dividends leave the book and are reinvested by the benchmark, so only the days up to the ex-date are the same
    book = await a_book(market, holdings)
    upto = await portfolio_attribution(
        market, "acme", book, period="custom", start=FIRST, end=date(2024, 1, 4)
    )
    for bucket in upto.attribution:
        assert abs(bucket.allocation_effect) < 1e-12
        assert abs(bucket.selection_effect) < 1e-12
        assert abs(bucket.interaction_effect) < 1e-12
        assert abs(bucket.currency_effect) < 1e-12
    total = sum(one.total_effect for one in found.attribution)
    assert total == pytest.approx(found.total_active_return, abs=1e-12)
