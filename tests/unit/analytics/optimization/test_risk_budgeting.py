"""Against published tables, closed forms, and skfolio."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.support.optimization_limits import best_of, random_portfolios
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import reference, sp500_returns

from analytics.optimization import methods, min_cvar, risk_budgeting, risk_parity, risk_shares
from analytics.optimization.fit import CannotFit, Infeasible
from analytics.optimization.limits import Limits, Linear
from analytics.optimization.risk_parity import parity_by_coordinates, parity_by_newton
from analytics.optimization.sample import Floats, Sample

TIGHT = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12}
VOLATILITIES = np.array([0.1, 0.2, 0.3, 0.4])


def weights(sample: Sample, limits: Limits | None = None, **options: Any) -> Floats:
    return risk_budgeting.fit(sample, limits or Limits.long_only(sample.size), **options).weights


def moments(covariance: Any) -> Sample:
    known = np.array(covariance, dtype=np.float64)
    names = tuple(f"A{at}" for at in range(len(known)))
    return Sample(assets=names, mean=np.zeros(len(known)), covariance=known)


def shares(sample: Sample, held: Floats) -> Floats:
    marginal = sample.covariance @ held
    return np.asarray(held * marginal / (held @ marginal))


def named(budgets: Floats, sample: Sample) -> dict[str, float]:
    return dict(zip(sample.assets, budgets.tolist(), strict=True))


def by_skfolio(returns: Floats, measure: str, **options: Any) -> Floats:
    risk = getattr(reference("skfolio").RiskMeasure, measure.upper())
    model = reference("skfolio.optimization").RiskBudgeting(risk_measure=risk, solver_params=TIGHT, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says when it stops short of such tolerances
        found: Floats = model.fit(returns).weights_
    return found


def loses(sample: Sample) -> bool:
    """Whether every portfolio has a loss in its worst periods."""
    best = min_cvar.fit(sample, Limits.long_only(sample.size)).weights
    return bool(np.sort(sample.history @ best)[:3].mean() < -1e-5)


def seldom_traded(seed: int) -> Floats:
    """Thirty returns of twelve assets, four fifths of them zero; of odd seeds the first one always earns a little."""
    chance = np.random.default_rng(seed)
    returns = chance.normal(size=(30, 12)) * 0.01 * (chance.random((30, 12)) < 0.2)
    returns[:, 0] += 1e-5 * (seed % 2)
    return np.asarray(returns)


def test_uncorrelated_assets_have_the_published_weights() -> None:
    # Maillard, Roncalli, Teïletche (2010), numerical illustrations, first example, printed in whole percent.
    found = weights(moments(np.diag(VOLATILITIES**2)))

    assert 100 * found == pytest.approx([48, 24, 16, 12], abs=0.501)


def test_correlated_assets_have_the_published_weights() -> None:
    # The same, second example: correlations of 0.8 between the first two and −0.5 between the others.
    correlation = np.eye(4)
    correlation[0, 1] = correlation[1, 0] = 0.8
    correlation[2, 3] = correlation[3, 2] = -0.5

    found = weights(moments(correlation * np.outer(VOLATILITIES, VOLATILITIES)))

    assert 100 * found == pytest.approx([38.4, 19.2, 24.3, 18.2], abs=0.0501)


def test_five_assets_have_the_published_weights() -> None:
    # Bai, Scheinberg, Tütüncü, "Least-squares approach to risk parity in portfolio selection" (2016), printed to 0.001.
    covariance = [
        [94.868, 33.750, 12.325, -1.178, 8.778],
        [33.750, 445.642, 98.955, -7.901, 84.954],
        [12.325, 98.955, 117.265, 0.503, 45.184],
        [-1.178, -7.901, 0.503, 5.460, 1.057],
        [8.778, 84.954, 45.184, 1.057, 34.126],
    ]

    assert weights(moments(covariance)) == pytest.approx([0.125, 0.047, 0.083, 0.613, 0.132], abs=0.000501)


@given(
    first=st.floats(0.01, 1),
    second=st.floats(0.01, 1),
    correlation=st.floats(-0.99, 0.99),
    b=st.floats(0.01, 0.99),
)
def test_two_assets_have_the_weights_of_the_closed_form(
    first: float, second: float, correlation: float, b: float
) -> None:
    # Bruder, Roncalli (2012): the positive root of the quadratic equation in w/(1−w) that the budgets make.
    sample = moments([[first**2, correlation * first * second], [correlation * first * second, second**2]])
    skew = (b - 0.5) * correlation
    odds = (skew + np.sqrt(skew**2 + b * (1 - b))) / (1 - b) * second / first

    found = weights(sample, risk_budget={"A0": b, "A1": 1 - b})

    assert found == pytest.approx([odds / (1 + odds), 1 / (1 + odds)], abs=1e-8)


@given(seed=st.integers(0, 1000), size=st.integers(2, 20))
def test_without_correlation_weights_are_roots_of_budgets_over_volatilities(seed: int, size: int) -> None:
    chance = np.random.default_rng(seed)
    volatility, budgets = chance.uniform(0.01, 1, size), chance.dirichlet(np.ones(size)) + 1e-4
    sample = moments(np.diag(volatility**2))
    expected = np.sqrt(budgets) / volatility

    found = weights(sample, risk_budget=named(budgets, sample))

    assert found == pytest.approx(expected / expected.sum(), abs=1e-9)


def test_with_one_correlation_for_all_weights_are_those_of_inverse_volatility() -> None:
    correlation = np.full((4, 4), 0.35) + 0.65 * np.eye(4)

    found = weights(moments(correlation * np.outer(VOLATILITIES, VOLATILITIES)))

    assert found == pytest.approx(1 / VOLATILITIES / (1 / VOLATILITIES).sum(), abs=1e-12)


@pytest.mark.parametrize("measure", ["variance", "cvar"])
@pytest.mark.parametrize("is_equal", [True, False], ids=["equal budgets", "own budgets"])
def test_twenty_stocks_have_the_weights_that_skfolio_finds(measure: Any, is_equal: bool) -> None:
    # skfolio 1.12.2, its solver at 1e-12.
    sample = a_sample(sp500_returns())
    budgets = None if is_equal else np.arange(1.0, 21.0) / 210
    told = None if budgets is None else named(budgets, sample)

    found = weights(sample, risk_measure=measure, risk_budget=told)

    assert found == pytest.approx(by_skfolio(sample.history, measure, risk_budget=budgets), abs=1e-6)


@pytest.mark.parametrize("measure", ["variance", "cvar"])
def test_limits_are_part_of_the_problem_and_a_note_says_that_budgets_are_missed(measure: Any) -> None:
    sample = a_sample(sp500_returns())
    first = Linear(key="g", label="g", coefficients=np.repeat([1.0, 0.0], 10), upper=0.4)
    limits = replace(Limits.long_only(20), lower=np.full(20, 0.04), upper=np.full(20, 0.06), linear=(first,))

    found = risk_budgeting.fit(sample, limits, risk_measure=measure)

    theirs = by_skfolio(
        sample.history,
        measure,
        min_weights=0.04,
        max_weights=0.06,
        linear_constraints=["first <= 0.4"],
        groups=[["first"] * 10 + ["second"] * 10],
    )
    assert found.weights == pytest.approx(theirs, abs=1e-6)
    assert [note.code for note in found.notes] == ["budgets_approximated"]


@given(sample=samples, seed=st.integers(0, 1000))
def test_shares_of_variance_are_the_budgets(sample: Sample, seed: int) -> None:
    budgets = np.random.default_rng(seed).dirichlet(np.ones(sample.size)) + 1e-3
    scaled = 7 * budgets  # whatever they add up to

    found = weights(sample, risk_budget=named(scaled, sample))

    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert (found > 0).all()
    assert shares(sample, found) == pytest.approx(budgets / budgets.sum(), abs=1e-8)


@given(sample=samples, seed=st.integers(0, 1000), measure=st.sampled_from(["variance", "cvar"]))
@settings(max_examples=40)
def test_within_limits_risk_over_the_product_of_weights_is_least(
    sample: Sample, seed: int, measure: Any
) -> None:
    cap = min(1.2 / sample.size, 1.0)
    limits = replace(Limits.long_only(sample.size), upper=np.full(sample.size, cap))

    def height(held: Floats) -> float:
        losses = np.sort(-sample.history @ held)[::-1]
        risk = losses[:3].mean() if measure == "cvar" else np.sqrt(held @ sample.covariance @ held)
        return float(np.log(risk) - np.log(np.maximum(held, 1e-300)).mean())

    assume(measure == "variance" or loses(sample))

    found = weights(sample, limits, risk_measure=measure)

    assert found.max() <= cap + 1e-8
    assert found.sum() == pytest.approx(1, abs=1e-9)
    assert height(found) <= best_of(height, random_portfolios(limits, seed)) + 1e-7


@given(sample=samples, seed=st.integers(0, 1000), measure=st.sampled_from(["variance", "cvar"]))
@settings(max_examples=40)
def test_neither_the_order_of_assets_nor_the_unit_of_returns_matters(
    sample: Sample, seed: int, measure: Any
) -> None:
    assume(measure == "variance" or loses(sample))
    columns = np.random.default_rng(seed).permutation(sample.size)

    mixed = weights(a_sample(100 * sample.history[:, columns]), risk_measure=measure)

    # Risk is flat around its least: a gap of 1e-12 leaves weights the square root of it, more where they hardly matter.
    exact = 1e-6 if measure == "variance" else 1e-4
    assert mixed == pytest.approx(weights(sample, risk_measure=measure)[columns], abs=exact)


def test_shares_of_cvar_are_the_budgets_where_many_periods_make_it_smooth() -> None:
    sample = a_sample(normal_returns(seed=2, assets=4, periods=20_000))

    found = weights(sample, risk_measure="cvar")

    assert risk_shares.contributions(sample, found, "cvar") == pytest.approx(np.full(4, 0.25), abs=2e-3)


def test_five_hundred_assets_have_equal_shares() -> None:
    sample = a_sample(normal_returns(seed=9, assets=500, periods=700))

    assert shares(sample, weights(sample)) == pytest.approx(np.full(500, 1 / 500), abs=1e-10)


def test_assets_that_move_as_one_do_not_matter_to_the_iteration() -> None:
    returns = normal_returns(seed=3, assets=3)
    sample = a_sample(np.hstack([returns, returns[:, :1], 2 * returns[:, 1:2]]))

    assert shares(sample, weights(sample)) == pytest.approx(np.full(5, 0.2), abs=1e-9)


def test_an_asset_that_limits_keep_out_leaves_its_budget_to_the_others() -> None:
    sample = a_sample(sp500_returns(500)[:, :5])
    limits = replace(Limits.long_only(5), upper=np.array([1.0, 1.0, 0.0, 1.0, 1.0]))

    found = weights(sample, limits)

    assert found[2] == 0
    assert shares(sample, found)[[0, 1, 3, 4]] == pytest.approx(np.full(4, 0.25), abs=1e-9)


def test_few_names_are_the_nearest_to_the_shared_weights() -> None:
    sample = a_sample(sp500_returns(500)[:, :6])
    limits = replace(Limits.long_only(6), max_names=3)

    found = methods.fit("RiskBudgeting", sample, limits, {})

    assert np.count_nonzero(found.weights) == 3
    assert "projected" in [note.code for note in found.notes]


def test_a_budget_that_names_none_of_the_assets_counts_as_none() -> None:
    sample = a_sample(sp500_returns(500)[:, :4])

    assert weights(sample, risk_budget={"cluster": 1.0}) == pytest.approx(weights(sample))


def test_a_budget_for_some_assets_only_is_refused_by_name() -> None:
    sample = a_sample(sp500_returns(500)[:, :3])

    with pytest.raises(CannotFit, match="A2") as refusal:
        weights(sample, risk_budget={"A0": 0.5, "A1": 0.5})

    assert refusal.value.code == "incomplete_budget"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (replace(Limits.long_only(3), upper=np.full(3, 0.2)), "infeasible"),
        (
            replace(Limits.long_only(3), upper=np.array([1.0, 1.0, -0.1]), lower=np.full(3, -1.0)),
            "not_long_only",
        ),
        (replace(Limits.long_only(3), budget=-1.0, lower=np.full(3, -1.0)), "not_long_only"),
        (
            replace(
                Limits.long_only(3),
                linear=(Linear(key="g", label="g", coefficients=np.eye(3)[0], upper=0.0),),
            ),
            "no_share",
        ),
    ],
    ids=["nothing keeps to them", "a short weight", "a short budget", "a group without weight"],
)
@pytest.mark.parametrize("measure", ["variance", "cvar"])
def test_limits_without_room_for_budgets_are_refused(limits: Limits, code: str, measure: Any) -> None:
    with pytest.raises(CannotFit) as refusal:
        weights(a_sample(normal_returns(seed=1, assets=3)), limits, risk_measure=measure)

    assert refusal.value.code == code
    assert isinstance(refusal.value, Infeasible) == (code == "infeasible")


@pytest.mark.parametrize("seed", [5, 16, 30])
def test_a_mix_of_assets_that_seldom_trade_may_have_no_loss_at_all(seed: int) -> None:
    with pytest.raises(CannotFit) as refusal:
        weights(a_sample(seldom_traded(seed)), risk_measure="cvar")

    assert refusal.value.code == "no_loss"


@pytest.mark.parametrize("seed", [37, 73])
def test_assets_that_seldom_trade_share_the_risk_of_their_tail(seed: int) -> None:
    returns = seldom_traded(seed)

    def height(held: Floats) -> float:
        losses = np.sort(-returns @ held)[::-1]
        tail = (losses[0] + 0.5 * losses[1]) / 1.5  # 0.05 of thirty periods is one and a half
        return float(np.log(tail) - np.log(held).mean())

    found = weights(a_sample(returns), risk_measure="cvar")

    others = 0.99 * found + 0.01 * random_portfolios(Limits.long_only(12), seed=1)
    assert height(found) < best_of(height, others)


@pytest.mark.parametrize(
    ("returns", "measure", "code"),
    [
        (np.hstack([normal_returns(1, 2), np.full((60, 1), 0.001)]), "variance", "no_risk"),
        (np.abs(normal_returns(1, 3)) + 0.001, "cvar", "no_loss"),
    ],
    ids=["an asset that does not vary", "a tail of gains"],
)
def test_where_there_is_no_risk_there_is_none_to_share(returns: Floats, measure: Any, code: str) -> None:
    with pytest.raises(CannotFit) as refusal:
        weights(a_sample(returns), risk_measure=measure)

    assert refusal.value.code == code


def test_where_newtons_method_fails_the_next_takes_over_and_the_fit_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = a_sample(sp500_returns(500)[:, :5])
    expected = weights(sample)

    monkeypatch.setattr(risk_parity, "STEPS", 0)
    second = risk_budgeting.fit(sample, Limits.long_only(5))
    monkeypatch.setattr(risk_parity, "SWEEPS", 0)
    third = risk_budgeting.fit(sample, Limits.long_only(5))

    assert (second.solver, second.fallbacks) == ("coordinates", ("newton: off by inf after 0 steps",))
    assert second.weights == pytest.approx(expected, abs=1e-7)
    assert third.solver == "clarabel"
    assert third.weights == pytest.approx(expected, abs=1e-7)


@given(sample=samples)
def test_both_iterations_end_at_the_same_point(sample: Sample) -> None:
    correlation = 0.9 * np.corrcoef(sample.history.T) + 0.1 * np.eye(sample.size)
    budgets = np.full(sample.size, 1 / sample.size)

    by_coordinates = parity_by_coordinates(correlation, budgets)

    assert by_coordinates == pytest.approx(parity_by_newton(correlation, budgets), abs=1e-5)


def test_limits_that_only_short_weights_keep_to_are_told_so() -> None:
    sample = a_sample(normal_returns(4, 4))
    pair = Linear(
        key="constraints.groups.0.max_weight", label="", coefficients=np.repeat([1.0, 0.0], 2), upper=-0.2
    )
    limits = replace(Limits.long_only(4), lower=np.full(4, -1.0), linear=(pair,))

    with pytest.raises(CannotFit) as refusal:
        weights(sample, limits)

    assert refusal.value.code == "not_long_only"
