import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.market_arrays import ArrayMarket, Series, days_of

from application.benchmark.path import BenchmarkPath, NoBenchmark, NoConstituents, benchmark_path

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")


def closes(*values: float) -> Series:
    return dict(zip(DAYS, values, strict=False))


@pytest.fixture
def market() -> ArrayMarket:
    return ArrayMarket("2024-01-31")


async def a_path(market: ArrayMarket, ticker: str = "IDX", **options: str) -> BenchmarkPath:
    return await benchmark_path(market, "acme", ticker, "USD", days_of(*DAYS), **options)  # type: ignore[arg-type]


async def test_weights_drift_with_prices_until_the_next_set(market: ArrayMarket) -> None:
    market.prices("AAA", closes(100, 120, 120, 132))
    market.prices("BBB", closes(50, 50, 40, 40))
    market.constituents(
        "IDX", {"2024-01-02": {"AAA": 0.5, "BBB": 0.5}, "2024-01-04": {"AAA": 0.25, "BBB": 0.75}}
    )

    path = await a_path(market)

    assert path.series == "constituents"
    assert [one.ticker for one in path.members] == ["AAA", "BBB"]
    assert np.isnan(path.returns[0])
    assert path.returns[1:] == pytest.approx([0.1, 0.5 / 1.1 * -0.2, 0.25 * 0.1])
    assert path.weights[1] == pytest.approx([0.5, 0.5])
    assert path.weights[2] == pytest.approx([0.6 / 1.1, 0.5 / 1.1])
    assert path.weights[3] == pytest.approx([0.25, 0.75])


async def test_a_set_of_an_earlier_day_has_drifted_by_the_first_one(market: ArrayMarket) -> None:
    market.prices("AAA", {"2023-12-20": 50, **closes(100, 110, 110, 110)})
    market.prices("BBB", {"2023-12-20": 10, **closes(10, 10, 10, 10)})
    market.constituents("IDX", {"2023-12-22": {"AAA": 0.5, "BBB": 0.5}})

    path = await a_path(market)

    assert path.weights[1] == pytest.approx([2 / 3, 1 / 3])
    assert path.returns[1] == pytest.approx(2 / 3 * 0.1)


async def test_a_set_of_a_day_without_prices_holds_from_the_one_before(market: ArrayMarket) -> None:
    market.prices("AAA", {"2023-12-29": 100, "2024-01-02": 110})
    market.prices("BBB", {"2023-12-29": 100, "2024-01-02": 100})
    market.constituents("IDX", {"2024-01-01": {"AAA": 0.5, "BBB": 0.5}})

    path = await benchmark_path(market, "acme", "IDX", "USD", days_of("2023-12-29", "2024-01-02"))

    assert path.returns[1] == pytest.approx(0.05)


async def test_members_in_another_currency_earn_their_rate_as_well(market: ArrayMarket) -> None:
    market.prices("SAP", closes(100, 110, 110, 110), currency="EUR")
    market.fx("EUR", "USD", closes(1.0, 1.1, 1.1, 1.1))
    market.constituents("IDX", {"2024-01-02": {"SAP": 1.0}})

    path = await a_path(market)

    assert path.local_returns[1, 0] == pytest.approx(0.1)
    assert path.returns[1] == pytest.approx(0.21)


async def test_dividends_and_splits_of_members_are_returns_and_none(market: ArrayMarket) -> None:
    market.prices("AAA", closes(100, 98, 49, 49))
    market.dividend("AAA", "2024-01-03", "2")
    market.split("AAA", "2024-01-04", "2")
    market.constituents("IDX", {"2024-01-02": {"AAA": 1.0}})

    path = await a_path(market)

    assert path.returns[1:] == pytest.approx([0, 0, 0])


async def test_a_constituent_without_prices_is_named_and_the_others_scaled_up(market: ArrayMarket) -> None:
    market.prices("AAA", closes(100, 110, 110, 110))
    market.constituents("IDX", {"2024-01-02": {"AAA": 0.95, "ZZZ": 0.05}})

    path = await a_path(market)

    assert path.missing == ("ZZZ",)
    assert path.returns[1] == pytest.approx(0.1)
    assert path.note is not None
    assert "ZZZ" in path.note


async def test_levels_serve_where_too_little_of_the_constituents_is_priced(market: ArrayMarket) -> None:
    market.prices("AAA", closes(100, 110, 110, 110))
    market.prices("IDX", closes(1000, 1010, 1010, 1010))
    market.constituents("IDX", {"2024-01-02": {"AAA": 0.5, "ZZZ": 0.5}})

    path = await a_path(market)

    assert (path.series, path.level_ticker) == ("levels", "IDX")
    assert path.returns[1] == pytest.approx(0.01)
    assert path.members == ()


async def test_attribution_names_the_prices_it_misses(market: ArrayMarket) -> None:
    market.prices("AAA", closes(100, 110, 110, 110))
    market.constituents("IDX", {"2024-01-02": {"AAA": 0.5, "ZZZ": 0.5}})
    with pytest.raises(NoConstituents, match="Import prices of ZZZ"):
        await a_path(market, needs="constituents")


async def test_constituents_that_begin_later_do_not_cover_the_period(market: ArrayMarket) -> None:
    market.prices("AAA", closes(100, 110, 110, 110))
    market.prices("IDX", closes(1000, 1010, 1010, 1010))
    market.constituents("IDX", {"2024-01-04": {"AAA": 1.0}})

    assert (await a_path(market)).series == "levels"
    with pytest.raises(
        NoConstituents, match=r"2024-01-04.*PUT /v1/market/benchmarks/IDX/constituents for 2024-01-02"
    ):
        await a_path(market, needs="constituents")


