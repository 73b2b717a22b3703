"""Against skfolio, closed forms, and any other portfolio."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.optimization_limits import best_of, random_portfolios
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import reference, sp500_returns, weights_by

from analytics.optimization import min_cvar
from analytics.optimization.fit import CannotFit, Infeasible
from analytics.optimization.limits import Limits, Linear
from analytics.optimization.sample import Floats, Sample
from analytics.optimization.tail_programme import FEW_ASSETS

TIGHT = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12}
BETAS = (0.5, 0.9, 0.95, 0.99)


def weights(sample: Sample, limits: Limits | None = None, **options: Any) -> Floats:
    return min_cvar.fit(sample, limits or Limits.long_only(sample.size), **options).weights


def cvar(returns: Floats, held: Floats, beta: float) -> float:
    """The definition: the mean of the worst T(1−β) losses, the last of them in part."""
    losses = np.sort(-returns @ held)[::-1]
    shares = np.clip(len(losses) * (1 - beta) - np.arange(len(losses)), 0.0, 1.0)
    return float(losses @ shares / shares.sum())


def by_skfolio(returns: Floats, beta: float, **limits: Any) -> Floats:
    risk = reference("skfolio").RiskMeasure.CVAR
    model = reference("skfolio.optimization").MeanRisk(
        risk_measure=risk, cvar_beta=beta, solver_params=TIGHT, **limits
    )
    return weights_by(model, returns)


@pytest.mark.parametrize("beta", BETAS)
def test_twenty_stocks_have_the_weights_that_skfolio_finds(beta: float) -> None:
    # skfolio 1.12.2, its solver at 1e-12; ours differ by 2e-11.
    returns = sp500_returns()

    assert weights(a_sample(returns), beta=beta) == pytest.approx(by_skfolio(returns, beta), abs=1e-8)


def test_limits_on_weights_and_groups_are_part_of_the_problem() -> None:
    returns = sp500_returns()
    limits = replace(
        Limits.long_only(20),
        lower=np.full(20, 0.01),
        upper=np.full(20, 0.12),
        linear=(Linear(key="g", label="g", coefficients=np.repeat([1.0, 0.0], 10), upper=0.3),),
    )

    found = weights(a_sample(returns), limits)

    theirs = by_skfolio(
        returns,
        0.95,
        min_weights=0.01,
        max_weights=0.12,
        linear_constraints=["first <= 0.3"],
        groups=[["first"] * 10 + ["second"] * 10],
    )
    assert found == pytest.approx(theirs, abs=1e-8)


def test_many_assets_have_the_weights_of_the_whole_programme() -> None:
    returns = normal_returns(seed=3, assets=150, periods=400)

    found = min_cvar.fit(a_sample(returns), Limits.long_only(150))

    assert found.weights == pytest.approx(by_skfolio(returns, 0.95), abs=1e-7)
    assert np.count_nonzero(found.weights > 1e-7) > FEW_ASSETS, "more than the programme starts with"
    assert found.status == "optimal"
    assert not found.fallbacks


def test_many_assets_that_have_to_be_held_together_are_all_taken_in() -> None:
    returns = normal_returns(seed=4, assets=150, periods=400)
    limits = replace(Limits.long_only(150), upper=np.full(150, 0.0075))

    found = weights(a_sample(returns), limits)

    assert found == pytest.approx(by_skfolio(returns, 0.95, max_weights=0.0075), abs=1e-7)


def test_short_weights_are_chosen_where_they_are_allowed() -> None:
    returns = sp500_returns(500)
    limits = replace(Limits.long_only(20), lower=np.full(20, -0.2), upper=np.full(20, 0.4))

    found = weights(a_sample(returns), limits)

    assert found == pytest.approx(by_skfolio(returns, 0.95, min_weights=-0.2, max_weights=0.4), abs=1e-8)
    assert found.min() < -0.05


def test_of_few_names_the_best_are_found() -> None:
    returns = normal_returns(seed=8, assets=7, periods=120)
    limits = replace(Limits.long_only(7), max_names=3)

    found = weights(a_sample(returns), limits)

    def least(names: tuple[int, ...]) -> float:
        chosen = returns[:, names]
        return cvar(chosen, weights(a_sample(chosen)), 0.95)

    assert np.count_nonzero(found > 1e-7) <= 3
    assert cvar(returns, found, 0.95) == pytest.approx(min(map(least, combinations(range(7), 3))), rel=1e-9)


def test_two_assets_in_two_periods_are_weighted_so_that_both_periods_lose_the_same() -> None:
    # The worst of two losses, 0.04w − 0.01(1−w) and −0.02w + 0.03(1−w), is least where they are equal: w = 0.4.
    sample = a_sample(np.array([[-0.04, 0.01], [0.02, -0.03]]))

    assert weights(sample, beta=0.5) == pytest.approx([0.4, 0.6], abs=1e-9)


def test_an_asset_that_is_the_mean_of_two_others_gets_what_makes_the_sum_of_squares_least() -> None:
    # With a and b in the two, any z of the mean with a − z/2 and b − z/2 in the others has the same tail; the sum of
    # squares is least at z = (a + b)/3.
    returns = sp500_returns()[:, [9, 18]]

    found = weights(a_sample(np.column_stack([returns, returns.mean(axis=1)])))

    first, second = weights(a_sample(returns))
    assert found == pytest.approx([first - 1 / 6, second - 1 / 6, 1 / 3], abs=1e-4)


def test_copies_of_assets_share_their_weight() -> None:
    returns = sp500_returns()[:, :3]
    doubled = a_sample(np.hstack([returns, returns]))

    found = weights(doubled)

    assert found[:3] == pytest.approx(found[3:], abs=1e-6)
    assert found[:3] + found[3:] == pytest.approx(weights(a_sample(returns)), abs=1e-6)


@settings(max_examples=40)
@given(sample=samples, beta=st.sampled_from(BETAS), seed=st.integers(0, 1000))
def test_no_other_portfolio_has_a_smaller_tail(sample: Sample, beta: float, seed: int) -> None:
    cap = max(0.4, 1.5 / sample.size)
    limits = replace(Limits.long_only(sample.size), upper=np.full(sample.size, cap))

    found = weights(sample, limits, beta=beta)

    assert found.sum() == pytest.approx(1, abs=1e-9)
    assert (found >= -1e-9).all()
    assert (found <= cap + 1e-9).all()
    others = random_portfolios(limits, seed, count=60)
    assert cvar(sample.history, found, beta) <= best_of(
        lambda held: cvar(sample.history, held, beta), others
    ) * (1 + 1e-9)


@settings(max_examples=30)
@given(sample=samples, seed=st.integers(0, 1000))
def test_the_order_of_assets_and_of_periods_does_not_matter(sample: Sample, seed: int) -> None:
    chance = np.random.default_rng(seed)
    columns, rows = chance.permutation(sample.size), chance.permutation(len(sample.history))

    mixed = weights(a_sample(sample.history[rows][:, columns]))

    assert mixed == pytest.approx(weights(sample)[columns], abs=1e-6)


@settings(max_examples=30)
@given(sample=samples, factor=st.sampled_from([1e-3, 0.1, 10.0, 1e3]))
def test_the_unit_of_returns_does_not_matter(sample: Sample, factor: float) -> None:
    assert weights(a_sample(sample.history * factor)) == pytest.approx(weights(sample), abs=1e-6)


@settings(max_examples=20)
@given(sample=samples)
def test_the_same_question_has_the_same_answer_to_the_last_bit(sample: Sample) -> None:
    assert weights(sample).tobytes() == weights(sample).tobytes()


def test_a_tail_of_less_than_one_period_is_the_largest_loss() -> None:
    returns = normal_returns(seed=5, assets=4, periods=30)

    found = weights(a_sample(returns), beta=0.99)

    assert found == pytest.approx(weights(a_sample(returns), beta=1 - 1 / 30), abs=1e-7)


@pytest.mark.parametrize(
    "returns",
    [np.zeros((30, 3)), np.full((1, 3), -0.01), np.tile(normal_returns(1, 1, 30), 3)],
    ids=["nothing ever happens", "one period", "all the same"],
)
def test_returns_that_say_nothing_end_in_equal_weights(returns: Floats) -> None:
    sample = Sample(assets=("A", "B", "C"), mean=np.zeros(3), covariance=np.eye(3), returns=returns)

    assert weights(sample) == pytest.approx(np.full(3, 1 / 3), abs=1e-5)


def test_limits_that_cannot_hold_are_named() -> None:
    sample = a_sample(normal_returns(seed=1, assets=5))
    limits = replace(Limits.long_only(5), upper=np.full(5, 0.1))

    with pytest.raises(Infeasible) as refusal:
        min_cvar.fit(sample, limits)

    assert refusal.value.conflict


def test_moments_alone_are_refused() -> None:
    sample = replace(a_sample(normal_returns(seed=1, assets=3)), returns=None)

    with pytest.raises(CannotFit) as refusal:
        min_cvar.fit(sample, Limits.long_only(3))

    assert refusal.value.code == "needs_returns"
