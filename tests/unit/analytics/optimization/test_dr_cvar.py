"""Against skfolio's class, the worst case worked out by itself, and the ends of the radius."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from tests.support.optimization_limits import best_of, random_portfolios
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import reference, sp500_returns, weights_by

from analytics.optimization import dr_cvar, min_cvar
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

TIGHT = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12}


def weights(sample: Sample, limits: Limits | None = None, **options: Any) -> Floats:
    return dr_cvar.fit(sample, limits or Limits.long_only(sample.size), **options).weights


def objective(returns: Floats, held: Floats, radius: float, beta: float, aversion: float) -> float:
    losses = np.sort(-returns @ held)[::-1]
    shares = np.clip(len(losses) * (1 - beta) - np.arange(len(losses)), 0.0, 1.0)
    cvar = float(losses @ shares / shares.sum())
    price = radius * (1 + aversion / (1 - beta))
    return float(-returns.mean(axis=0) @ held) + aversion * cvar + price * float(np.abs(held).max())


@pytest.mark.parametrize("radius", [0.0, 0.0005, 0.002, 0.02])
@pytest.mark.parametrize("aversion", [0.5, 1.0, 4.0])
def test_weights_are_those_of_skfolios_class(radius: float, aversion: float) -> None:
    # skfolio 1.12.2 solves the paper's programme as it stands, with returns above −1.
    returns = sp500_returns(150)[:, :8]
    model = reference("skfolio.optimization").DistributionallyRobustCVaR(
        wasserstein_ball_radius=radius, risk_aversion=aversion, solver_params=TIGHT
    )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says when it stops short of such tolerances
        theirs: Floats = model.fit(returns).weights_

    found = weights(a_sample(returns), radius=radius, risk_aversion=aversion)
    assert found == pytest.approx(theirs, abs=1e-5)


def test_twenty_stocks_over_five_years_have_the_weights_of_the_paper_s_objective() -> None:
    # The same objective stated to skfolio as CVaR with a norm, which takes seconds less than its class.
    returns, radius, beta, aversion = sp500_returns(), 0.001, 0.95, 1.0
    cvxpy, skfolio = reference("cvxpy"), reference("skfolio.optimization")
    price = radius * (1 + aversion / (1 - beta))
    model = skfolio.MeanRisk(
        objective_function=skfolio.ObjectiveFunction.MAXIMIZE_UTILITY,
        risk_measure=reference("skfolio").RiskMeasure.CVAR,
        risk_aversion=aversion,
        add_objective=lambda w: -100 * price * cvxpy.norm(w, "inf"),  # returns are handed over in percent
        solver_params=TIGHT,
    )

    assert weights(a_sample(returns)) == pytest.approx(weights_by(model, returns), abs=1e-7)


def test_the_objective_is_the_worst_case_over_all_shifts_of_the_sample() -> None:
    # The worst distribution within the radius, found by itself: periods may be shifted, by the radius on average. For
    # given weights and threshold the worst is a linear programme over shifts along either of the two slopes.
    returns, radius, beta, aversion = normal_returns(seed=7, assets=3, periods=12), 0.004, 0.75, 2.0
    held = np.array([0.5, 0.3, 0.2])

    def worst_case(threshold: float) -> float:
        steep, gentle = 1 + aversion / (1 - beta), 1.0
        losses = -returns @ held
        pieces = np.stack([
            gentle * losses + aversion * threshold,
            steep * losses + aversion * threshold * (1 - 1 / (1 - beta)),
        ])  # fmt: skip
        # Shares p of each period follow each slope, and move d ≥ 0 in total against the largest weight.
        count = len(losses)
        gain = np.concatenate([pieces[0], pieces[1], [gentle * held.max()], [steep * held.max()]]) / count
        each = np.hstack([np.eye(count), np.eye(count), np.zeros((count, 2))])
        spent = np.concatenate([np.zeros(2 * count), [1 / count, 1 / count]])
        found = optimize.linprog(-gain, A_ub=[spent], b_ub=[radius], A_eq=each, b_eq=np.ones(count))
        return float(-found.fun)

    least = optimize.minimize_scalar(
        worst_case, bounds=(-0.2, 0.2), method="bounded", options={"xatol": 1e-12}
    )

    assert least.fun == pytest.approx(objective(returns, held, radius, beta, aversion), rel=1e-6)


def test_a_radius_of_nothing_and_a_high_aversion_is_the_least_cvar() -> None:
    sample = a_sample(sp500_returns(500))

    found = weights(sample, radius=0.0, risk_aversion=1e6)

    assert found == pytest.approx(min_cvar.fit(sample, Limits.long_only(20)).weights, abs=1e-4)


def test_a_large_radius_ends_in_equal_weights() -> None:
    sample = a_sample(sp500_returns(500))

    assert weights(sample, radius=0.05) == pytest.approx(np.full(20, 0.05), abs=1e-9)


def test_the_mean_is_the_samples_own_whatever_is_expected() -> None:
    sample = a_sample(sp500_returns(500))

    assert weights(replace(sample, mean=sample.mean[::-1])) == pytest.approx(weights(sample), abs=1e-12)


def test_trading_costs_keep_weights_where_they_are() -> None:
    sample = a_sample(sp500_returns(500))
    held = np.eye(20)[4] * 0.62 + 0.019
    limits = replace(Limits.long_only(20), current=held, cost=np.full(20, 0.05))

    assert weights(sample, limits) == pytest.approx(held, abs=1e-7)


@settings(max_examples=40)
@given(
    sample=samples,
    radius=st.sampled_from([0.0, 0.001, 0.01]),
    aversion=st.sampled_from([0.5, 5.0]),
    seed=st.integers(0, 1000),
)
def test_no_other_portfolio_is_better_in_the_worst_case(
    sample: Sample, radius: float, aversion: float, seed: int
) -> None:
    limits = Limits.long_only(sample.size)

    def worst(held: Floats) -> float:
        return objective(sample.history, held, radius, 0.9, aversion)

    found = weights(sample, radius=radius, beta=0.9, risk_aversion=aversion)

    assert found.sum() == pytest.approx(1, abs=1e-9)
    assert worst(found) <= best_of(worst, random_portfolios(limits, seed, count=60)) + 1e-9


@settings(max_examples=30)
@given(sample=samples, seed=st.integers(0, 1000))
def test_the_order_of_assets_does_not_matter(sample: Sample, seed: int) -> None:
    columns = np.random.default_rng(seed).permutation(sample.size)

    assert weights(a_sample(sample.history[:, columns])) == pytest.approx(weights(sample)[columns], abs=1e-6)


def test_short_weights_count_by_their_size() -> None:
    sample = a_sample(sp500_returns(500)[:, :6])
    limits = replace(Limits.long_only(6), lower=np.full(6, -0.5))

    found = weights(sample, limits, radius=0.02)

    assert found == pytest.approx(np.full(6, 1 / 6), abs=1e-8)
    assert weights(sample, limits, radius=0.0).min() < -0.1


def test_moments_alone_are_refused() -> None:
    sample = replace(a_sample(normal_returns(seed=1, assets=3)), returns=None)

    with pytest.raises(CannotFit) as refusal:
        dr_cvar.fit(sample, Limits.long_only(3))

    assert refusal.value.code == "needs_returns"