async def test_levels_are_converted(market: ArrayMarket) -> None:
    market.level_benchmark("DAX", closes(100, 110, 110, 110), currency="EUR")
    market.fx("EUR", "USD", closes(1.0, 1.1, 1.1, 1.1))
    assert (await a_path(market, "DAX")).returns[1] == pytest.approx(0.21)


async def test_an_unknown_benchmark_says_what_to_import(market: ArrayMarket) -> None:
    with pytest.raises(NoBenchmark, match="POST /v1/market/prices/import") as refusal:
        await a_path(market, "NIFTY")
    assert refusal.value.violations[0].code == "benchmark_not_found"


async def test_a_benchmark_without_levels_on_these_days_says_so(market: ArrayMarket) -> None:
    market.level_benchmark("IDX", {"2024-06-03": 100.0})
    with pytest.raises(NoBenchmark) as refusal:
        await a_path(market)
    assert refusal.value.violations[0].code == "benchmark_without_prices"


async def test_a_member_whose_prices_stop_is_flagged(market: ArrayMarket) -> None:
    market.prices("AAA", {"2023-12-15": 100})
    market.constituents("IDX", {"2023-12-15": {"AAA": 1.0}})
    path = await a_path(market)
    assert [(flag.ticker, flag.code) for flag in path.flags] == [("AAA", "stale")]


AFTERWARDS = days_of("2024-01-02", "2024-01-05", "2024-02-05", "2024-02-06")
"""The last of them is more than a month after the last of `DAYS`."""


async def test_levels_that_ended_more_than_a_month_ago_tell_nothing(market: ArrayMarket) -> None:
    market.level_benchmark("IDX", closes(100, 110, 110, 121))

    path = await benchmark_path(market, "acme", "IDX", "USD", AFTERWARDS)

    assert path.returns[1:3] == pytest.approx([0.21, 0])
    assert np.isnan(path.returns[3])
    with pytest.raises(NoBenchmark, match="No level of IDX"):
        await benchmark_path(market, "acme", "IDX", "USD", days_of("2024-05-02", "2024-05-03"))


async def test_constituents_whose_prices_ended_more_than_a_month_ago_tell_nothing(
    market: ArrayMarket,
) -> None:
    market.prices("AAA", closes(100, 110, 110, 121))
    market.prices("BBB", {**closes(10, 10, 10, 10), "2024-02-05": 10, "2024-02-06": 10})
    market.constituents("IDX", {"2024-01-02": {"AAA": 0.5, "BBB": 0.5}})

    path = await benchmark_path(market, "acme", "IDX", "USD", AFTERWARDS)

    assert path.returns[1:3] == pytest.approx([0.105, 0])
    assert np.isnan(path.returns[3])
    with pytest.raises(
        NoConstituents, match=r"end more than 31 days before 2024-02-06.*Import prices of AAA"
    ):
        await benchmark_path(market, "acme", "IDX", "USD", AFTERWARDS, needs="constituents")


async def test_levels_serve_where_the_constituents_prices_ended(market: ArrayMarket) -> None:
    market.prices("AAA", closes(100, 110, 110, 121))
    market.prices("IDX", {**closes(100, 100, 100, 100), "2024-02-05": 102, "2024-02-06": 102})
    market.constituents("IDX", {"2024-01-02": {"AAA": 1.0}})

    path = await benchmark_path(market, "acme", "IDX", "USD", AFTERWARDS)

    assert path.series == "levels"
    assert path.returns[1:] == pytest.approx([0, 0.02, 0])


async def test_a_small_member_that_is_traded_no_more_stays_as_it_was(market: ArrayMarket) -> None:
    market.prices("AAA", closes(100, 110, 110, 121))
    market.prices("BBB", {**closes(10, 10, 10, 10), "2024-02-05": 10, "2024-02-06": 20})
    market.constituents("IDX", {"2024-01-02": {"AAA": 0.05, "BBB": 0.95}})

    path = await benchmark_path(market, "acme", "IDX", "USD", AFTERWARDS, needs="constituents")

    assert path.returns[3] == pytest.approx(0.95 / (0.95 + 0.05 * 1.21))
    assert [one.ticker for one in path.flags] == ["AAA"]


async def test_a_set_of_nothing_but_what_ended_before_is_refused(market: ArrayMarket) -> None:
    market.prices("AAA", {"2022-01-03": 100.0, "2022-12-28": 100.0})
    market.constituents("IDX", {"2022-01-03": {"AAA": 1.0}})

    with pytest.raises(NoBenchmark, match="only 0% of the weight"):
        await a_path(market)


@given(st.lists(st.floats(0.5, 2.0), min_size=8, max_size=8))
async def test_returns_are_what_weights_and_members_say(factors: list[float]) -> None:
    market = ArrayMarket("2024-01-31")
    market.prices("AAA", closes(*(100 * one for one in factors[:4])))
    market.prices("BBB", closes(*(20 * one for one in factors[4:])))
    market.constituents("IDX", {"2024-01-02": {"AAA": 0.7, "BBB": 0.3}, "2024-01-04": {"BBB": 1.0}})

    path = await a_path(market)

    assert path.returns[1:] == pytest.approx((path.weights * path.member_returns).sum(axis=1)[1:], abs=1e-15)
    assert path.weights[1:].sum(axis=1) == pytest.approx(np.ones(3))
