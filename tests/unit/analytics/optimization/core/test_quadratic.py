"""The chain of solvers, and how exact its answers are."""

import warnings
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.optimization_samples import a_sample, normal_returns
from tests.support.reference_libraries import reference, sp500_returns

from analytics.optimization.core import homogeneous, linear, quadratic
from analytics.optimization.core.interior import LOOSE, TIGHT, Clarabel
from analytics.optimization.core.keeping import missed
from analytics.optimization.core.polishing import Binding, polished
from analytics.optimization.core.polyhedron import Extra, polyhedron
from analytics.optimization.core.programme import NoPoint, Point, Programme, scale_of
from analytics.optimization.core.sequential import sequential
from analytics.optimization.fit import CannotFit, Infeasible
from analytics.optimization.limits import Limits, Linear
from analytics.optimization.sample import Floats, Sample

SAMPLE = a_sample(sp500_returns())
STILL = np.zeros(20)
EVERYTHING = replace(
    Limits.long_only(20),
    lower=np.full(20, -0.1),
    upper=np.full(20, 0.3),
    linear=(Linear(key="g", label="g", coefficients=np.repeat([1.0, 0.0], 10), lower=0.2, upper=0.4),),
    target_return=0.0007,
    target_volatility=0.0118,
    max_turnover=0.7,
    max_gross=1.4,
    current=np.full(20, 0.05),
    cost=np.full(20, 1e-5),
)


def gives_up(programme: Programme) -> Point:
    raise NoPoint("somebody: out of ideas")


def exactly(covariance: Floats) -> list[Fraction]:
    """The least variance with a budget alone, in fractions: no rounding at all."""
    size = len(covariance)
    rows = [[Fraction(float(cell)) for cell in row] + [Fraction(1)] for row in covariance]
    for at in range(size):
        pivot = rows[at][at]
        rows[at] = [cell / pivot for cell in rows[at]]
        for other in range(size):
            if other != at:
                share = rows[other][at]
                rows[other] = [a - share * b for a, b in zip(rows[other], rows[at], strict=True)]
    solved = [row[-1] for row in rows]
    return [one / sum(solved) for one in solved]


def test_where_nothing_may_be_held_nothing_is() -> None:
    nothing = replace(Limits.long_only(20), upper=np.zeros(20), budget=0.0, max_names=3)

    assert (quadratic.minimise(SAMPLE.covariance, STILL, nothing, SAMPLE).weights == 0).all()
    assert (linear.minimise(-SAMPLE.mean, nothing, SAMPLE).weights == 0).all()


def test_weights_are_those_of_exact_arithmetic() -> None:
    sample = a_sample(normal_returns(3, 8, 200))
    free = Limits(lower=np.full(8, -20.0), upper=np.full(8, 20.0))

    found = quadratic.minimise(sample.covariance, np.zeros(8), free, sample)

    assert found.weights == pytest.approx([float(one) for one in exactly(sample.covariance)], abs=1e-11)


def test_all_limits_at_once_have_the_weights_that_cvxpy_finds() -> None:
    # cvxpy 1.9 with Clarabel at 1e-11, in percent; written from the definitions of the limits.
    cp = reference("cvxpy")
    w, limits = cp.Variable(20), EVERYTHING
    trades = cp.abs(w - limits.current)
    root = np.linalg.cholesky(SAMPLE.covariance).T
    first = limits.linear[0]
    problem = cp.Problem(
        cp.Minimize(1e4 * (10 * cp.sum_squares(root @ w) / 2 - SAMPLE.mean @ w + 1e-5 * cp.sum(trades))),
        [
            cp.sum(w) == 1, w >= -0.1, w <= 0.3,
            first.coefficients @ w >= 0.2, first.coefficients @ w <= 0.4,
            100 * (SAMPLE.mean @ w - 1e-5 * cp.sum(trades)) >= 0.07,
            100 * cp.norm(root @ w) <= 1.18,
            cp.sum(trades) <= 1.4, cp.norm1(w) <= 1.4,
        ],
    )  # fmt: skip
    with warnings.catch_warnings():  # it says that it did not get as far as it was asked to
        warnings.simplefilter("ignore")
        problem.solve(solver="CLARABEL", tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-10)

    found = quadratic.minimise(10 * SAMPLE.covariance, -SAMPLE.mean, limits, SAMPLE, charge=1.0)

    assert found.weights == pytest.approx(w.value, abs=1e-6)
    assert missed(found.weights, limits, SAMPLE) <= 1e-9


