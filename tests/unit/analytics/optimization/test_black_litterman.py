"""Black-Litterman against the printed tables of He and Litterman and of Idzorek, and against PyPortfolioOpt."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.reference_libraries import reference, sp500_returns

from analytics.optimization import black_litterman
from analytics.optimization.estimators import estimator
from analytics.optimization.fit import CannotFit, Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample
from analytics.optimization.views import View


def an_opinion(assets: Mapping[str, float], expected: float, confidence: float = 0.5) -> View:
    return {"assets": assets, "return": expected, "confidence": confidence}


COUNTRIES = ("Australia", "Canada", "France", "Germany", "Japan", "UK", "USA")
CAPITALISATION = np.array([0.016, 0.022, 0.052, 0.055, 0.116, 0.124, 0.615])
VOLATILITY = np.array([0.160, 0.203, 0.248, 0.271, 0.210, 0.200, 0.187])
CORRELATION = np.array(
    [
        [1.000, 0.488, 0.478, 0.515, 0.439, 0.512, 0.491],
        [0.488, 1.000, 0.664, 0.655, 0.310, 0.608, 0.779],
        [0.478, 0.664, 1.000, 0.861, 0.355, 0.783, 0.668],
        [0.515, 0.655, 0.861, 1.000, 0.354, 0.777, 0.653],
        [0.439, 0.310, 0.355, 0.354, 1.000, 0.405, 0.306],
        [0.512, 0.608, 0.783, 0.777, 0.405, 1.000, 0.652],
        [0.491, 0.779, 0.668, 0.653, 0.306, 0.652, 1.000],
    ]
)
"""Tables 1 and 2 of He and Litterman (1999)."""
GERMANY = an_opinion({"Germany": 1.0, "France": -0.295, "UK": -0.705}, 0.05)
CANADA = an_opinion({"Canada": 1.0, "USA": -1.0}, 0.03)
BULLISH = an_opinion({"Canada": 1.0, "USA": -1.0}, 0.04)
UNSURE = an_opinion(GERMANY["assets"], 0.05, confidence=1 / 3)
"""A third: twice the variance of a half."""
JAPAN = an_opinion({"Canada": 1.0, "Japan": -1.0}, 0.0412)

CLASSES = ("US Bonds", "Int Bonds", "US LG", "US LV", "US SG", "US SV", "Int Dev", "Int Em")
PORTFOLIO = np.array([0.1934, 0.2613, 0.1209, 0.1209, 0.0134, 0.0134, 0.2418, 0.0349])
COVARIANCE = np.array(
    [
        [0.001005, 0.001328, -0.000579, -0.000675, 0.000121, 0.000128, -0.000445, -0.000437],
        [0.001328, 0.007277, -0.001307, -0.000610, -0.002237, -0.000989, 0.001442, -0.001535],
        [-0.000579, -0.001307, 0.059852, 0.027588, 0.063497, 0.023036, 0.032967, 0.048039],
        [-0.000675, -0.000610, 0.027588, 0.029609, 0.026572, 0.021465, 0.020697, 0.029854],
        [0.000121, -0.002237, 0.063497, 0.026572, 0.102488, 0.042744, 0.039943, 0.065994],
        [0.000128, -0.000989, 0.023036, 0.021465, 0.042744, 0.032056, 0.019881, 0.032235],
        [-0.000445, 0.001442, 0.032967, 0.020697, 0.039943, 0.019881, 0.028355, 0.035064],
        [-0.000437, -0.001535, 0.048039, 0.029854, 0.065994, 0.032235, 0.035064, 0.079958],
    ]
)
"""Idzorek (2005), tables 1, 2 and 5; δ is 3.07 and τ 0.025."""


def a_sample(assets: Sequence[str], covariance: Floats, **others: Any) -> Sample:
    return Sample(assets=tuple(assets), mean=np.zeros(len(assets)), covariance=covariance, **others)


def world(**others: Any) -> Sample:
    return a_sample(COUNTRIES, CORRELATION * np.outer(VOLATILITY, VOLATILITY), **others)


def world_fit(views: Sequence[View], sample: Sample | None = None, **options: Any) -> Fit:
    market = dict(zip(COUNTRIES, CAPITALISATION.tolist(), strict=True))
    return black_litterman.fit(
        sample or world(), Limits.long_only(7), market_weights=market, views=views, **options
    )


def figures(by_asset: Mapping[str, float]) -> list[float]:
    return list(by_asset.values())


def test_equilibrium_returns_are_those_of_he_and_litterman() -> None:
    implied = figures(world_fit([], convention="he_litterman").extras["equilibrium_returns"])

    assert np.round(implied, 3).tolist() == [0.039, 0.069, 0.084, 0.090, 0.043, 0.068, 0.076]


@pytest.mark.parametrize(
    ("views", "returns", "weights"),
    [
        ([GERMANY], [4.3, 7.6, 9.3, 11.0, 4.5, 7.0, 8.1], [1.5, 2.1, -4.0, 35.4, 11.0, -9.5, 58.6]),
        ([GERMANY, CANADA], [4.4, 8.7, 9.5, 11.2, 4.6, 7.0, 7.5], [1.5, 41.9, -3.4, 33.6, 11.0, -8.2, 18.8]),
        ([GERMANY, BULLISH], [4.4, 9.1, 9.5, 11.3, 4.6, 7.0, 7.3], [1.5, 53.3, -3.3, 33.1, 11.0, -7.8, 7.3]),
        ([UNSURE, BULLISH], [4.3, 8.9, 9.3, 10.6, 4.6, 6.9, 7.2], [1.5, 53.9, -0.5, 23.6, 11.0, -1.1, 6.8]),
    ],
    ids=["table 4", "table 5", "table 6", "table 7"],
)
def test_views_lead_to_the_tables_of_he_and_litterman(
    views: list[View], returns: list[float], weights: list[float]
) -> None:
    fit = world_fit(views, convention="he_litterman")

    # Printed with one digit of a percent, from inputs that are printed with three digits.
    assert 100 * np.array(figures(fit.extras["posterior_returns"])) == pytest.approx(returns, abs=0.06)
    assert 100 * fit.weights == pytest.approx(weights, abs=0.06)


def test_a_view_that_the_others_imply_changes_nothing() -> None:
    before = world_fit([UNSURE, BULLISH], convention="he_litterman")

    after = world_fit([UNSURE, BULLISH, JAPAN], convention="he_litterman")

    # He and Litterman, table 8: 4.12 percent is what the first two views say already, to the digits printed.
    assert after.weights == pytest.approx(before.weights, abs=0.0005)


def test_without_views_he_and_litterman_hold_a_little_less_of_the_market() -> None:
    assert world_fit([], convention="he_litterman").weights == pytest.approx(CAPITALISATION / 1.05)


def test_views_lead_to_the_table_of_idzorek() -> None:
    views = [
        an_opinion({"Int Dev": 1.0}, 0.0525),
        an_opinion({"Int Bonds": 1.0, "US Bonds": -1.0}, 0.0025),
        an_opinion({"US LG": 0.9, "US LV": -0.9, "US SG": 0.1, "US SV": -0.1}, 0.02),
    ]
    market = dict(zip(CLASSES, PORTFOLIO.tolist(), strict=True))

    fit = black_litterman.fit(
        a_sample(CLASSES, COVARIANCE), Limits.long_only(8), market_weights=market, views=views,
        risk_aversion=3.07, tau=0.025, convention="idzorek",
    )  # fmt: skip

    # Table 6. Covariances are printed with six digits, which is good for a few hundredths of a percent here.
    returns = [0.07, 0.50, 6.50, 4.32, 7.59, 3.94, 4.93, 6.84]
    weights = [29.88, 15.59, 9.35, 14.82, 1.04, 1.65, 27.81, 3.49]
    assert 100 * np.array(figures(fit.extras["posterior_returns"])) == pytest.approx(returns, abs=0.01)
    assert 100 * fit.weights == pytest.approx(weights, abs=0.04)


@pytest.mark.parametrize("convention", ["he_litterman", "idzorek"])
def test_posterior_and_weights_are_those_of_pyportfolioopt(convention: str) -> None:
    sample, views = world(), [UNSURE, BULLISH]
    picks = np.array([[view["assets"].get(country, 0.0) for country in COUNTRIES] for view in views])
    doubt = 0.05 * np.diag(np.diag(picks @ sample.covariance @ picks.T)) * np.diag([2.0, 1.0])
    theirs = reference("pypfopt").BlackLittermanModel(
        sample.covariance, pi=2.5 * sample.covariance @ CAPITALISATION, P=picks, Q=np.array([0.05, 0.04]), omega=doubt,
        tau=0.05,
    )  # fmt: skip

    fit = world_fit(views, convention=convention)

    assert figures(fit.extras["posterior_returns"]) == pytest.approx(theirs.bl_returns().to_numpy())
    believed = theirs.bl_cov().to_numpy() if convention == "he_litterman" else sample.covariance
    assert fit.weights == pytest.approx(np.linalg.solve(2.5 * believed, theirs.bl_returns().to_numpy()))


def test_no_views_give_the_market() -> None:
    assert world_fit([]).weights == pytest.approx(CAPITALISATION / CAPITALISATION.sum(), abs=1e-8)


def test_a_closed_form_that_does_not_keep_to_limits_says_so() -> None:
    short = world_fit([GERMANY], convention="he_litterman")
    whole = world_fit([], convention="idzorek")

    assert [note.code for note in short.notes] == ["unlimited"]
    assert whole.notes == ()


def test_market_weights_are_scaled_without_a_convention_and_taken_as_they_are_with_one() -> None:
    doubled = dict(zip(COUNTRIES, (2 * CAPITALISATION).tolist(), strict=True))

    within = black_litterman.fit(world(), Limits.long_only(7), market_weights=doubled, views=[])
    closed = black_litterman.fit(
        world(), Limits.long_only(7), market_weights=doubled, views=[], convention="idzorek"
    )

    assert within.weights == pytest.approx(CAPITALISATION / CAPITALISATION.sum(), abs=1e-8)
    assert closed.weights == pytest.approx(2 * CAPITALISATION)


def test_within_limits_the_weights_have_the_highest_utility() -> None:
    limits = Limits(lower=np.zeros(7), upper=np.full(7, 0.4))

    fit = world_fit([GERMANY, CANADA])
    capped = black_litterman.fit(
        world(), limits, views=[GERMANY, CANADA], market_weights=dict(zip(COUNTRIES, CAPITALISATION, strict=True))
    )  # fmt: skip

    means, covariance = np.array(figures(fit.extras["posterior_returns"])), world().covariance

    def utility(weights: Floats) -> float:
        return float(means @ weights - 1.25 * weights @ covariance @ weights)

    others = np.random.default_rng(0).dirichlet(np.full(7, 0.4), size=3_000)
    assert max(utility(other) for other in others) <= utility(fit.weights)
    within = [other for other in others if other.max() <= 0.4]
    assert max(utility(other) for other in within) <= utility(capped.weights)
    assert capped.weights.max() <= 0.4 + 1e-8


def test_the_surer_a_view_the_nearer_the_returns_come_to_it() -> None:
    spreads = []
    for confidence in (0.001, 0.25, 0.5, 0.75, 0.999):
        posterior = world_fit([an_opinion(CANADA["assets"], 0.03, confidence)]).extras["posterior_returns"]
        spreads.append(posterior["Canada"] - posterior["USA"])

    equilibrium = world_fit([]).extras["equilibrium_returns"]
    assert spreads == sorted(spreads)
    assert spreads[0] == pytest.approx(equilibrium["Canada"] - equilibrium["USA"], abs=1e-4)
    assert spreads[-1] == pytest.approx(0.03, abs=1e-4)
    # Half sure is halfway: τpΣp′ is as large as ω.
    assert spreads[2] == pytest.approx((spreads[0] + spreads[-1]) / 2, abs=1e-4)


@given(rate=st.floats(-0.01, 0.05))
def test_a_risk_free_rate_lifts_returns_and_views_alike(rate: float) -> None:
    absolute = an_opinion({"Japan": 1.0}, 0.06)
    before = world_fit([absolute, CANADA])

    after = world_fit([an_opinion({"Japan": 1.0}, 0.06 + rate), CANADA], world(risk_free=rate))

    assert after.weights == pytest.approx(before.weights, abs=1e-7)
    lifted = np.array(figures(before.extras["posterior_returns"])) + rate
    assert figures(after.extras["posterior_returns"]) == pytest.approx(lifted, abs=1e-12)


@given(scale=st.floats(0.05, 20))
def test_units_of_return_do_not_matter(scale: float) -> None:
    """Returns scaled by s have variances scaled by s²; a market with δ/s holds the same weights."""
    scaled = a_sample(COUNTRIES, scale**2 * world().covariance)
    views = [an_opinion(view["assets"], scale * view["return"]) for view in (GERMANY, CANADA)]

    after = world_fit(views, scaled, risk_aversion=2.5 / scale)

    assert after.weights == pytest.approx(world_fit([GERMANY, CANADA]).weights, abs=1e-7)


@given(seed=st.integers(0, 2**32 - 1))
def test_assets_may_come_in_any_order(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(7)
    names = [COUNTRIES[at] for at in order]
    shuffled = a_sample(names, world().covariance[np.ix_(order, order)])

    fit = world_fit([GERMANY, CANADA], shuffled, convention="he_litterman")

    expected = world_fit([GERMANY, CANADA], convention="he_litterman").weights
    assert fit.weights == pytest.approx(expected[order])


def stocks(periods: int = 1_256) -> Sample:
    returns = sp500_returns(periods)
    mean, covariance = estimator()(returns)
    names = tuple(f"A{at}" for at in range(20))
    return Sample(
        assets=names,
        mean=mean,
        covariance=covariance,
        returns=returns,
        risk_free=0.0001,
        periods_per_year=252,
    )


def test_without_views_momentum_has_some() -> None:
    sample = stocks()

    fit = black_litterman.fit(sample, Limits.long_only(20))

    assert [note.code for note in fit.notes] == ["momentum_views"]
    gained = np.prod(1 + sample.history[-252:-21], axis=0) - 1
    moved = {
        asset: fit.extras["posterior_returns"][asset] - fit.extras["equilibrium_returns"][asset]
        for asset in sample.assets
    }
    best, worst = sample.assets[int(np.argmax(gained))], sample.assets[int(np.argmin(gained))]
    assert moved[best] == max(moved.values())
    assert moved[worst] == min(moved.values())
    assert max(moved.values()) * 252 < 0.06


def test_gains_beyond_numbers_are_no_momentum() -> None:
    returns = np.abs(np.random.default_rng(0).normal(0, 1e5, size=(300, 3)))
    mean, covariance = estimator()(returns)
    sample = Sample(
        assets=("A", "B", "C"), mean=mean, covariance=covariance, returns=returns, periods_per_year=252
    )

    fit = black_litterman.fit(sample, Limits.long_only(3))

    assert [note.code for note in fit.notes] == ["no_views"]
    assert fit.weights == pytest.approx(np.full(3, 1 / 3), abs=1e-7)


def test_the_last_month_does_not_count_as_momentum() -> None:
    sample = stocks()
    crashed = sample.history.copy()
    crashed[-21:] = -0.05
    later = Sample(
        assets=sample.assets, mean=sample.mean, covariance=sample.covariance, returns=crashed,
        risk_free=0.0001, periods_per_year=252,
    )  # fmt: skip

    before, after = (black_litterman.fit(one, Limits.long_only(20)) for one in (sample, later))

    assert after.weights == pytest.approx(before.weights, abs=1e-9)


@pytest.mark.parametrize("sample", [world(), stocks(periods=251)], ids=["moments", "short"])
def test_without_a_year_of_returns_there_are_no_views(sample: Sample) -> None:
    fit = black_litterman.fit(sample, Limits.long_only(sample.size))

    assert [note.code for note in fit.notes] == ["no_views"]
    assert fit.weights == pytest.approx(np.full(sample.size, 1 / sample.size), abs=1e-7)


def test_a_view_on_an_asset_that_is_not_there_is_refused() -> None:
    with pytest.raises(CannotFit, match="Atlantis") as refusal:
        world_fit([an_opinion({"Atlantis": 1.0}, 0.1)])

    assert refusal.value.field == "options.BlackLitterman.views"


def test_a_market_of_nothing_is_refused() -> None:
    with pytest.raises(CannotFit) as refusal:
        black_litterman.fit(world(), Limits.long_only(7), market_weights={"USA": 0.0})

    assert refusal.value.code == "no_market"


def test_a_closed_form_without_an_inverse_is_refused() -> None:
    with pytest.raises(CannotFit) as refusal:
        black_litterman.fit(
            a_sample("AB", np.zeros((2, 2))), Limits.long_only(2), views=[], convention="idzorek"
        )

    assert refusal.value.code == "singular_covariance"
