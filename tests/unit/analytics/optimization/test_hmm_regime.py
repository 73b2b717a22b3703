"""Weights for the regime to come: what they keep to, and that nothing of the future enters."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.reference_libraries import reference, sp500_index_returns, sp500_returns

from analytics.optimization import hmm_regime
from analytics.optimization.estimators import estimator
from analytics.optimization.fit import CannotFit, Infeasible
from analytics.optimization.hidden_markov import HiddenMarkov, fit_states
from analytics.optimization.limits import Limits, Linear
from analytics.optimization.sample import Sample

TWO_THIRDS_IN_TWO = Linear(
    key="constraints.groups.0.min_weight", label="", coefficients=np.arange(20) < 2, lower=2 / 3
)


def stocks(periods: int = 1_256, **others: Any) -> Sample:
    returns = sp500_returns(periods)
    mean, covariance = estimator()(returns)
    known: dict[str, Any] = {"benchmark": sp500_index_returns(periods), "risk_free": 0.02 / 252}
    names = tuple(f"A{at}" for at in range(20))
    return Sample(
        assets=names,
        mean=mean,
        covariance=covariance,
        returns=returns,
        periods_per_year=252,
        **(known | others),
    )


def a_model(filtered: Any, transition: Any) -> HiddenMarkov:
    known = np.asarray(filtered, dtype=float)
    states = known.shape[1]
    return HiddenMarkov(
        start=known[0], means=np.zeros(states), variances=np.arange(1.0, states + 1), filtered=known,
        transition=np.asarray(transition, dtype=float), log_likelihood=0.0,
    )  # fmt: skip


def test_weights_are_the_best_for_the_mixture_under_the_cap() -> None:
    sample = stocks()
    assert sample.benchmark is not None
    model = fit_states(sample.benchmark, 2)
    assert model is not None
    mean, covariance = hmm_regime.mixed_moments(sample.history, model)

    fit = hmm_regime.fit(sample, Limits.long_only(20))

    frontier = reference("pypfopt").EfficientFrontier(mean, covariance, weight_bounds=(0, 0.25))
    frontier.max_sharpe(risk_free_rate=sample.risk_free)
    theirs = np.array(list(frontier.weights))
    assert fit.weights == pytest.approx(theirs, abs=1e-6)
    assert fit.weights.max() <= 0.25
    assert 4 <= np.count_nonzero(fit.weights) <= 6


def test_the_five_years_to_2022_end_in_turbulence() -> None:
    regime = hmm_regime.fit(stocks(), Limits.long_only(20)).extras["regime"]

    assert regime["label"] == "turbulent"
    assert regime["series"] == "benchmark"
    calm, turbulent = (state["volatility"] * np.sqrt(252) for state in regime["states"])
    assert calm == pytest.approx(0.101, abs=0.002)
    assert turbulent == pytest.approx(0.317, abs=0.004)
    now, ahead = regime["probabilities"]["now"], regime["probabilities"]["next"]
    stay = [state["stay"] for state in regime["states"]]
    assert ahead[1] == pytest.approx(now[1] * stay[1] + now[0] * (1 - stay[0]))


@pytest.mark.parametrize(
    ("states", "labels"),
    [(3, ["calm", "normal", "turbulent"]), (4, ["calm", "normal", "uneasy", "turbulent"])],
)
def test_more_states_are_named_by_their_volatility(states: int, labels: list[str]) -> None:
    fit = hmm_regime.fit(stocks(), Limits.long_only(20), states=states)

    described = fit.extras["regime"]["states"]
    assert [state["label"] for state in described] == labels
    volatilities = [state["volatility"] for state in described]
    assert volatilities == sorted(volatilities)
    assert fit.weights.sum() == pytest.approx(1)


def test_without_a_benchmark_the_mean_of_the_assets_is_followed() -> None:
    sample = stocks(benchmark=None)

    alone = hmm_regime.fit(sample, Limits.long_only(20))
    stood_in = hmm_regime.fit(replace(sample, benchmark=sample.history.mean(axis=1)), Limits.long_only(20))

    assert alone.extras["regime"]["series"] == "equal_weighted"
    assert alone.weights == pytest.approx(stood_in.weights)


def test_one_state_for_sure_has_the_moments_of_its_own_periods() -> None:
    returns = sp500_returns(100)
    known = np.zeros((100, 2))
    known[:60, 0] = known[60:, 1] = 1.0

    mean, covariance = hmm_regime.mixed_moments(returns, a_model(known, np.eye(2)))

    assert mean == pytest.approx(returns[60:].mean(axis=0))
    assert covariance == pytest.approx(np.cov(returns[60:].T))


def test_a_mixture_has_the_covariance_between_states_too() -> None:
    returns = sp500_returns(100)
    known = np.zeros((100, 2))
    known[:60, 0] = known[60:, 1] = 1.0
    half = np.full((2, 2), 0.5)

    mean, covariance = hmm_regime.mixed_moments(returns, a_model(known, half))

    first, second = returns[:60], returns[60:]
    assert mean == pytest.approx((first.mean(axis=0) + second.mean(axis=0)) / 2)
    apart = (first.mean(axis=0) - second.mean(axis=0)) / 2
    between = np.outer(apart, apart)
    assert covariance == pytest.approx((np.cov(first.T) + np.cov(second.T)) / 2 + between)


@given(seed=st.integers(0, 2**32 - 1))
def test_mixed_covariances_are_positive_semi_definite(seed: int) -> None:
    random = np.random.default_rng(seed)
    known = random.dirichlet(np.full(3, 0.3), size=30)
    moves = random.dirichlet(np.ones(3), size=3)

    _, covariance = hmm_regime.mixed_moments(random.normal(size=(30, 6)), a_model(known, moves))

    assert (covariance == covariance.T).all()
    assert np.linalg.eigvalsh(covariance).min() >= -1e-12


def test_limits_and_cap_hold_together() -> None:
    group = Linear(
        key="constraints.groups.0.max_weight", label="", coefficients=np.arange(20) < 10, upper=0.3
    )
    limits = Limits(lower=np.full(20, 0.01), upper=np.full(20, 0.5), linear=(group,))

    weights = hmm_regime.fit(stocks(), limits, max_weight=0.2).weights

    assert weights.sum() == pytest.approx(1)
    assert weights.max() <= 0.2 + 1e-8
    assert weights.min() >= 0.01 - 1e-8
    assert weights[:10].sum() <= 0.3 + 1e-8


def test_a_cap_without_room_for_the_budget_is_raised_and_said_to_be() -> None:
    fit = hmm_regime.fit(stocks(risk_free=-0.01), Limits.long_only(20), max_weight=0.04)

    assert fit.weights == pytest.approx(np.full(20, 0.05), abs=1e-7)
    assert [note.code for note in fit.notes] == ["cap_raised"]


@pytest.mark.parametrize(
    ("limits", "least"),
    [({"max_names": 3}, 1 / 3), ({"max_names": 1}, 1.0), ({"linear": (TWO_THIRDS_IN_TWO,)}, 1 / 3)],
    ids=["three names", "one name", "a group"],
)
def test_a_cap_gives_way_to_limits_that_were_asked_for(limits: dict[str, Any], least: float) -> None:
    fit = hmm_regime.fit(stocks(), replace(Limits.long_only(20), **limits))

    assert least - 1e-8 <= fit.weights.max() <= least + 1e-4
    assert [note.code for note in fit.notes] == ["cap_raised"]


def test_a_raised_cap_leaves_solvers_something_to_find() -> None:
    chosen = stocks().of_assets(np.arange(5))
    pair = Linear(key="constraints.groups.0.max_weight", label="", coefficients=np.arange(5) < 2, upper=0.2)
    limits = replace(Limits.long_only(5), linear=(pair,), max_gross=1.0, target_volatility=0.02)

    fit = hmm_regime.fit(chosen, limits)

    # Three names share the 80 % that are left.
    assert fit.weights[2:].sum() >= 0.8 - 1e-8
    assert fit.weights.max() <= 0.2667 + 1e-8


def test_where_limits_leave_no_room_without_a_cap_the_cap_is_not_named() -> None:
    limits = Limits(lower=np.zeros(20), upper=np.full(20, 0.3), max_names=3)

    with pytest.raises(Infeasible) as refusal:
        hmm_regime.fit(stocks(), limits, max_weight=0.1)

    upper = next(way for way in refusal.value.relaxations if way.key == "constraints.max_weight")
    assert upper.asked == 0.3


def test_a_weight_that_has_to_be_above_the_cap_is() -> None:
    lower = np.zeros(20)
    lower[2] = 0.4

    weights = hmm_regime.fit(stocks(), Limits(lower=lower, upper=np.ones(20))).weights

    assert weights[2] == pytest.approx(0.4)
    assert np.delete(weights, 2).max() <= 0.25


@pytest.mark.parametrize("boxed", [True, False], ids=["box", "groups"])
def test_where_nothing_beats_the_risk_free_rate_the_least_variance_is_chosen(boxed: bool) -> None:
    everything = Linear(key="constraints.groups.0.max_weight", label="", coefficients=np.ones(20), upper=1.0)
    limits = Limits(lower=np.zeros(20), upper=np.ones(20), linear=() if boxed else (everything,))
    sample = stocks(risk_free=0.02)

    fit = hmm_regime.fit(sample, limits)

    assert [note.code for note in fit.notes] == ["minimum_variance"]
    model = fit_states(sp500_index_returns(), 2)
    assert model is not None
    _, covariance = hmm_regime.mixed_moments(sample.history, model)
    frontier = reference("pypfopt").EfficientFrontier(None, covariance, weight_bounds=(0, 0.25))
    frontier.min_volatility()
    assert fit.weights == pytest.approx(np.array(list(frontier.weights)), abs=2e-3)


def test_assets_may_come_in_any_order() -> None:
    sample = stocks()
    order = np.random.default_rng(2).permutation(20)

    weights = hmm_regime.fit(sample.of_assets(order), Limits.long_only(20)).weights

    assert weights == pytest.approx(hmm_regime.fit(sample, Limits.long_only(20)).weights[order], abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(scale=st.floats(0.1, 10))
def test_units_of_return_do_not_matter(scale: float) -> None:
    returns, series = scale * sp500_returns(), scale * sp500_index_returns()
    mean, covariance = estimator()(returns)
    scaled = replace(
        stocks(), returns=returns, benchmark=series, mean=mean, covariance=covariance, risk_free=scale * 0.02 / 252
    )  # fmt: skip

    weights = hmm_regime.fit(scaled, Limits.long_only(20)).weights

    assert weights == pytest.approx(hmm_regime.fit(stocks(), Limits.long_only(20)).weights, abs=1e-7)


def test_too_few_periods_for_the_states_are_refused() -> None:
    with pytest.raises(CannotFit) as refusal:
        hmm_regime.fit(stocks(periods=59), Limits.long_only(20), states=3)

    assert refusal.value.code == "short_history"


def test_a_benchmark_that_never_moves_has_no_regimes() -> None:
    with pytest.raises(CannotFit) as refusal:
        hmm_regime.fit(stocks(benchmark=np.full(1_256, 0.0001)), Limits.long_only(20))

    assert refusal.value.code == "constant_returns"