def test_a_solver_that_fails_is_followed_by_the_next_and_named() -> None:
    expected = quadratic.minimise(SAMPLE.covariance, STILL, Limits.long_only(20), SAMPLE)

    found = quadratic.minimise(
        SAMPLE.covariance, STILL, Limits.long_only(20), SAMPLE, chain=(gives_up, LOOSE)
    )

    assert expected.fallbacks == ()
    assert found.fallbacks == ("somebody: out of ideas",)
    assert found.weights == pytest.approx(expected.weights, abs=1e-6)


@pytest.mark.parametrize("limits", [Limits.long_only(20), EVERYTHING], ids=["long-only", "everything"])
def test_the_last_of_the_chain_finds_the_same_and_does_not_call_itself_exact(limits: Limits) -> None:
    expected = quadratic.minimise(3 * SAMPLE.covariance, -SAMPLE.mean, limits, SAMPLE, charge=1.0)

    found = quadratic.minimise(
        3 * SAMPLE.covariance, -SAMPLE.mean, limits, SAMPLE, charge=1.0, chain=(gives_up, sequential)
    )

    assert found.solver == "SLSQP"
    assert found.status == "inexact"
    assert found.weights == pytest.approx(expected.weights, abs=2e-3)
    assert found.value == pytest.approx(expected.value, rel=1e-4)


def test_a_solver_that_finds_nothing_where_there_is_something_is_overruled() -> None:
    def blind(programme: Programme) -> Point:
        raise NoPoint("somebody: nothing there", is_empty=True)

    found = quadratic.minimise(SAMPLE.covariance, STILL, Limits.long_only(20), SAMPLE, chain=(blind, TIGHT))

    assert found.fallbacks == ("somebody: nothing there",)
    assert found.weights.sum() == pytest.approx(1)


