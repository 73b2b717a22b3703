from datetime import UTC, date, datetime

import numpy as np
import pytest
from tests.support.market import MarketData, weekdays

from application.market.history import RiskFreeRate
from infrastructure.marketdata.history import PostgresMarketHistory

DAYS = weekdays("2022-12-29", 6)
LAST = DAYS[-1]


async def test_actions_come_oldest_first_and_can_be_withdrawn(
    shared: MarketData, own: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.listing("AAA")
    shared.dividend(listing, DAYS[3], "0.5", "USD")
    shared.split(listing, DAYS[1], 2)
    own.dividend(listing, DAYS[3], 0)
    theirs = await history.actions("other", [listing])
    assert [(action.kind, action.ex_date, str(action.value)) for action in theirs] == [
        ("split", DAYS[1], "2"),
        ("dividend", DAYS[3], "0.5"),
    ]
    assert [action.kind for action in await history.actions("acme", [listing])] == ["split"]


async def test_a_tenants_exchange_rates_are_its_own(
    shared: MarketData, own: MarketData, history: PostgresMarketHistory
) -> None:
    shared.fx("AED", "USD", {DAYS[0]: "0.25", DAYS[2]: "0.26"})
    own.fx("AED", "USD", {DAYS[2]: "0.5"}, recorded_at=datetime(2023, 3, 1, tzinfo=UTC))
    days = np.array([*DAYS, date(2023, 2, 1)], "datetime64[D]")
    mine = (await history.exchange_rates("acme", ["AED", "USD"], "USD", days))["AED"]
    theirs = (await history.exchange_rates("other", ["AED"], "USD", days))["AED"]
    before = await history.exchange_rates(
        "acme", ["AED"], "USD", days, known_at=datetime(2023, 2, 1, tzinfo=UTC)
    )
    assert mine.rates.tolist() == [0.25, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert theirs.rates.tolist() == [0.25, 0.25, 0.26, 0.26, 0.26, 0.26, 0.26]
    assert theirs.fixed_on[-1] == np.datetime64(DAYS[2])
    assert np.isnan(before["AED"].rates).all()


async def test_the_risk_free_rate_is_the_shortest_there_is(
    shared: MarketData, own: MarketData, history: PostgresMarketHistory
) -> None:
    assert await history.risk_free("acme", "USD", LAST) == RiskFreeRate(currency="USD", value=0.0)
    shared.rates("USD", "10y", {DAYS[0]: "0.04"}, source="bonds")
    shared.rates("USD", "3m", {DAYS[0]: "0.05", DAYS[2]: "0.051", date(2023, 5, 1): "0.06"}, source="bills")
    shared.rates("USD", "overnight", {date(2010, 1, 4): "0.001"}, source="long ago")
    found = await history.risk_free("acme", "USD", LAST)
    assert found == RiskFreeRate(currency="USD", value=0.051, source="bills", tenor="3m", day=DAYS[2])
    own.rates("USD", "10y", {DAYS[1]: "0.03"}, source="mine")
    assert (await history.risk_free("acme", "USD", LAST)).source == "mine"
    assert (await history.risk_free("other", "USD", LAST)).source == "bills"


async def test_rupees_use_the_ten_year_yield(shared: MarketData, history: PostgresMarketHistory) -> None:
    for tenor, rate in (("3m", "0.06"), ("10y", "0.07")):
        shared.rates("INR", tenor, {DAYS[0]: rate})
    assert (await history.risk_free("acme", "INR", LAST)).value == 0.07


async def test_yields_are_a_series_of_one_tenor(shared: MarketData, history: PostgresMarketHistory) -> None:
    shared.rates("USD", "10y", {DAYS[1]: "0.04", DAYS[0]: "0.03"}, source="bonds")
    yields = await history.yields("acme", "USD")
    assert yields is not None
    assert (yields.days.tolist(), yields.rates.tolist()) == (DAYS[:2], [0.03, 0.04])
    assert (yields.tenor, yields.source) == ("10y", "bonds")
    assert await history.yields("acme", "USD", tenor="2y") is None


async def test_a_tenants_own_factor_replaces_the_shared_one(
    shared: MarketData, own: MarketData, history: PostgresMarketHistory
) -> None:
    shared.factor("market", DAYS, [0.01] * 6, source="public")
    shared.factor("value", DAYS[1:], [0.02] * 5, source="public")
    own.factor("market", DAYS[:3], [0.05] * 3, source="mine")
    mine, theirs = await history.factors("acme"), await history.factors("other", start=DAYS[1], end=DAYS[2])
    nan = float("nan")
    np.testing.assert_array_equal(mine.returns[:, 0], [0.05, 0.05, 0.05, nan, nan, nan])
    np.testing.assert_array_equal(mine.returns[:, 1], [nan, *[0.02] * 5])
    assert mine.source == "mine, public"
    assert theirs.names == ("market", "value")
    assert theirs.returns.tolist() == [[0.01, 0.02]] * 2
    assert (await history.factors("acme", known_at=datetime(2020, 1, 1, tzinfo=UTC))).names == ()


async def test_a_benchmark_may_have_levels_or_constituents_or_both(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    assert await history.benchmark("acme", "X") is None
    shared.listing("X", kind="index", name="Index X")
    assert await history.benchmark("acme", "X") is None
    shared.constituents("X", DAYS[0], {"AAA": ("0.4", "energy"), "BBB": ("0.6", None)})
    consisting = await history.benchmark("acme", "x")
    assert consisting is not None
    assert (consisting.listing, consisting.name) == (None, "Index X")
    levels = shared.bars("X", DAYS, [1] * 6)
    both = await history.benchmark("acme", "X")
    assert both is not None
    assert both.listing is not None
    assert both.listing.listing_id == levels
    assert [(member.ticker, member.weight, member.sector) for member in both.sets[0].members] == [
        ("AAA", 0.4, "energy"),
        ("BBB", 0.6, None),
    ]


async def test_members_are_found_by_ticker_and_lend_their_sector(
    shared: MarketData, history: PostgresMarketHistory
) -> None:
    listing = shared.listing("AAA", sector="energy")
    shared.constituents("X", DAYS[0], {"AAA": (1, None)})
    benchmark = await history.benchmark("acme", "X")
    assert benchmark is not None
    (member,) = benchmark.sets[0].members
    assert member.sector == "energy"
    assert member.listing is not None
    assert member.listing.listing_id == listing


async def test_a_set_is_replaced_as_a_whole_and_a_tenants_own_end_the_shared_ones(
    shared: MarketData, own: MarketData, history: PostgresMarketHistory
) -> None:
    for day in (DAYS[0], DAYS[2], DAYS[4]):
        shared.constituents("X", day, {"AAA": (1, None)})
    shared.constituents("X", DAYS[4], {"BBB": (1, None)})
    own.constituents("X", DAYS[1], {"CCC": (1, None)})

    async def members(tenant: str) -> list[tuple[date, list[str]]]:
        benchmark = await history.benchmark(tenant, "X")
        assert benchmark is not None
        return [(one.day, [member.ticker for member in one.members]) for one in benchmark.sets]

    assert await members("other") == [(DAYS[0], ["AAA"]), (DAYS[2], ["AAA"]), (DAYS[4], ["BBB"])]
    assert await members("acme") == [(DAYS[0], ["AAA"]), (DAYS[1], ["CCC"])]


async def test_own_prices_of_a_fund_go_before_the_index_that_stands_in(
    shared: MarketData, own: MarketData, history: PostgresMarketHistory
) -> None:
    index = shared.listing("SP500", aliases={"SPY": "the index stands in"})
    shared.bars(index, DAYS, [1] * 6)
    shared.constituents("SP500", DAYS[0], {"AAA": (1, None)})
    fund = own.bars("SPY", DAYS, [2] * 6)
    mine, theirs = await history.benchmark("acme", "SPY"), await history.benchmark("other", "SPY")
    assert mine is not None
    assert theirs is not None
    assert mine.listing is not None
    assert theirs.listing is not None
    assert (mine.listing.listing_id, mine.note, mine.sets) == (fund, None, ())
    assert (theirs.listing.listing_id, theirs.note) == (index, "the index stands in")
    assert len(theirs.sets) == 1


async def test_doubtful_prices_are_told_by_ticker(shared: MarketData, history: PostgresMarketHistory) -> None:
    days = weekdays("2022-01-03", 250)
    for number in range(3):
        shared.bars(f"PEER{number}", days, [100] * 250)
    holey = shared.bars("HOLEY", [*days[:100], *days[101:]], [100] * 249)
    late = shared.bars("LATE", days[:200], [100] * 200)
    bare = shared.listing("BARE")
    found = await history.quality("acme", [late, holey, bare], on=days[-1])
    assert [(flag.ticker, flag.code) for flag in found] == [
        ("LATE", "stale"),
        ("HOLEY", "missing"),
        ("BARE", "no_history"),
    ]


async def test_a_pinned_tenant_lives_on_its_day(own: MarketData, history: PostgresMarketHistory) -> None:
    own.pin_clock(date(2022, 12, 28))
    assert await history.clock("acme") == date(2022, 12, 28)
    assert await history.clock("other") == datetime.now(UTC).date()


@pytest.mark.parametrize(("owner", "grows"), [("*", True), ("acme", True), ("other", False)])
async def test_the_version_grows_with_what_the_tenant_can_see(
    database_url: str, history: PostgresMarketHistory, owner: str, grows: bool
) -> None:
    before = await history.version("acme")
    MarketData(database_url, owner).listing("AAA")
    assert (await history.version("acme") > before) is grows
