"""Methods that know no limits, within limits all the same, as they are called by name."""

from dataclasses import replace

import numpy as np
import pytest
from tests.support.optimization_samples import a_sample, normal_returns
from tests.support.reference_libraries import sp500_returns

from analytics.optimization import methods
from analytics.optimization.limits import Limits, Linear

GROUPED = ("HRP", "HERC", "HERC2", "NCO", "StackingOptimization")
WIDE = Limits.long_only(20)
HALF = Linear(key="groups.0", label="half", coefficients=np.repeat([1.0, 0.0], 10), lower=0.3, upper=0.4)


@pytest.mark.parametrize("method", GROUPED)
@pytest.mark.parametrize(
    "limits",
    [
        replace(WIDE, upper=np.full(20, 0.07)),
        replace(WIDE, lower=np.full(20, 0.02)),
        replace(WIDE, linear=(HALF,)),
        replace(WIDE, max_names=6),
        replace(WIDE, lower=np.full(20, -0.1), budget=0.4),
    ],
    ids=["at most", "at least", "a group", "six names", "half invested"],
)
def test_limits_hold(method: str, limits: Limits) -> None:
    found = methods.fit(method, a_sample(sp500_returns(500)), limits, {}).weights
    assert found.sum() == pytest.approx(limits.budget, abs=1e-8)
    assert (found >= limits.lower - 1e-8).all()
    assert (found <= limits.upper + 1e-8).all()
    assert np.count_nonzero(found) <= (limits.max_names or 20)
    for row in limits.linear:
        assert row.lower - 1e-8 <= row.coefficients @ found <= row.upper + 1e-8


@pytest.mark.parametrize("method", GROUPED)
@pytest.mark.parametrize("copies", [1, 3])
def test_few_assets_and_copies_of_them_are_weighted(method: str, copies: int) -> None:
    for assets in (1, 2, 3):
        sample = a_sample(np.hstack([normal_returns(assets, assets)] * copies))
        found = methods.fit(method, sample, Limits.long_only(sample.size), {}).weights
        assert found.sum() == pytest.approx(1, abs=1e-8)
        assert (found >= 0).all()


@pytest.mark.parametrize("method", GROUPED)
def test_the_same_sample_has_the_same_weights_to_the_last_bit(method: str) -> None:
    one, other = (
        methods.fit(method, a_sample(sp500_returns(300)), WIDE, {}).weights.tobytes() for _ in range(2)
    )
    assert one == other
