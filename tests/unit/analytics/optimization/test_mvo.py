"""Against skfolio, PyPortfolioOpt, closed forms, and any other portfolio."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.optimization_limits import best_of, random_portfolios
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import reference, sp500_returns, weights_by

from analytics.optimization import mvo
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits, Linear
from analytics.optimization.sample import Floats, Sample

RATE = 0.02 / 252
TIGHT = {"tol_gap_abs": 1e-14, "tol_gap_rel": 1e-13, "tol_feas": 1e-13}


def weights(sample: Sample, limits: Limits | None = None, **options: Any) -> Floats:
    return mvo.fit(sample, limits or Limits.long_only(sample.size), points=0, **options).weights


def ratio(sample: Sample, held: Floats) -> float:
    return float((sample.mean - sample.risk_free) @ held / np.sqrt(held @ sample.covariance @ held))


def by_skfolio(returns: Floats, **limits: Any) -> Floats:
    """The highest Sharpe ratio; returns are in percent there, and so is the risk-free one."""
    skfolio = reference("skfolio.optimization")
    model = skfolio.MeanRisk(
        objective_function=skfolio.ObjectiveFunction.MAXIMIZE_RATIO,
        risk_free_rate=100 * RATE,
        solver_params=TIGHT,
        **limits,
    )
    return weights_by(model, returns)


def test_twenty_stocks_have_the_weights_that_skfolio_finds() -> None:
    # skfolio 1.12.2, its solver at 1e-13.
    returns = sp500_returns()

    assert weights(a_sample(returns, risk_free=RATE)) == pytest.approx(by_skfolio(returns), abs=1e-6)


def test_short_positions_have_the_weights_that_skfolio_finds() -> None:
    returns = sp500_returns()
    limits = Limits(lower=np.full(20, -0.2), upper=np.full(20, 0.4), max_gross=1.6)

    found = weights(a_sample(returns, risk_free=RATE), limits)

    # A gross exposure of 1.6 with weights that add up to 1 has 0.3 sold short.
    expected = by_skfolio(returns, min_weights=-0.2, max_weights=0.4, max_short=0.3)
    assert found == pytest.approx(expected, abs=1e-6)
    assert np.abs(found).sum() == pytest.approx(1.6, abs=1e-9)


def test_groups_and_bounds_have_the_weights_that_skfolio_finds() -> None:
    returns = sp500_returns()
    first = np.repeat([1.0, 0.0], 10)
    limits = replace(
        Limits.long_only(20),
        lower=np.full(20, 0.01),
        upper=np.full(20, 0.25),
        linear=(Linear(key="g", label="g", coefficients=first, upper=0.3),),
    )

    found = weights(a_sample(returns, risk_free=RATE), limits)

    expected = by_skfolio(
        returns,
        min_weights=0.01,
        max_weights=0.25,
        left_inequality=first[None],
        right_inequality=np.array([0.3]),
    )
    assert found == pytest.approx(expected, abs=1e-6)


def test_pyportfolioopt_finds_the_same_tangency() -> None:
    # PyPortfolioOpt solves the same substitution; its solver at 1e-13.
    sample = a_sample(sp500_returns(), risk_free=RATE)
    frontier = reference("pypfopt").EfficientFrontier(
        sample.mean * 252, sample.covariance * 252, solver="CLARABEL", solver_options=TIGHT
    )

    frontier.max_sharpe(risk_free_rate=0.02)

    expected = np.array(list(frontier.clean_weights(cutoff=0, rounding=12).values()))
    assert weights(sample) == pytest.approx(expected, abs=1e-6)


def test_without_bounds_weights_are_those_of_the_closed_form() -> None:
    sample = a_sample(normal_returns(3, 8, 400), risk_free=0.0001)
    free = Limits(lower=np.full(8, -10.0), upper=np.full(8, 10.0))

    closed = np.linalg.solve(sample.covariance, sample.mean - 0.0001)

    assert closed.sum() > 0
    assert weights(sample, free) == pytest.approx(closed / closed.sum(), abs=1e-9)


@given(
    st.floats(0.05, 0.5),
    st.floats(0.05, 0.5),
    st.floats(-0.9, 0.9),
    st.floats(0.01, 0.2),
    st.floats(0.01, 0.2),
)
def test_two_assets_have_the_weights_of_the_textbook(
    a: float, b: float, rho: float, x: float, y: float
) -> None:
    cross = rho * a * b
    first = x * b**2 - y * cross
    second = y * a**2 - x * cross
    sample = Sample(
        assets=("A", "B"), mean=np.array([x, y]), covariance=np.array([[a**2, cross], [cross, b**2]])
    )

    # What the textbook sells short is left out; both cannot be, as both earn something.
    held = np.maximum([first, second], 0.0)

    assert weights(sample) == pytest.approx(held / held.sum(), abs=1e-7)


@given(samples, st.integers(0, 1_000))
def test_no_other_portfolio_has_a_higher_ratio(sample: Sample, seed: int) -> None:
    sample = replace(sample, mean=np.abs(sample.mean) + 1e-4)
    limits = replace(Limits.long_only(sample.size), upper=np.full(sample.size, max(0.4, 1.5 / sample.size)))

    found = weights(sample, limits)

    others = random_portfolios(limits, seed, 100)
    assert ratio(sample, found) >= -best_of(lambda one: -ratio(sample, one), others) - 1e-9
    assert found.sum() == pytest.approx(1, abs=1e-10)
    assert (found >= -1e-10).all()
    assert (found <= limits.upper + 1e-10).all()


@given(samples, st.randoms(use_true_random=False))
def test_the_order_of_assets_does_not_matter(sample: Sample, chance: Any) -> None:
    sample = replace(sample, mean=np.abs(sample.mean) + 1e-4)
    order = list(range(sample.size))
    chance.shuffle(order)
    chosen = np.array(order)

    assert weights(sample.of_assets(chosen)) == pytest.approx(weights(sample)[chosen], abs=1e-7)


@given(samples, st.floats(0.01, 100))
def test_the_unit_of_returns_does_not_matter(sample: Sample, unit: float) -> None:
    sample = replace(sample, mean=np.abs(sample.mean) + 1e-4)
    scaled = replace(sample, mean=unit * sample.mean, covariance=unit**2 * sample.covariance)

    assert weights(scaled) == pytest.approx(weights(sample), abs=1e-7)


def test_nothing_is_chosen_where_nothing_earns_more_than_the_risk_free_rate() -> None:
    sample = a_sample(normal_returns(1, 5), risk_free=0.5)

    with pytest.raises(CannotFit) as refusal:
        weights(sample)

    assert refusal.value.code == "no_excess_return"


def test_losses_can_be_sold_short_for_a_gain() -> None:
    sample = Sample(assets=("A", "B"), mean=np.array([-0.02, -0.01]), covariance=np.diag([0.04, 0.04]))
    limits = Limits(lower=np.full(2, -1.0), upper=np.full(2, 2.0), budget=0.0)

    # Weights that add up to nothing are as large as the limits let them be.
    assert weights(sample, limits) == pytest.approx([-1, 1], abs=1e-9)


def test_both_targets_are_answered_side_by_side() -> None:
    sample = a_sample(sp500_returns(), risk_free=RATE)
    limits = Limits.long_only(20)

    both = mvo.fit(sample, limits, target="both")

    assert both.weights == pytest.approx(weights(sample), abs=1e-12)
    least = mvo.fit(sample, limits, target="min_vol").weights
    assert list(both.extras["min_vol"]["weights"].values()) == pytest.approx(list(least), abs=1e-9)
    assert both.extras["min_vol"]["volatility"] == pytest.approx(np.sqrt(least @ sample.covariance @ least))


def test_the_frontier_falls_in_return_and_risk_and_nothing_beats_it() -> None:
    sample = a_sample(sp500_returns(), risk_free=RATE)

    points = mvo.fit(sample, Limits.long_only(20)).extras["frontier"]

    returns, risks = np.array([point[1:] for point in points]).T
    assert (np.diff(returns) < 0).all()
    assert (np.diff(risks) < 0).all()
    assert returns[0] == pytest.approx(sample.mean.max(), rel=1e-6)
    sharpe = ((returns - RATE) / risks).max()
    assert sharpe <= ratio(sample, weights(sample))
    for held, expected, risk in points:
        assert held.sum() == pytest.approx(1, abs=1e-9)
        assert expected == pytest.approx(float(sample.mean @ held))
        assert risk == pytest.approx(float(np.sqrt(held @ sample.covariance @ held)))


def test_the_frontier_without_an_asset_is_that_of_the_others() -> None:
    sample = a_sample(sp500_returns(), risk_free=RATE)
    others = np.arange(1, 20)

    points = mvo.fit(sample, Limits(lower=np.zeros(20), upper=np.append(0.0, np.ones(19)))).extras["frontier"]

    expected = mvo.fit(sample.of_assets(others), Limits.long_only(19)).extras["frontier"]
    assert len(points) == len(expected)
    for (held, *figures), (alone, *known) in zip(points, expected, strict=True):
        assert held[0] == 0
        assert held[1:] == pytest.approx(alone, abs=1e-7)
        assert figures == pytest.approx(known, abs=1e-10)


def test_trading_costs_keep_weights_where_they_are() -> None:
    sample = a_sample(sp500_returns(), risk_free=RATE)
    limits = replace(Limits.long_only(20), current=np.full(20, 0.05))

    def moved(cost: float) -> float:
        held = weights(sample, replace(limits, cost=np.full(20, cost)))
        return float(np.abs(held - 0.05).sum())

    assert moved(0.0) > moved(2e-4) > moved(6e-4)
    assert moved(1e-2) == pytest.approx(0, abs=1e-8)
