"""Against skfolio, the form without a budget, and what the forms promise."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import lsq_linear  # type: ignore[import-untyped]
from tests.support.optimization_samples import a_sample, normal_returns, samples
from tests.support.reference_libraries import reference, sp500_returns, weights_by

from analytics.optimization import mvo, sparse_markowitz
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

SHORT = Limits(lower=np.full(20, -1.0), upper=np.full(20, 1.0))


def weights(sample: Sample, limits: Limits | None = None, **options: Any) -> Floats:
    return sparse_markowitz.fit(sample, limits or Limits.long_only(sample.size), **options).weights


@pytest.mark.parametrize("price", [0.0, 1e-6, 5e-6, 2e-5])
def test_short_positions_have_the_weights_that_skfolio_finds(price: float) -> None:
    # skfolio 1.12.2; in percent, variance is 10⁴ times as large, and so is the price beside it.
    returns = sp500_returns()
    tight = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12}
    model = reference("skfolio.optimization").MeanRisk(
        min_weights=-1, l1_coef=1e4 * price, solver_params=tight
    )

    found = sparse_markowitz.fit(a_sample(returns), SHORT, l1=price)

    assert found.weights == pytest.approx(weights_by(model, returns), abs=2e-6)
    assert found.extras == {"form": "l1", "price": price}


def test_a_higher_price_leaves_less_sold_short() -> None:
    sample = a_sample(sp500_returns())

    sold = [-np.minimum(weights(sample, SHORT, l1=price), 0).sum() for price in (0.0, 1e-6, 5e-6, 1e-4)]

    assert sold == sorted(sold, reverse=True)
    assert sold[0] > 0.1
    assert sold[-1] == pytest.approx(0, abs=1e-12)


def test_the_price_is_found_in_the_data_if_it_is_not_told() -> None:
    sample = a_sample(sp500_returns())

    found = sparse_markowitz.fit(sample, SHORT)

    assert 0 < -np.minimum(found.weights, 0).sum() < -np.minimum(weights(sample, SHORT, l1=0.0), 0).sum()
    assert found.extras["form"] == "l1"


def test_a_higher_hurdle_is_taken_by_fewer_names() -> None:
    sample = a_sample(sp500_returns())

    names = [np.count_nonzero(weights(sample, hurdle=hurdle)) for hurdle in (0.0, 0.1, 0.3, 0.5, 0.7)]

    assert names == sorted(names, reverse=True)
    assert names[0] == np.count_nonzero(mvo.fit(sample, Limits.long_only(20), points=0).weights)
    assert names[-1] == 1


@given(samples, st.floats(0.05, 0.9))
def test_long_only_weights_are_those_of_the_penalty_without_a_budget(sample: Sample, hurdle: float) -> None:
    # min ½w'Σw − (μ − t)'w over w >= 0 is a non-negative least squares problem of its own: solved by scipy.
    sample = replace(sample, mean=np.abs(sample.mean) + 1e-4)
    price = hurdle * float(sample.mean.max())
    unit = float(np.trace(sample.covariance)) / sample.size
    root = np.linalg.cholesky(sample.covariance / unit).T
    goal = np.linalg.solve(root.T, (sample.mean - price) / float(sample.mean.max()))

    free = lsq_linear(root, goal, bounds=(0, np.inf), method="bvls", tol=1e-14).x

    found = weights(sample, hurdle=hurdle)
    assert found == pytest.approx(free / free.sum(), abs=1e-6)


def test_a_price_is_a_hurdle_where_nothing_can_be_sold_short() -> None:
    sample = a_sample(sp500_returns())
    price = 0.3 * float(sample.mean.max())

    by_price = sparse_markowitz.fit(sample, Limits.long_only(20), l1=price)

    assert by_price.weights == pytest.approx(weights(sample, hurdle=0.3), abs=1e-9)
    assert by_price.extras["form"] == "hurdle"
    assert by_price.notes[0].code == "hurdle_form"


def test_a_hurdle_counts_for_both_sides_where_selling_short_is_allowed() -> None:
    sample = a_sample(sp500_returns())
    limits = Limits(lower=np.full(20, -0.3), upper=np.full(20, 1.0))

    def net(held: Floats) -> float:
        gain = sample.mean @ held - 0.2 * sample.mean.max() * np.abs(held).sum()
        return float(gain / np.sqrt(held @ sample.covariance @ held))

    found = weights(sample, limits, hurdle=0.2)

    assert net(found) >= net(mvo.fit(sample, limits, points=0).weights) + 1e-6
    assert net(found) >= net(weights(sample, hurdle=0.2)) - 1e-12


def test_a_price_above_all_returns_leaves_nothing_to_choose() -> None:
    sample = a_sample(normal_returns(1, 4))

    with pytest.raises(CannotFit) as refusal:
        weights(sample, l1=1.0)

    assert refusal.value.code == "no_excess_return"


def test_where_all_assets_fall_there_is_a_hurdle_for_what_is_sold_short() -> None:
    sample = replace(a_sample(normal_returns(2, 3)), mean=np.array([-0.001, -0.01, -0.02]))
    short = Limits(lower=np.full(3, -1.0), upper=np.full(3, 2.0))

    fit = sparse_markowitz.fit(sample, short, hurdle=0.1)

    assert fit.extras["price"] == pytest.approx(0.002)
    assert sample.mean @ fit.weights > 0.002 * np.abs(fit.weights).sum()
    with pytest.raises(CannotFit) as refusal:
        sparse_markowitz.fit(sample, Limits.long_only(3), hurdle=0.1)
    assert refusal.value.code == "no_excess_return"
