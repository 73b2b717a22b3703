"""Against the certified values of NIST's Statistical Reference Datasets, and against statsmodels."""

from time import process_time

import numpy as np
import pytest
import statsmodels.api as sm  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from tests.support import longley

from analytics.factors import Collinear, Errors, Regression, TooFewObservations, default_lags, regress

NORRIS = """
0.1 0.2 338.8 337.4 118.1 118.2 888.0 884.6 9.2 10.1 228.1 226.5 668.5 666.3 998.5 996.3 449.1 448.6 778.9 777.0
559.2 558.2 0.3 0.4 0.1 0.6 778.1 775.5 668.8 666.9 339.3 338.0 448.9 447.5 10.8 11.6 557.7 556.0 228.3 228.1
998.0 995.8 888.8 887.6 119.6 120.2 0.3 0.3 0.6 0.3 557.6 556.8 339.3 339.1 888.0 887.2 998.5 999.0 778.9 779.0
10.2 11.1 117.6 118.3 228.9 229.2 668.4 669.1 449.2 448.9 0.2 0.5
"""


def values(fitted: Regression) -> list[float]:
    first = [] if fitted.intercept is None else [fitted.intercept.value]
    return first + [one.value for one in fitted.loadings]


def deviations(fitted: Regression) -> list[float]:
    first = [] if fitted.intercept is None else [fitted.intercept.std_error]
    return first + [one.std_error for one in fitted.loadings]


def test_norris_comes_out_as_certified() -> None:
    data = np.array(NORRIS.split(), dtype=float).reshape(-1, 2)
    fitted = regress(data[:, 0], data[:, 1:])

    assert values(fitted) == pytest.approx([-0.262323073774029, 1.00211681802045], rel=1e-12)
    assert deviations(fitted) == pytest.approx([0.232818234301152, 0.429796848199937e-03], rel=1e-12)
    assert fitted.residual_std_error == pytest.approx(0.884796396144373, rel=1e-12)
    assert fitted.r_squared == pytest.approx(0.999993745883712, rel=1e-14)


def test_longley_comes_out_as_certified() -> None:
    data = np.array(longley.ROWS)
    fitted = regress(data[:, 0], data[:, 1:])

    assert values(fitted) == pytest.approx(longley.ESTIMATES, rel=1e-9)
    assert deviations(fitted) == pytest.approx(longley.STD_ERRORS, rel=1e-9)
    assert fitted.residual_std_error == pytest.approx(longley.RESIDUAL_STD_ERROR, rel=1e-10)
    assert fitted.r_squared == pytest.approx(longley.R_SQUARED, rel=1e-12)


@pytest.mark.parametrize("base", [1.0, 0.1])
def test_wampler_1_and_2_come_out_as_certified(base: float) -> None:
    x = np.arange(21.0)
    powers = np.column_stack([x**power for power in range(1, 6)])
    certified = [base**power for power in range(6)]
    fitted = regress(certified[0] + powers @ certified[1:], powers)

    assert values(fitted) == pytest.approx(certified, rel=1e-9)
    assert fitted.r_squared == pytest.approx(1, abs=1e-15)


def test_noint_1_without_an_intercept_comes_out_as_certified() -> None:
    x, y = np.arange(60.0, 71.0), np.arange(130.0, 141.0)
    fitted = regress(y, x[:, None], intercept=False)

    assert fitted.intercept is None
    assert values(fitted) == pytest.approx([2.07438016528926], rel=1e-13)
    assert deviations(fitted) == pytest.approx([0.165289256198347e-01], rel=1e-12)
    assert fitted.residual_std_error == pytest.approx(3.56753034006338, rel=1e-12)
    assert fitted.r_squared == pytest.approx(0.999365492298663, rel=1e-13)


