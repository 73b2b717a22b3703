"""Covariances against scikit-learn, pandas and skfolio, and what must hold of them whatever the data."""

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.reference_libraries import reference, sp500_returns

from analytics.optimization.estimators import estimator
from analytics.optimization.estimators.covariance import ledoit_wolf
from analytics.optimization.estimators.denoising import denoised
from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats

NAMES = ("empirical", "ewm", "shrunk", "ledoit_wolf", "denoised")


@pytest.fixture(scope="module")
def returns() -> Floats:
    return sp500_returns()


def covariance(name: str, returns: Floats, **options: float) -> Floats:
    return estimator(covariance=name, **options)(returns)[1]  # type: ignore[arg-type]


def test_the_empirical_one_divides_by_one_less_than_the_periods(returns: Floats) -> None:
    assert covariance("empirical", returns) == pytest.approx(np.cov(returns.T), rel=1e-12)


def test_weights_that_halve_give_the_last_row_of_pandas(returns: Floats) -> None:
    theirs = pandas.DataFrame(returns).ewm(halflife=63).cov().to_numpy()[-20:]

    assert covariance("ewm", returns, half_life=63) == pytest.approx(theirs, rel=1e-10)


@pytest.mark.parametrize("half_life", [0.03, 1e-300])
def test_a_half_life_that_leaves_one_period_is_refused(returns: Floats, half_life: float) -> None:
    with pytest.raises(CannotFit) as refusal:
        covariance("ewm", returns, half_life=half_life)

    assert (refusal.value.code, refusal.value.field) == ("short_half_life", "estimators.half_life")


def test_a_fixed_share_shrinks_as_in_scikit_learn(returns: Floats) -> None:
    theirs = reference("sklearn.covariance").shrunk_covariance(np.cov(returns.T), shrinkage=0.3)

    assert covariance("shrunk", returns, shrinkage=0.3) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("periods", [2, 15, 60, 1_256])
def test_ledoit_and_wolf_is_that_of_scikit_learn(returns: Floats, periods: int) -> None:
    theirs = reference("sklearn.covariance").ledoit_wolf(returns[-periods:])[0]

    assert (
        np.abs(covariance("ledoit_wolf", returns[-periods:]) - theirs).max() <= 1e-12 * np.abs(theirs).max()
    )


def test_one_asset_is_not_shrunk() -> None:
    returns = sp500_returns(60)[:, :1]

    assert ledoit_wolf(returns) == pytest.approx(np.var(returns))


@pytest.mark.parametrize("periods", [120, 500, 1_256])
def test_noise_is_taken_out_as_in_skfolio(returns: Floats, periods: int) -> None:
    theirs = reference("skfolio.moments").DenoiseCovariance().fit(returns[-periods:]).covariance_

    assert covariance("denoised", returns[-periods:]) == pytest.approx(theirs, rel=1e-9)


def test_independent_returns_lose_all_their_correlation() -> None:
    returns = np.random.default_rng(3).normal(size=(2_000, 100))

    cleaned = denoised(returns)

    assert np.diag(cleaned) == pytest.approx(returns.var(axis=0, ddof=1))
    assert np.abs(cleaned - np.diag(np.diag(cleaned))).max() < 1e-12


def test_an_asset_that_never_moves_is_left_alone(returns: Floats) -> None:
    still = returns.copy()
    still[:, 4] = 0.001

    cleaned = denoised(still)

    assert cleaned[4] == pytest.approx(0, abs=1e-20)
    assert np.isfinite(cleaned).all()


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 2**32 - 1), periods=st.integers(3, 60), scale=st.floats(0.1, 10))
def test_it_is_symmetric_positive_semi_definite_and_of_second_degree(
    name: str, seed: int, periods: int, scale: float
) -> None:
    returns = np.random.default_rng(seed).normal(0.001, 0.01, size=(periods, 5))

    matrix = covariance(name, returns)

    assert (matrix == matrix.T).all()
    assert np.linalg.eigvalsh(matrix).min() >= -1e-12 * np.abs(matrix).max()
    assert covariance(name, scale * returns) == pytest.approx(scale**2 * matrix, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 2**32 - 1))
def test_assets_may_come_in_any_order(name: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    returns, order = random.normal(size=(40, 6)), random.permutation(6)

    matrix = covariance(name, returns)

    assert covariance(name, returns[:, order]) == pytest.approx(matrix[np.ix_(order, order)], rel=1e-6)
