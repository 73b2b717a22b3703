"""What risk is measured from, read from market data."""

import numpy as np
import pytest
from tests.support.aggregates import a_portfolio, a_position, on, some_holdings
from tests.support.market_arrays import ArrayMarket

from application.benchmark.path import BenchmarkPath
from application.market.history import Floats
from application.risk.inputs import RiskInputs, risk_inputs
from application.risk.measure import measure_risk
from application.valuation.builder import book_of
from domain.risk import RiskSnapshot

DAYS = [str(day) for day in np.arange("2022-01-03", "2022-09-01", dtype="datetime64[D]")]
CHANCE = np.random.default_rng(5)
A, B = CHANCE.normal(0, 0.01, len(DAYS) - 1), CHANCE.normal(0, 0.02, len(DAYS) - 1)


def levels(returns: Floats) -> dict[str, float]:
    return dict(zip(DAYS[-len(returns) - 1 :], 100 * np.cumprod([1, *(1 + returns)]), strict=True))


@pytest.fixture
def market() -> ArrayMarket:
    market = ArrayMarket(DAYS[-1])
    market.prices("A", levels(A))
    market.prices("B", levels(B))
    return market


async def measured(market: ArrayMarket, *, window: int = 100) -> tuple[RiskInputs, RiskSnapshot]:
    holdings = some_holdings()
    holdings.change([a_position("A", "10")], at=on(DAYS[-1]))
    book = await book_of(a_portfolio(benchmark_ticker="IDX"), holdings, market, tenant="acme")
    inputs = await risk_inputs(market, "acme", book, window=window)
    return inputs, measure_risk(book, inputs)


async def test_the_benchmark_returns_on_every_day_that_the_portfolio_does(market: ArrayMarket) -> None:
    market.constituents("IDX", {DAYS[0]: {"B": 1.0}})

    inputs, snapshot = await measured(market)

    assert isinstance(inputs.benchmark, BenchmarkPath)
    assert inputs.benchmark.returns == pytest.approx(B[-100:])
    assert snapshot.n_observations == 100
    assert snapshot.tracking_error == pytest.approx(np.std(A[-100:] - B[-100:], ddof=1) * np.sqrt(252))


async def test_the_first_day_there_is_counts_as_well(market: ArrayMarket) -> None:
    market.level_benchmark("IDX", levels(B))

    inputs, _ = await measured(market, window=2520)

    assert isinstance(inputs.benchmark, BenchmarkPath)
    assert inputs.benchmark.returns == pytest.approx(B)


async def test_a_young_benchmark_is_compared_on_the_days_it_has(market: ArrayMarket) -> None:
    market.constituents("IDX", {DAYS[-81]: {"B": 1.0}})

    _, snapshot = await measured(market)

    assert snapshot.tracking_error == pytest.approx(np.std(A[-80:] - B[-80:], ddof=1) * np.sqrt(252))
    assert snapshot.n_observations == 100
    told = snapshot.data_quality[0]
    assert (told.ticker, told.code) == ("IDX", "no_history")
    assert DAYS[-81] in told.detail


async def test_a_benchmark_with_hardly_any_past_says_what_to_import(market: ArrayMarket) -> None:
    market.constituents("IDX", {DAYS[-20]: {"B": 1.0}})

    _, snapshot = await measured(market)

    assert snapshot.tracking_error is None
    assert snapshot.unavailable["tracking_error"].code == "benchmark_without_prices"
