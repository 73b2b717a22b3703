"""The growing programme against the whole one, and the solvers behind it."""

from dataclasses import replace
from typing import Any

import clarabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from tests.support.optimization_samples import a_sample, normal_returns
from tests.support.reference_libraries import sp500_returns

from analytics.optimization import min_cdar, min_cvar
from analytics.optimization.fit import CannotFit, Infeasible
from analytics.optimization.limits import Limits, Linear
from analytics.optimization.sample import Floats
from analytics.optimization.tail_optimum import least_tail
from analytics.optimization.tail_programme import Tail
from analytics.optimization.tail_scenarios import Drawdowns, PeriodLosses


class Stopped:
    """The solver on a bad day."""

    status = "NumericalError"

    def __init__(self, *_: Any) -> None:
        pass

    def solve(self) -> "Stopped":
        return self


def whole_programme(returns: Floats, limits: Limits, beta: float) -> float:
    """The least CVaR by HiGHS, with a row for every period."""
    count, size = returns.shape
    prices = np.concatenate([np.zeros(size), [1.0], np.full(count, 1 / max(count * (1 - beta), 1.0))])
    tail = np.hstack([-returns, -np.ones((count, 1)), -np.eye(count)])
    groups = [np.append(one.coefficients, np.zeros(count + 1)) for one in limits.linear]
    bounds = [*zip(limits.lower, limits.upper, strict=True), (None, None), *([(0, None)] * count)]
    found = optimize.linprog(
        prices,
        A_ub=np.vstack([tail, *groups, *(-np.array(groups))]) if groups else tail,
        b_ub=np.concatenate([
            np.zeros(count), [one.upper for one in limits.linear], [-one.lower for one in limits.linear],
        ]),
        A_eq=[np.concatenate([np.ones(size), np.zeros(count + 1)])],
        b_eq=[limits.budget],
        bounds=bounds,
    )  # fmt: skip
    assert found.status == 0
    return float(found.fun)


@given(
    seed=st.integers(0, 10_000),
    size=st.integers(2, 15),
    periods=st.integers(2, 150),
    beta=st.sampled_from([0.5, 0.8, 0.95]),
    is_short=st.booleans(),
    budget=st.sampled_from([1.0, 1.5]),
)
@settings(max_examples=60)
def test_the_growing_programme_ends_at_the_optimum_of_the_whole(
    seed: int, size: int, periods: int, beta: float, is_short: bool, budget: float
) -> None:
    returns = normal_returns(seed, size, periods)
    half = Linear(key="g", label="g", coefficients=(np.arange(size) % 2) * 1.0, lower=0.1, upper=0.6)
    lower = np.full(size, -0.3 if is_short else 0.0)
    limits = Limits(lower=lower, upper=np.full(size, 1.5), budget=budget, linear=(half,))

    found = least_tail(Tail(scenarios=PeriodLosses(returns), beta=beta), limits, a_sample(returns))

    least = whole_programme(returns, limits, beta)
    assert found.value == pytest.approx(least, abs=1e-9 + 1e-8 * abs(least))


@pytest.mark.parametrize("module", [min_cvar, min_cdar])
def test_where_the_first_solver_fails_the_chain_goes_on_and_the_fit_says_so(
    module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample, limits = a_sample(sp500_returns(300)), Limits.long_only(20)
    expected = module.fit(sample, limits)

    monkeypatch.setattr(clarabel, "DefaultSolver", Stopped)
    found = module.fit(sample, limits)

    assert found.solver == "highs"
    assert found.fallbacks == (
        "clarabel at 1e-12: NumericalError",
        "clarabel at 1e-12 in shorter steps: NumericalError",
        "clarabel at 1e-08 in shorter steps: NumericalError",
    )
    assert found.weights == pytest.approx(expected.weights, abs=1e-6)


def test_where_limits_are_not_linear_the_chain_ends_earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = a_sample(sp500_returns(300))
    limits = replace(Limits.long_only(20), target_volatility=0.02)
    monkeypatch.setattr(clarabel, "DefaultSolver", Stopped)

    with pytest.raises(CannotFit) as refusal:
        min_cvar.fit(sample, limits)

    assert refusal.value.code == "solver_failed"


def test_the_last_solver_knows_what_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = a_sample(normal_returns(seed=1, assets=3))
    limits = replace(Limits.long_only(3), upper=np.full(3, 0.1))

    monkeypatch.setattr(clarabel, "DefaultSolver", Stopped)

    with pytest.raises(Infeasible):
        min_cvar.fit(sample, limits)


@given(seed=st.integers(0, 1000), periods=st.integers(1, 60))
def test_rows_of_scenarios_give_their_losses(seed: int, periods: int) -> None:
    returns = normal_returns(seed, 4, max(periods, 2))
    held = np.random.default_rng(seed).dirichlet(np.ones(4))

    for scenarios in (PeriodLosses(returns), Drawdowns(returns)):
        losses, keys = scenarios.losses(held)
        assert scenarios.rows(keys) @ held == pytest.approx(losses, abs=1e-14)
        assert scenarios.owners(keys).tolist() == list(range(len(returns)))
    assert (Drawdowns(returns).losses(held)[0] >= 0).all()
