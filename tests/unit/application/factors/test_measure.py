from datetime import date, timedelta

import numpy as np
import pytest
from tests.support.aggregates import a_portfolio, a_position, on, some_holdings
from tests.support.market_arrays import ArrayMarket, Series

from application.factors.measure import portfolio_factors
from application.valuation.builder import book_of
from domain.errors import Refused
from domain.factors import FACTORS, FactorSnapshot
from domain.holding_facts import Position

N = 300
DRAW = np.random.default_rng(11)
MARKET, MOMENTUM, NOISE = (DRAW.normal(size=N) * size for size in (0.01, 0.006, 0.004))


def weekdays(count: int) -> list[str]:
    days: list[str] = []
    day = date(2023, 1, 2)
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day.isoformat())
        day += timedelta(days=1)
    return days


DAYS = weekdays(N + 1)


def prices(returns: np.ndarray) -> Series:
    levels = 100 * np.cumprod(np.concatenate(([1.0], 1 + returns)))
    return dict(zip(DAYS[-len(levels) :], levels, strict=True))


def series(returns: np.ndarray) -> Series:
    return dict(zip(DAYS[1:], returns, strict=True))


@pytest.fixture
def market() -> ArrayMarket:
    market = ArrayMarket(DAYS[-1])
    market.factor("market", series(MARKET))
    market.factor("momentum", series(MOMENTUM))
    return market


async def measured(market: ArrayMarket, *held: Position, window: int = 252) -> FactorSnapshot:
    holdings = some_holdings()
    holdings.change(list(held), at=on(DAYS[-1]))
    book = await book_of(a_portfolio(), holdings, market, tenant="acme")
    return await portfolio_factors(market, "acme", book, window=window)


async def test_loadings_are_found_each_by_itself_and_jointly(market: ArrayMarket) -> None:
    market.prices("AAA", prices(1.1 * MARKET - 0.4 * MOMENTUM + NOISE))
    found = await measured(market, a_position("AAA", "1"))

    assert [one.factor_name for one in found.factors] == list(FACTORS)
    alone = {one.factor_name: one for one in found.factors}
    market_alone = np.polyfit(MARKET[-252:], (1.1 * MARKET - 0.4 * MOMENTUM + NOISE)[-252:], 1)[0]
    assert alone["market"].loading == pytest.approx(market_alone)
    assert alone["market"].window_days == 252
    assert found.joint is not None
    assert [one.factor_name for one in found.joint.loadings] == ["market", "momentum"]
    assert [one.loading for one in found.joint.loadings] == pytest.approx([1.1, -0.4], abs=0.1)
    assert found.joint.r_squared is not None
    assert alone["market"].r_squared is not None
    assert found.joint.r_squared > alone["market"].r_squared


async def test_a_factor_without_data_is_null_with_the_reason(market: ArrayMarket) -> None:
    market.prices("AAA", prices(MARKET))
    found = await measured(market, a_position("AAA", "1"))
    size = found.factors[FACTORS.index("size")]
    assert (size.loading, size.t_stat, size.window_days) == (None, None, 0)
    assert "POST /v1/market/factors/import" in found.unavailable["size"].detail


async def test_contributions_to_risk_sum_to_the_variance_of_the_holdings(market: ArrayMarket) -> None:
    returns = 0.8 * MARKET + 0.5 * MOMENTUM + NOISE
    market.prices("AAA", prices(returns))
    found = await measured(market, a_position("AAA", "1"))

    assert found.risk is not None
    assert [one.factor_name for one in found.risk] == ["market", "momentum", "specific"]
    assert sum(one.variance for one in found.risk) == pytest.approx(
        252 * returns[-252:].var(ddof=1), rel=1e-12
    )
    assert sum(one.share for one in found.risk) == pytest.approx(1)
    assert sum(one.volatility for one in found.risk) == pytest.approx(found.volatility)


async def test_a_young_position_is_left_out_and_the_others_stand_for_it(market: ArrayMarket) -> None:
    market.prices("AAA", prices(MARKET))
    market.prices("NEW", prices(NOISE[-50:]))
    found = await measured(market, a_position("AAA", "1"), a_position("NEW", "1"))
    assert ("NEW", "no_history") in [(one.ticker, one.code) for one in found.excluded]
    assert found.factors[0].loading == pytest.approx(1)
    assert found.coverage is not None
    assert 0.3 < found.coverage < 0.7


async def test_what_market_data_does_not_know_is_left_out_alike(market: ArrayMarket) -> None:
    market.prices("AAA", prices(MARKET))
    found = await measured(market, a_position("AAA", "1"), a_position("PRIVATE", "1"))
    assert ("PRIVATE", "no_listing") in [(one.ticker, one.code) for one in found.excluded]
    assert found.factors[0].loading == pytest.approx(1)
    assert found.coverage is not None
    assert 0.3 < found.coverage < 0.95


async def test_factors_that_repeat_each_other_are_not_told_apart(market: ArrayMarket) -> None:
    market.prices("AAA", prices(MARKET + NOISE))
    market.factor("quality", series(2 * MARKET))
    found = await measured(market, a_position("AAA", "1"))
    assert found.joint is None
    assert found.risk is None
    assert found.unavailable["joint"].code == "collinear"
    assert "market" in found.unavailable["joint"].detail
    assert found.factors[FACTORS.index("quality")].loading == pytest.approx(
        (found.factors[0].loading or 0) / 2
    )


async def test_a_factor_of_ones_own_stands_beside_the_six(market: ArrayMarket) -> None:
    market.prices("AAA", prices(MARKET + NOISE))
    market.factor("carry", series(DRAW.normal(size=N)))
    found = await measured(market, a_position("AAA", "1"))
    assert [one.factor_name for one in found.factors] == [*FACTORS, "carry"]


async def test_factor_returns_of_days_between_are_compounded(market: ArrayMarket) -> None:
    closes = prices(MARKET)
    missed = {day: close for at, (day, close) in enumerate(closes.items()) if at % 7}
    market.prices("AAA", missed)
    found = await measured(market, a_position("AAA", "1"), window=200)
    assert found.factors[0].loading == pytest.approx(1, abs=0.02)


async def test_too_short_a_past_is_refused(market: ArrayMarket) -> None:
    market.prices("AAA", prices(MARKET[-10:]))
    with pytest.raises(Refused, match="10 are known"):
        await measured(market, a_position("AAA", "1"))


async def test_without_any_factor_series_the_refusal_says_what_to_import() -> None:
    market = ArrayMarket(DAYS[-1])
    market.prices("AAA", prices(MARKET))
    with pytest.raises(Refused, match="POST /v1/market/factors/import"):
        await measured(market, a_position("AAA", "1"))


async def test_the_same_inputs_give_the_same_snapshot(market: ArrayMarket) -> None:
    market.prices("AAA", prices(MARKET + NOISE))
    assert await measured(market, a_position("AAA", "1")) == await measured(market, a_position("AAA", "1"))
