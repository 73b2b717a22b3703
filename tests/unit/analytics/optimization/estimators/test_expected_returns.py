"""Expected returns against pandas and skfolio, and reverse optimisation against itself."""

import numpy as np
import pandas
import pytest
from tests.support.reference_libraries import reference, sp500_returns

from analytics.optimization.estimators import estimator
from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats


@pytest.fixture(scope="module")
def returns() -> Floats:
    return sp500_returns()


def test_the_empirical_one_is_the_mean(returns: Floats) -> None:
    assert estimator()(returns)[0] == pytest.approx(returns.mean(axis=0))


def test_weights_that_halve_give_the_last_row_of_pandas(returns: Floats) -> None:
    theirs = pandas.DataFrame(returns).ewm(halflife=21).mean().to_numpy()[-1]

    assert estimator(expected_returns="ewm", half_life=21)(returns)[0] == pytest.approx(theirs, rel=1e-10)


def test_shrinking_towards_the_minimum_variance_return_is_that_of_skfolio(returns: Floats) -> None:
    moments = reference("skfolio.moments")
    theirs = moments.ShrunkMu(method=moments.ShrunkMuMethods.BAYES_STEIN, vol_weighted_target=True)

    ours = estimator(expected_returns="shrunk")(returns)[0]

    assert ours == pytest.approx(theirs.fit(returns).mu_, rel=1e-10)


def test_shrinking_with_fewer_periods_than_assets_is_refused_with_the_way_out(returns: Floats) -> None:
    with pytest.raises(CannotFit, match="ledoit_wolf") as refusal:
        estimator(expected_returns="shrunk")(returns[:15])

    assert refusal.value.code == "singular_covariance"
    assert refusal.value.field == "estimators.expected_returns"
    assert np.isfinite(estimator(expected_returns="shrunk", covariance="ledoit_wolf")(returns[:15])[0]).all()


def test_equilibrium_returns_are_those_of_skfolio(returns: Floats) -> None:
    weights = np.arange(1.0, 21.0)
    theirs = reference("skfolio.moments").EquilibriumMu(risk_aversion=2.5, weights=weights / weights.sum())

    ours = estimator(expected_returns="equilibrium", market_weights=weights, risk_aversion=2.5)

    assert ours(returns)[0] == pytest.approx(theirs.fit(returns).mu_, rel=1e-10)


def test_what_equilibrium_implies_leads_back_to_the_market(returns: Floats) -> None:
    weights = np.arange(1.0, 21.0)
    ours = estimator(
        expected_returns="equilibrium", covariance="ledoit_wolf", market_weights=weights, risk_free=0.0001
    )

    mean, covariance = ours(returns)

    optimum = np.linalg.solve(2.5 * covariance, mean - 0.0001)
    assert optimum == pytest.approx(weights / weights.sum(), rel=1e-9)


def test_without_market_weights_all_assets_count_alike(returns: Floats) -> None:
    mean, covariance = estimator(expected_returns="equilibrium")(returns)

    assert mean == pytest.approx(2.5 * covariance.mean(axis=1))


def test_some_assets_keep_their_market_weights_in_proportion(returns: Floats) -> None:
    whole = estimator(expected_returns="equilibrium", market_weights=np.arange(1.0, 21.0))

    chosen = np.array([3, 1])

    mean, covariance = whole.of_assets(chosen)(returns[:, chosen])
    assert mean == pytest.approx(2.5 * covariance @ [4 / 6, 2 / 6])


def test_portfolios_of_the_assets_count_alike_in_their_market(returns: Floats) -> None:
    whole = estimator(expected_returns="equilibrium", market_weights=np.arange(1.0, 21.0))
    series = np.column_stack((returns[:, :10].mean(axis=1), returns[:, 10:].mean(axis=1)))

    mean, covariance = whole.of_portfolios()(series)

    assert mean == pytest.approx(2.5 * covariance.mean(axis=1))


def test_one_period_is_too_short(returns: Floats) -> None:
    with pytest.raises(CannotFit) as refusal:
        estimator()(returns[:1])

    assert refusal.value.code == "short_history"
