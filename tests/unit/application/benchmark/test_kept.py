import numpy as np
import pytest
from tests.support.market_arrays import ArrayMarket, days_of

from application.benchmark.kept import KeptPaths
from application.benchmark.path import NoBenchmark

DAYS = days_of("2024-01-02", "2024-01-03")


@pytest.fixture
def market() -> ArrayMarket:
    market = ArrayMarket("2024-01-31")
    market.level_benchmark("IDX", {"2024-01-02": 100, "2024-01-03": 110})
    return market


async def test_a_path_is_computed_once_for_all_portfolios_of_a_benchmark(market: ArrayMarket) -> None:
    paths = KeptPaths()

    first = await paths(market, "acme", "IDX", "USD", DAYS)

    assert first.returns[1] == pytest.approx(0.1)
    assert await paths(market, "acme", "IDX", "USD", DAYS.copy()) is first
    assert await paths(market, "acme", "IDX", "USD", DAYS[:1]) is not first


async def test_a_path_follows_every_import_and_is_never_shared_between_tenants(market: ArrayMarket) -> None:
    paths = KeptPaths()
    before = await paths(market, "acme", "IDX", "USD", DAYS)

    market.level_benchmark("IDX", {"2024-01-02": 100, "2024-01-03": 120})
    after = await paths(market, "acme", "IDX", "USD", DAYS)

    assert (before.returns[1], after.returns[1]) == pytest.approx((0.1, 0.2))
    assert await paths(market, "other", "IDX", "USD", DAYS) is not after


async def test_a_benchmark_that_is_not_known_is_asked_for_again(market: ArrayMarket) -> None:
    paths = KeptPaths()
    with pytest.raises(NoBenchmark):
        await paths(market, "acme", "NEW", "USD", DAYS)

    market.level_benchmark("NEW", {"2024-01-02": 100, "2024-01-03": 90})

    assert (await paths(market, "acme", "NEW", "USD", DAYS)).returns[1] == pytest.approx(-0.1)


async def test_only_the_last_paths_are_kept(market: ArrayMarket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.benchmark.kept.KEPT", 1)
    paths = KeptPaths()
    first = await paths(market, "acme", "IDX", "USD", DAYS)
    await paths(market, "acme", "IDX", "USD", DAYS[:1])

    again = await paths(market, "acme", "IDX", "USD", DAYS)

    assert again is not first
    assert np.array_equal(again.returns, first.returns, equal_nan=True)
