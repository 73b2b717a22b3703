"""Scores and ranks against scipy and pandas, and what holds whatever the figures are."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.factors.scores import (
    Floats,
    quality,
    ranks,
    scores,
    trailing_return,
    trailing_volatility,
    winsorised,
    z_scores,
)

FIGURES = st.lists(st.one_of(st.just(math.nan), st.integers(-1000, 1000).map(float)), min_size=1, max_size=30)


def floats(*figures: float) -> Floats:
    return np.array(figures, dtype=np.float64)


@given(FIGURES)
def test_ranks_are_those_of_pandas(figures: list[float]) -> None:
    expected = pd.Series(figures, dtype=float).rank(ascending=False, method="min").to_numpy()

    np.testing.assert_array_equal(ranks(floats(*figures)), expected)


@given(FIGURES)
def test_scores_are_the_normal_distribution_of_z_scores_as_scipy_has_them(figures: list[float]) -> None:
    known = [one for one in figures if not math.isnan(one)]
    found = scores(floats(*figures))

    assert np.isnan(found).tolist() == [math.isnan(one) for one in figures]
    if len(set(known)) > 1:
        expected = stats.norm.cdf(np.clip(stats.zscore(known), -3, 3))
        np.testing.assert_allclose(found[~np.isnan(found)], expected, rtol=1e-9)
    else:
        assert found[~np.isnan(found)].tolist() == [0.5] * len(known)


@given(FIGURES, st.integers(0, 2**32 - 1))
def test_the_order_of_assets_does_not_matter(figures: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(figures))
    values = floats(*figures)

    np.testing.assert_allclose(scores(values[order]), scores(values)[order], atol=1e-12)
    np.testing.assert_array_equal(ranks(values[order]), ranks(values)[order])


@given(FIGURES, st.floats(0.01, 100), st.floats(-100, 100))
def test_scores_and_ranks_know_no_unit(figures: list[float], scale: float, shift: float) -> None:
    values = floats(*figures)

    np.testing.assert_allclose(scores(values * scale + shift), scores(values), atol=1e-6)


def test_who_is_equal_shares_a_rank_and_a_score() -> None:
    values = floats(3, 1, 3, math.nan, 2)

    assert ranks(values)[[0, 1, 2, 4]].tolist() == [1, 4, 1, 3]
    assert scores(values)[0] == scores(values)[2]


def test_one_asset_far_out_does_not_push_the_others_together() -> None:
    values = floats(*range(50), 1e9)

    assert z_scores(values)[-1] > 7
    assert winsorised(z_scores(values))[-1] == 3
    assert scores(values)[-1] == pytest.approx(stats.norm.cdf(3))


@given(st.lists(st.floats(1, 1000), min_size=3, max_size=60), st.floats(0.001, 1000))
def test_returns_and_volatility_are_those_of_pandas_in_any_currency(prices: list[float], rate: float) -> None:
    series = pd.Series(prices)
    lookback = len(prices) - 1
    converted = np.array(prices) * rate

    assert trailing_return(converted, lookback) == pytest.approx(
        series.pct_change(lookback).iloc[-1], rel=1e-9, abs=1e-11
    )
    assert trailing_volatility(converted, lookback) == pytest.approx(
        series.pct_change().std() * math.sqrt(252), rel=1e-9, abs=1e-11
    )


def test_only_the_lookback_counts() -> None:
    prices = floats(1, 500, 100, 110, 121)

    assert trailing_return(prices, 2) == pytest.approx(0.21)
    assert trailing_volatility(prices, 2) == 0
    assert math.isnan(trailing_return(prices, 5))
    assert math.isnan(trailing_volatility(prices, 5))
    assert math.isnan(trailing_volatility(prices, 1))


def test_quality_earns_much_and_owes_little() -> None:
    earns, owes = floats(0.30, 0.10, 0.20, 0.25, math.nan), floats(0.2, 2.0, 0.5, -1.0, 0.1)
    found = quality(earns, owes)

    expected = (stats.zscore([0.30, 0.10, 0.20]) - stats.zscore([0.2, 2.0, 0.5])) / 2
    np.testing.assert_allclose(found[:3], expected, rtol=1e-12)
    assert np.isnan(found[3:]).all()
    assert ranks(found)[:3].tolist() == [1, 3, 2]
