"""What becomes of weights before they are answered."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.support.optimization_samples import a_sample, normal_returns

from analytics.optimization.core.feasible import projected
from analytics.optimization.core.keeping import kept, missed, without_dust
from analytics.optimization.core.quadratic import minimise
from analytics.optimization.fit import CannotFit, Fit, Infeasible
from analytics.optimization.limits import Limits, Linear
from analytics.optimization.sample import Floats

SAMPLE = a_sample(normal_returns(1, 6, 100))
anything = arrays(np.float64, 6, elements=st.floats(-2, 2))
ceilings = arrays(np.float64, 6, elements=st.floats(0.05, 1))


def test_dust_becomes_exactly_nothing_and_the_sum_stays() -> None:
    weights = np.array([0.5, 0.5 - 3e-9, 1e-9, 2e-9, 0.0, 0.0])

    clean = without_dust(weights, Limits.long_only(6))

    assert np.count_nonzero(clean) == 2
    assert clean.sum() == pytest.approx(1, abs=1e-15)


def test_a_small_weight_is_no_dust() -> None:
    weights = np.array([0.5, 0.5 - 3e-6, 1e-6, 2e-6, 0.0, 0.0])

    assert without_dust(weights, Limits.long_only(6)).tolist() == weights.tolist()


def test_traces_of_everything_are_nothing() -> None:
    weights = np.array([3e-13, -2e-13, 1e-13, -1e-13, 5e-12, -4e-12])

    clean = without_dust(weights, replace(Limits.long_only(6), lower=np.full(6, -1.0), budget=0.0))

    assert not clean.any()


def test_what_rounding_took_past_a_bound_is_put_back() -> None:
    limits = replace(Limits.long_only(6), upper=np.full(6, 0.4))

    clean = without_dust(np.array([0.4 + 1e-12, 0.4, 0.2 - 1e-12, 0, 0, 0]), limits)

    assert clean.max() == 0.4
    assert clean.sum() == pytest.approx(1, abs=1e-15)


def test_an_asset_that_has_to_be_held_is_no_dust() -> None:
    limits = replace(Limits.long_only(6), lower=np.array([0, 0, 1e-9, 0, 0, 0]))

    assert without_dust(np.array([0.5, 0.5 - 1e-9, 1e-9, 0, 0, 0]), limits)[2] == 1e-9


@given(anything, ceilings)
def test_the_nearest_weights_in_a_box_are_those_of_the_programme(weights: Floats, upper: Floats) -> None:
    assume(upper.sum() > 1)
    limits = replace(Limits.long_only(6), upper=upper)

    near = projected(weights, limits, SAMPLE)

    assert near == pytest.approx(minimise(np.eye(6), -weights, limits, SAMPLE).weights, abs=1e-8)
    assert missed(near, limits, SAMPLE) <= 1e-9


@given(anything)
def test_weights_within_limits_stay_where_they_are(weights: Floats) -> None:
    limits = replace(
        Limits.long_only(6),
        max_gross=1.0,
        linear=(Linear(key="g", label="g", coefficients=np.array([1.0, 1, 1, 0, 0, 0]), upper=0.5),),
    )

    near = projected(weights, limits, SAMPLE)

    assert projected(near, limits, SAMPLE) == pytest.approx(near, abs=1e-8)
    assert missed(near, limits, SAMPLE) <= 1e-8


@pytest.mark.parametrize(
    "broken",
    [
        {"lower": np.array([0.5, 0, 0, 0, 0, 0])},
        {"upper": np.full(6, 0.1666)},
        {"budget": 0.9},
        {"linear": (Linear(key="g", label="g", coefficients=np.eye(6)[0], upper=0.1),)},
        {"linear": (Linear(key="g", label="g", coefficients=np.eye(6)[0], lower=0.2),)},
        {"max_gross": 0.99},
        {"max_names": 5},
        {"max_turnover": 0.1, "current": np.eye(6)[0]},
        {"target_return": 1.0},
        {"target_volatility": 1e-6},
    ],
    ids=lambda limit: "+".join(limit),
)
def test_every_kind_of_limit_is_checked(broken: dict[str, object]) -> None:
    equal = np.full(6, 1 / 6)

    assert missed(equal, Limits.long_only(6), SAMPLE) == pytest.approx(0, abs=1e-15)
    assert missed(equal, replace(Limits.long_only(6), **broken), SAMPLE) > 1e-6  # type: ignore[arg-type]


def test_weights_that_cannot_keep_to_the_limits_are_refused() -> None:
    limits = replace(Limits.long_only(6), upper=np.full(6, 0.1))

    with pytest.raises(Infeasible):
        kept(Fit(weights=np.full(6, 1 / 6), solver="closed form"), limits, SAMPLE)


def test_weights_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(CannotFit) as refusal:
        kept(Fit(weights=np.full(6, np.nan), solver="closed form"), Limits.long_only(6), SAMPLE)

    assert refusal.value.code == "not_finite"


def test_the_only_asset_left_gets_what_the_dust_had() -> None:
    clean = without_dust(np.array([1 - 2e-9, 2e-9, 0, 0, 0, 0]), Limits.long_only(6))

    assert clean.tolist() == [1, 0, 0, 0, 0, 0]
