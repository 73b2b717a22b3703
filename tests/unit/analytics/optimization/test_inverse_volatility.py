import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import reference, sp500_returns, weights_by

from analytics.optimization import inverse_volatility, methods
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample


def test_twenty_stocks_have_the_weights_that_skfolio_finds() -> None:
    # skfolio 1.12.2.
    returns = sp500_returns()
    expected = weights_by(reference("skfolio.optimization").InverseVolatility(), returns)

    found = inverse_volatility.fit(a_sample(returns), Limits.long_only(20))

    assert found.weights == pytest.approx(expected, abs=1e-12)


@given(samples)
def test_every_position_alone_has_the_same_risk(sample: Sample) -> None:
    found = methods.fit("InverseVolatility", sample, Limits.long_only(sample.size), {}).weights

    assert found * sample.volatility == pytest.approx(np.full(sample.size, found[0] * sample.volatility[0]))
    assert found.sum() == pytest.approx(1, abs=1e-12)


@given(samples, st.floats(1e-3, 1e3))
def test_the_unit_of_returns_does_not_matter(sample: Sample, unit: float) -> None:
    scaled = a_sample(sample.history * unit)

    def weights(one: Sample) -> Floats:
        return inverse_volatility.fit(one, Limits.long_only(one.size)).weights

    assert weights(scaled) == pytest.approx(weights(sample), rel=1e-9)


def test_an_asset_that_does_not_move_is_refused_by_name() -> None:
    returns = normal_returns(1, 3)
    returns[:, 1] = 0.001

    with pytest.raises(CannotFit, match="A1 has no volatility") as refusal:
        inverse_volatility.fit(a_sample(returns), Limits.long_only(3))

    assert refusal.value.code == "no_volatility"