def test_a_target_return_is_reached_after_costs() -> None:
    limits = replace(
        Limits.long_only(20), target_return=0.0008, current=np.eye(20)[0], cost=np.full(20, 1e-4)
    )

    found = quadratic.minimise(SAMPLE.covariance, STILL, limits, SAMPLE).weights

    costs = 1e-4 * np.abs(found - limits.current).sum()
    assert SAMPLE.mean @ found - costs == pytest.approx(0.0008, abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_a_wrong_guess_of_what_binds_is_mended_or_given_up(seed: int) -> None:
    """Polishing starts from anything, and what it calls the optimum is the optimum."""
    sample = a_sample(normal_returns(seed, 12, 100))
    limits = replace(Limits.long_only(12), upper=np.full(12, 0.25), target_volatility=0.02)
    within = polyhedron(limits, sample)
    programme = Programme(matrix=sample.covariance, vector=within.padded(-0.3 * sample.mean), within=within)
    best = programme.value(TIGHT(programme).values)
    chance = np.random.default_rng(seed)

    for _ in range(40):
        binding = Binding(chance.integers(-1, 2, 12).astype(np.int8), np.zeros(1, dtype=np.int8))
        start = chance.dirichlet(np.full(12, 0.3))
        found = polished(programme, start, binding, scale_of(programme))
        if found is not None:
            assert programme.value(found) == pytest.approx(best, rel=1e-7)
            assert within.missed(found) <= 1e-9


def test_a_limit_on_volatility_that_is_met_by_chance_does_not_count_as_binding() -> None:
    # 55.78 % in the riskier asset has just the volatility that is allowed; the least variance is at 20 %.
    sample = Sample(assets=("A", "B"), mean=np.zeros(2), covariance=np.diag([0.04, 0.01]))
    within = polyhedron(replace(Limits.long_only(2), target_volatility=0.12), sample)
    programme = Programme(matrix=sample.covariance, vector=within.padded(np.zeros(2)), within=within)
    on_the_edge = (0.02 + np.sqrt(0.0004 + 0.2 * 0.0044)) / 0.1
    free = Binding(np.zeros(2, dtype=np.int8), np.zeros(1, dtype=np.int8))

    found = polished(programme, np.array([on_the_edge, 1 - on_the_edge]), free, 1.0)

    assert found is None
    assert TIGHT(programme).values == pytest.approx([0.2, 0.8], abs=1e-12)


def test_when_all_fail_the_refusal_says_whom_was_asked() -> None:
    with pytest.raises(CannotFit) as refusal:
        quadratic.minimise(SAMPLE.covariance, STILL, Limits.long_only(20), SAMPLE, chain=(gives_up,))

    assert refusal.value.code == "solver_failed"
    assert "somebody: out of ideas" in str(refusal.value)


def test_nothing_within_limits_is_told_as_a_conflict() -> None:
    limits = replace(Limits.long_only(20), upper=np.full(20, 0.04))

    for solve in (
        lambda: quadratic.minimise(SAMPLE.covariance, STILL, limits, SAMPLE),
        lambda: linear.minimise(SAMPLE.mean, limits, SAMPLE),
        lambda: homogeneous.maximise(SAMPLE.mean, SAMPLE.covariance, limits, SAMPLE),
    ):
        with pytest.raises(Infeasible) as refusal:
            solve()
        assert refusal.value.conflict == ("constraints.max_weight", "constraints.budget")


@given(st.integers(0, 10_000), st.integers(2, 8), st.floats(0.0, 1.0))
def test_a_linear_optimum_is_that_of_sorting(seed: int, size: int, share: float) -> None:
    # Long-only with caps: fill the best assets first.
    sample = a_sample(normal_returns(seed, size))
    cap = 1 / size + share * (1 - 1 / size)
    limits = replace(Limits.long_only(size), upper=np.full(size, cap))

    found = linear.minimise(-sample.mean, limits, sample)

    left, best = 1.0, 0.0
    for mean in sorted(sample.mean, reverse=True):
        taken = min(cap, left)
        best, left = best + taken * mean, left - taken
    assert -found.value == pytest.approx(best, abs=1e-9)


def test_variables_of_the_caller_are_answered_beside_the_weights() -> None:
    # The largest weight as a variable: w_i <= m, minimise m.
    rows = np.column_stack([np.eye(20), -np.ones(20)])
    extra = Extra(rows=rows, lower=np.full(20, -np.inf), upper=np.zeros(20))

    price = np.append(np.zeros(20), 1.0)

    for found in (
        linear.minimise(price, Limits.long_only(20), SAMPLE, rows=extra),
        quadratic.minimise(None, price, Limits.long_only(20), SAMPLE, extra=extra),
    ):
        assert found.extra == pytest.approx([0.05], abs=1e-9)
        assert found.weights == pytest.approx(np.full(20, 0.05), abs=1e-9)


def test_the_same_question_has_the_same_bytes() -> None:
    first, second = (
        quadratic.minimise(10 * SAMPLE.covariance, -SAMPLE.mean, EVERYTHING, SAMPLE, charge=1.0)
        for _ in range(2)
    )

    assert first.weights.tobytes() == second.weights.tobytes()


def test_the_tight_setting_is_exact_where_the_usual_one_is_not() -> None:
    loose = Clarabel(name="loose", gap=1e-4, feasibility=1e-4)

    exact, rough = (
        quadratic.minimise(SAMPLE.covariance, STILL, Limits.long_only(20), SAMPLE, chain=(solver,)).weights
        for solver in (TIGHT, loose)
    )

    # What binds is told apart even by rough figures; the equations that follow from it are exact.
    assert rough == pytest.approx(exact, abs=1e-10)


def test_where_every_weight_is_at_a_bound_nothing_is_left_to_solve(capfd: pytest.CaptureFixture[str]) -> None:
    anything = replace(Limits.long_only(20), budget=np.inf)

    solved = quadratic.minimise(SAMPLE.covariance, np.linspace(-1, 1, 20), anything, SAMPLE)

    assert solved.weights.tolist() == [1.0] * 10 + [0.0] * 10
    assert capfd.readouterr().err == ""
