"""Simulated paths against closed forms, and against a simulation asset by asset in double precision."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.risk.arrays import Floats
from analytics.risk.stress_monte_carlo import Paths, held, rebalanced_daily
from analytics.risk.stress_scenarios import Market
from analytics.risk.stress_tail import stress_of

Simulate = Callable[..., Paths]
MARKET = Market(
    np.array([0.002, -0.001, 0.0005]),
    np.array([0.04, 0.02, 0.01]),
    np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.1], [-0.3, 0.1, 1.0]]),
)
WEIGHTS = np.array([0.5, 0.3, 0.2])


def one_asset(mean: float, volatility: float) -> Market:
    return Market(np.array([mean]), np.array([volatility]), np.array([[1.0]]))


def plainly(*, days: int, count: int, rebalanced: bool) -> tuple[Floats, Floats]:
    """Returns and deepest falls, each asset drawn for itself, all days kept."""
    covariance = MARKET.correlation * np.outer(MARKET.volatility, MARKET.volatility)
    random = np.random.default_rng(99)
    moves = random.multivariate_normal(MARKET.mean, covariance, size=(count, days))
    together = np.cumprod(1 + moves @ WEIGHTS, axis=1)
    apart = np.cumprod(1 + moves, axis=1) @ WEIGHTS
    worth = np.hstack([np.ones((count, 1)), together if rebalanced else apart])
    falls = worth / np.maximum.accumulate(worth, axis=1) - 1
    return worth[:, -1] - 1, falls.min(axis=1)


@pytest.mark.parametrize("simulate", [rebalanced_daily, held])
def test_paths_are_distributed_as_if_each_asset_were_drawn_for_itself(simulate: Simulate) -> None:
    returns, falls = plainly(days=60, count=20_000, rebalanced=simulate is rebalanced_daily)

    paths = simulate(WEIGHTS, MARKET, days=60, count=40_000, seed=5)

    assert stats.ks_2samp(paths.returns, returns).pvalue > 0.01
    assert stats.ks_2samp(paths.drawdowns, falls).pvalue > 0.01


def test_another_way_of_holding_would_be_noticed() -> None:
    returns, _ = plainly(days=60, count=20_000, rebalanced=False)

    paths = rebalanced_daily(WEIGHTS, MARKET, days=60, count=40_000, seed=5)

    assert stats.ks_2samp(paths.returns, returns).pvalue < 0.01


@pytest.mark.parametrize("simulate", [rebalanced_daily, held])
def test_mean_and_variance_are_those_of_independent_days(simulate: Simulate) -> None:
    # E W = (1 + m)^T and E W² = ((1 + m)² + s²)^T for independent growth factors 1 + m + s z.
    mean, volatility, days = 0.001, 0.02, 100
    paths = simulate(np.ones(1), one_asset(mean, volatility), days=days, count=200_000, seed=1)
    worth = paths.returns.astype(np.float64) + 1

    assert worth.mean() == pytest.approx((1 + mean) ** days, rel=1e-3)
    assert (worth**2).mean() == pytest.approx(((1 + mean) ** 2 + volatility**2) ** days, rel=3e-3)


def test_the_tail_is_that_of_the_lognormal_distribution() -> None:
    # Many small steps: ln W is normal with mean (m − s²/2) T and variance s² T, and so is its 5 % quantile.
    mean, volatility, days = 0.0002, 0.003, 250
    paths = rebalanced_daily(np.ones(1), one_asset(mean, volatility), days=days, count=200_000, seed=2)
    centre, spread = (mean - volatility**2 / 2) * days, volatility * np.sqrt(days)
    lognormal = stats.lognorm(s=spread, scale=np.exp(centre))
    quantile = lognormal.ppf(0.05)

    found = stress_of(paths)

    assert found.var == pytest.approx(quantile - 1, abs=5e-4)
    mean_below = lognormal.expect(lambda x: x, ub=quantile, conditional=True)
    assert found.cvar == pytest.approx(mean_below - 1, abs=5e-4)


def test_the_expected_fall_is_that_of_brownian_motion() -> None:
    # Magdon-Ismail, Atiya, Pratap and Abu-Mostafa, "On the Maximum Drawdown of a Brownian Motion" (2004): without
    # drift it is √(π/2) σ √T. Looked at once a day, both ends of the fall miss their extremes by 0.5826 σ on average
    # (Broadie, Glasserman and Kou, 1997).
    volatility, days = 0.001, 2_000
    paths = rebalanced_daily(
        np.ones(1), one_asset(volatility**2 / 2, volatility), days=days, count=20_000, seed=3
    )
    expected = volatility * (np.sqrt(np.pi / 2 * days) - 2 * 0.5826)

    logarithms = -np.log1p(paths.drawdowns.astype(np.float64))
    assert logarithms.mean() == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("simulate", [rebalanced_daily, held])
@pytest.mark.parametrize("count", [1, 50, 51, 8_192, 8_193, 20_001])
def test_there_are_as_many_paths_as_were_asked_for(simulate: Simulate, count: int) -> None:
    paths = simulate(WEIGHTS, MARKET, days=2, count=count, seed=0)

    assert paths.returns.shape == paths.drawdowns.shape == (count,)
    assert np.unique(paths.returns).size > count * 0.9


@pytest.mark.parametrize("simulate", [rebalanced_daily, held])
def test_the_seed_decides(simulate: Simulate) -> None:
    def returns(seed: int) -> bytes:
        paths = simulate(WEIGHTS, MARKET, days=5, count=100, seed=seed)
        return paths.returns.tobytes()

    assert returns(1) == returns(1) != returns(2)


@pytest.mark.parametrize("simulate", [rebalanced_daily, held])
def test_who_has_lost_everything_stays_at_nothing(simulate: Simulate) -> None:
    paths = simulate(np.ones(1), one_asset(0.0, 0.9), days=30, count=2_000, seed=4)
    ruined = paths.drawdowns == -1

    assert 0.9 < ruined.mean() < 1
    assert (paths.returns[ruined] == -1).all()
    assert (paths.returns[~ruined] > -1).all()


def test_a_short_position_can_ruin_even_if_it_falls_again() -> None:
    paths = held(
        np.array([-1.0, 2.0]),
        Market(np.zeros(2), np.array([0.2, 0.0]), np.eye(2)),
        days=60,
        count=4_000,
        seed=4,
    )
    ruined = paths.drawdowns == -1

    assert ruined.mean() > 0.05
    assert (paths.returns[ruined] == -1).all()


@pytest.mark.parametrize("simulate", [rebalanced_daily, held])
@pytest.mark.parametrize("mean", [1.0, -1.0])
def test_absurd_markets_give_numbers_all_the_same(simulate: Simulate, mean: float) -> None:
    weights, correlation = np.array([100.0, -99.0]), np.ones((2, 2))
    market = Market(np.array([mean, 0.0]), np.array([1.0, 0.0]), correlation)

    paths = simulate(weights, market, days=637, count=200, seed=0)

    for figures in (paths.returns, paths.drawdowns):
        assert np.isfinite(figures).all()
        assert figures.min() >= -1
    assert paths.drawdowns.max() <= 0


@pytest.mark.parametrize("simulate", [rebalanced_daily, held])
def test_without_volatility_there_is_one_path(simulate: Simulate) -> None:
    flat = Market(np.array([0.001, 0.001]), np.zeros(2), np.eye(2))

    found = stress_of(simulate(np.array([0.6, 0.4]), flat, days=10, count=50, seed=0))

    assert found.var == found.cvar == pytest.approx(1.001**10 - 1, abs=1e-6)
    assert found.drawdown == found.expected_drawdown == 0


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(-2, 2), min_size=2, max_size=5),
    st.integers(0, 2**32 - 1),
    st.integers(1, 40),
    st.sampled_from([rebalanced_daily, held]),
)
def test_falls_are_deeper_than_losses_and_shortfall_than_value_at_risk(
    raw: list[float], seed: int, days: int, simulate: Simulate
) -> None:
    weights = np.array([*raw, 1 - sum(raw)])
    random = np.random.default_rng(seed)
    loadings = random.normal(size=(len(weights), 2))
    covariance = loadings @ loadings.T + np.eye(len(weights))
    deviations = np.sqrt(np.diag(covariance))
    market = Market(
        random.normal(0, 0.01, len(weights)),
        random.uniform(0, 0.1, len(weights)),
        covariance / np.outer(deviations, deviations),
    )

    found = stress_of(simulate(weights, market, days=days, count=60, seed=seed))

    assert found.cvar <= found.var
    assert -1 <= found.drawdown <= min(found.cvar, 0) + 1e-6
    assert found.drawdown <= found.expected_drawdown <= 0


@given(st.permutations(range(3)))
def test_the_order_of_assets_does_not_matter(order: list[int]) -> None:
    turned = Market(MARKET.mean[order], MARKET.volatility[order], MARKET.correlation[np.ix_(order, order)])

    there = rebalanced_daily(WEIGHTS[order], turned, days=20, count=100, seed=1)

    here = rebalanced_daily(WEIGHTS, MARKET, days=20, count=100, seed=1)
    np.testing.assert_allclose(there.returns, here.returns, atol=1e-6)


def test_an_asset_in_two_halves_is_the_same_asset() -> None:
    halves = Market(np.full(2, 0.001), np.full(2, 0.02), np.ones((2, 2)))

    found = rebalanced_daily(np.array([0.5, 0.5]), halves, days=20, count=100, seed=1)

    whole = rebalanced_daily(np.ones(1), one_asset(0.001, 0.02), days=20, count=100, seed=1)
    np.testing.assert_allclose(found.returns, whole.returns, atol=1e-6)


def test_a_million_paths_need_no_more_memory_than_their_figures() -> None:
    tracemalloc.start()
    try:
        rebalanced_daily(WEIGHTS, MARKET, days=3, count=1_000_000, seed=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 16_000_000, (
        "two numbers of four bytes for each path, what marks some of them, and a few chunks"
    )