def a_sample(n: int = 300, k: int = 3, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    factors = draw.normal(size=(n, k)) * 0.01
    noise = draw.normal(size=n) * 0.005 * (1 + 40 * np.abs(factors[:, 0]))
    noise[1:] += 0.6 * noise[:-1]
    return 0.0003 + factors @ np.linspace(1.2, -0.4, k) + noise, factors


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize(
    ("errors", "lags", "theirs"),
    [
        ("ols", None, {"cov_type": "nonrobust"}),
        ("white", None, {"cov_type": "HC1", "use_t": True}),
        ("hac", 7, {"cov_type": "HAC", "cov_kwds": {"maxlags": 7, "use_correction": True}, "use_t": True}),
        ("hac", None, {"cov_type": "HAC", "cov_kwds": {"maxlags": 5, "use_correction": True}, "use_t": True}),
        ("hac", 0, {"cov_type": "HC1", "use_t": True}),
    ],
)
def test_errors_are_those_of_statsmodels(
    errors: Errors, lags: int | None, theirs: dict[str, object], intercept: bool
) -> None:
    dependent, factors = a_sample()
    expected = sm.OLS(dependent, sm.add_constant(factors) if intercept else factors).fit(**theirs)

    fitted = regress(dependent, factors, errors=errors, lags=lags, intercept=intercept)

    parts = list(fitted.loadings) if fitted.intercept is None else [fitted.intercept, *fitted.loadings]
    assert [one.value for one in parts] == pytest.approx(expected.params, rel=1e-10)
    assert [one.std_error for one in parts] == pytest.approx(expected.bse, rel=1e-10)
    assert [one.t_stat for one in parts] == pytest.approx(expected.tvalues, rel=1e-9)
    assert [one.p_value for one in parts] == pytest.approx(expected.pvalues, rel=1e-8, abs=1e-300)
    assert fitted.r_squared == pytest.approx(expected.rsquared, rel=1e-12)
    assert fitted.adj_r_squared == pytest.approx(expected.rsquared_adj, rel=1e-12)
    assert fitted.residual_std_error == pytest.approx(np.sqrt(expected.mse_resid), rel=1e-12)


@pytest.mark.parametrize("lags", [1, 7, 150, 299])
def test_any_number_of_lags_weighs_as_bartlett_says(lags: int) -> None:
    dependent, factors = a_sample()
    design = np.column_stack([np.ones(len(factors)), factors])
    fitted = regress(dependent, factors, errors="hac", lags=lags)
    scores = design * fitted.residuals[:, None]
    distance = np.abs(np.subtract.outer(np.arange(300), np.arange(300)))
    middle = scores.T @ np.maximum(1 - distance / (lags + 1), 0) @ scores
    bread = np.linalg.inv(design.T @ design)
    variances = np.diag(bread @ middle @ bread) * 300 / (300 - 4)
    assert deviations(fitted) == pytest.approx(np.sqrt(variances), rel=1e-9)


def test_many_lags_cost_no_more_than_few() -> None:
    chance = np.random.default_rng(3)
    dependent, factors = chance.normal(size=100_000), chance.normal(size=(100_000, 2))
    began = process_time()
    regress(dependent, factors, errors="hac", lags=99_999)
    assert process_time() - began < 2


def test_lags_grow_slowly_with_the_sample() -> None:
    assert [default_lags(n) for n in (50, 100, 252, 300, 2520)] == [3, 4, 4, 5, 8]


def test_a_factor_that_repeats_others_is_named_with_them() -> None:
    dependent, factors = a_sample()
    repeated = np.column_stack([factors, factors[:, 0] - 2 * factors[:, 2]])
    with pytest.raises(Collinear) as refusal:
        regress(dependent, repeated)
    assert (refusal.value.column, refusal.value.others) == (3, (0, 2))


@pytest.mark.parametrize("level", [0.0, 0.25])
def test_a_factor_that_never_varies_is_refused_beside_an_intercept(level: float) -> None:
    dependent, factors = a_sample()
    with pytest.raises(Collinear) as refusal:
        regress(dependent, np.column_stack([factors, np.full(len(factors), level)]))
    assert (refusal.value.column, refusal.value.others) == (3, ())


def test_there_must_be_more_observations_than_parameters() -> None:
    dependent, factors = a_sample(n=4)
    with pytest.raises(TooFewObservations):
        regress(dependent, factors)


def test_nothing_to_explain_has_no_share_explained() -> None:
    _, factors = a_sample()
    fitted = regress(np.zeros(300), factors)
    assert np.isnan(fitted.r_squared)
    assert np.isnan(fitted.loadings[0].t_stat)


@given(st.permutations(range(3)), st.sampled_from(["ols", "white", "hac"]))
def test_the_order_of_factors_changes_nothing(order: list[int], errors: Errors) -> None:
    dependent, factors = a_sample()
    straight, shuffled = (
        regress(dependent, one, errors=errors) for one in (factors, factors[:, list(order)])
    )
    for at, column in enumerate(order):
        assert shuffled.loadings[at].value == pytest.approx(straight.loadings[column].value, rel=1e-9)
        assert shuffled.loadings[at].t_stat == pytest.approx(straight.loadings[column].t_stat, rel=1e-9)


@given(st.floats(0.01, 100))
def test_loadings_scale_with_the_dependent_and_t_stats_do_not(scale: float) -> None:
    dependent, factors = a_sample()
    one, other = regress(dependent, factors), regress(scale * dependent, factors)
    assert other.loadings[0].value == pytest.approx(scale * one.loadings[0].value, rel=1e-9)
    assert other.loadings[0].t_stat == pytest.approx(one.loadings[0].t_stat, rel=1e-9)
