"""Episodes and shocks on small books, so that each figure can be told by heart."""

from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest
from tests.support.market_arrays import ArrayMarket
from tests.support.risk_inputs import a_book, a_position

from application.risk.questions import StressAnswer, StressedScenario, StressQuestion
from application.risk.stress import stress
from application.valuation.book import Book

BEGIN, END = "2020-02-19", "2020-03-23"


def a_market() -> ArrayMarket:
    """AAPL falls from 100 to 70 in 2020, KO from 50 to 45; SPY from 300 to 210."""
    market = ArrayMarket("2022-12-28")
    market.prices("AAPL", {BEGIN: 100, "2020-03-02": 80, END: 70}, sector="technology")
    market.prices("KO", {BEGIN: 50, END: 45}, sector="consumer_staples")
    market.level_benchmark("SPY", {BEGIN: 300, "2020-03-02": 280, END: 210})
    return market


AAPL = a_position("AAPL", sector="technology", listing_id=1)
KO = a_position("KO", sector="consumer_staples", listing_id=2)
YOUNG = a_position("YOUNG", sector="technology", listing_id=None)


async def stressed(market: ArrayMarket, book: Book, **asked: object) -> StressAnswer:
    question = StressQuestion(portfolio_id=uuid4(), **({"scenarios": ["covid_crash"]} | asked))  # type: ignore[arg-type]
    return await stress(market, "acme", book, question)


def of(scenario: StressedScenario, ticker: str) -> float | None:
    return next(one.scenario_return for one in scenario.by_position if one.ticker == ticker)


async def test_holdings_return_what_they_did() -> None:
    answer = await stressed(a_market(), a_book([AAPL, KO], [600, 300], cash=100))

    [covid] = answer.scenarios
    assert covid.pnl == pytest.approx(-0.3 * 600 - 0.1 * 300)
    assert covid.pnl_percent == pytest.approx(-21)
    assert [(one.ticker, one.pnl) for one in covid.by_position] == [
        ("AAPL", pytest.approx(-180)),
        ("KO", pytest.approx(-30)),
        ("CASH:USD", 0),
    ]
    assert covid.proxies == []


async def test_a_short_position_gains_in_a_crash() -> None:
    answer = await stressed(a_market(), a_book([AAPL, KO], [-200, 800]))

    assert answer.scenarios[0].pnl == pytest.approx(0.3 * 200 - 0.1 * 800)


async def test_what_did_not_exist_returns_what_its_sector_did() -> None:
    answer = await stressed(a_market(), a_book([AAPL, KO, YOUNG], [500, 300, 200]))

    [covid] = answer.scenarios
    assert of(covid, "YOUNG") == pytest.approx(-0.3)
    assert [(one.ticker, one.proxy) for one in covid.proxies] == [("YOUNG", "mean of AAPL")]


async def test_without_a_peer_the_benchmark_times_beta_stands_in() -> None:
    market = a_market()
    days = [str(day) for day in np.arange("2021-01-04", "2021-06-30", dtype="datetime64[D]")]
    moves = np.random.default_rng(2).normal(0, 0.01, len(days))
    levels = {BEGIN: 300.0, END: 210.0} | dict(zip(days, 210 * np.cumprod(1 + moves), strict=True))
    market.level_benchmark("OEX", levels)
    market.prices("YOUNG", dict(zip(days, 10 * np.cumprod(1 + 1.5 * moves), strict=True)))
    young = replace(YOUNG, sector="energy", listing_id=5)

    answer = await stressed(market, a_book([KO, young], [500, 500], benchmark="OEX"))

    [covid] = answer.scenarios
    assert of(covid, "YOUNG") == pytest.approx(-0.45, rel=1e-6)
    assert covid.proxies[0].proxy == "OEX times 1.5"


async def test_an_equity_without_any_past_moves_with_the_benchmark_and_a_bond_does_not() -> None:
    bond = replace(a_position("BOND", listing_id=None), asset_class="fixed_income")

    answer = await stressed(a_market(), a_book([YOUNG, bond], [500, 500], benchmark="SPY"))

    [covid] = answer.scenarios
    assert of(covid, "YOUNG") == pytest.approx(-0.3)
    assert covid.proxies[0].proxy == "SPY times 1"
    assert of(covid, "BOND") is None
    assert covid.pnl == pytest.approx(-150)
    assert covid.by_position[-1].pnl is None


async def test_where_nothing_is_known_nothing_is_made_up() -> None:
    answer = await stressed(ArrayMarket("2022-12-28"), a_book([YOUNG], [500]))

    [covid] = answer.scenarios
    assert of(covid, "YOUNG") is None
    assert covid.pnl == 0


async def test_currencies_move_too() -> None:
    market = a_market()
    market.prices("SAP", {BEGIN: 120, END: 108}, currency="EUR")
    market.fx("EUR", "USD", {BEGIN: 1.10, END: 1.05})
    sap = replace(a_position("SAP", listing_id=4), currency="EUR")
    book = a_book([sap], [600], cash=400)
    book = replace(book, cash_currencies=("EUR",))

    [covid] = (await stressed(market, book)).scenarios

    assert of(covid, "SAP") == pytest.approx(0.9 * 1.05 / 1.10 - 1)
    assert of(covid, "CASH:EUR") == pytest.approx(1.05 / 1.10 - 1)


async def test_a_split_is_no_loss() -> None:
    market = a_market()
    market.prices("TSLA", {BEGIN: 900, END: 270})
    market.split("TSLA", "2020-03-02", "3")

    [covid] = (await stressed(market, a_book([a_position("TSLA", listing_id=4)], [100]))).scenarios

    assert of(covid, "TSLA") == pytest.approx(-0.1)


async def test_a_symbol_goes_before_its_sector() -> None:
    book = a_book([AAPL, KO, YOUNG], [500, 300, 200])

    answer = await stressed(
        a_market(), book, scenarios=["custom"], custom={"young": 0.5, "Technology": -0.2, "gold": 0.1}
    )

    [custom] = answer.scenarios
    assert (of(custom, "AAPL"), of(custom, "YOUNG"), of(custom, "KO")) == (-0.2, 0.5, 0)
    assert custom.pnl == pytest.approx(-0.2 * 500 + 0.5 * 200)
    assert custom.unmatched == ["gold"]
    assert custom.starts is None


async def test_custom_shocks_are_a_scenario_without_being_asked_for_twice() -> None:
    answer = await stressed(a_market(), a_book([AAPL], [500]), custom={"AAPL": -1})

    assert [one.name for one in answer.scenarios] == ["covid_crash", "custom"]


async def test_custom_without_shocks_says_what_it_lacks_beside_the_others() -> None:
    answer = await stressed(a_market(), a_book([AAPL], [500]), scenarios=["covid_crash", "custom"])

    covid, custom = answer.scenarios
    assert covid.pnl == pytest.approx(-150)
    assert covid.unavailable == {}
    assert (custom.pnl, custom.pnl_percent, custom.by_position) == (None, None, [])
    assert {name: one.code for name, one in custom.unavailable.items()} == {
        "pnl": "no_shocks",
        "pnl_percent": "no_shocks",
    }


async def test_holdings_worth_nothing_have_no_percentage() -> None:
    [covid] = (await stressed(a_market(), a_book([AAPL, KO], [300, -300]))).scenarios

    assert covid.pnl == pytest.approx(-60)
    assert covid.pnl_percent is None
    assert covid.unavailable["pnl_percent"].code == "no_value"
