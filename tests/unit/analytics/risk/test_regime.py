"""The regime model against statsmodels, and what must hold of it whatever the data."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

from analytics.risk.arrays import Floats
from analytics.risk.discount_rate import equity_premium_delta
from analytics.risk.regime import RegimeModel, fit_regimes


@pytest.fixture(scope="module")
def index_returns() -> Floats:
    """Daily returns of the S&P 500 from 2018 to 2022, from the data sets of the skfolio wheel."""
    spec = find_spec("skfolio")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "datasets" / "data" / "sp500_index.csv.gz"
    rows = [line.split(",") for line in gzip.decompress(path.read_bytes()).decode().splitlines()[1:]]
    levels = np.array([float(level) for day, level in rows if day >= "2017-12-29"])
    return levels[1:] / levels[:-1] - 1


@pytest.fixture(scope="module")
def model(index_returns: Floats) -> RegimeModel:
    fitted = fit_regimes(index_returns)
    assert fitted is not None
    return fitted


def test_parameters_and_filtered_probabilities_are_those_of_statsmodels(
    index_returns: Floats, model: RegimeModel
) -> None:
    theirs = MarkovRegression(100 * index_returns, k_regimes=2, switching_variance=True)
    start = [
        model.stay[0],
        1 - model.stay[1],
        *(100 * m for m in model.means),
        *(1e4 * v for v in model.variances),
    ]
    fit = theirs.fit(start_params=start, disp=False)
    stays_calm, enters_calm, *rest = fit.params

    # They begin in the stationary distribution, we estimate the first day: the optimum differs a little.
    assert model.stay == pytest.approx((stays_calm, 1 - enters_calm), abs=2e-3)
    assert np.sqrt(model.variances) * 100 == pytest.approx(np.sqrt(rest[2:]), rel=5e-3)
    assert model.log_likelihood - len(index_returns) * np.log(100) >= fit.llf - 1e-6
    assert model.turbulent[20:] == pytest.approx(fit.filtered_marginal_probabilities[20:, 1], abs=0.03)


def test_our_filter_is_theirs_at_our_parameters(index_returns: Floats, model: RegimeModel) -> None:
    theirs = MarkovRegression(100 * index_returns, k_regimes=2, switching_variance=True)
    at = [
        model.stay[0],
        1 - model.stay[1],
        *(100 * m for m in model.means),
        *(1e4 * v for v in model.variances),
    ]

    filtered = theirs.filter(at).filtered_marginal_probabilities[:, 1]

    # Later days no longer know how the first one began.
    assert model.turbulent[250:] == pytest.approx(filtered[250:], abs=1e-8)


def test_the_five_years_to_2022_end_in_turbulence(model: RegimeModel) -> None:
    assert np.sqrt(np.array(model.variances) * 252) == pytest.approx([0.101, 0.317], abs=5e-4)
    assert model.stay == pytest.approx((0.974, 0.964), abs=5e-4)
    assert model.turbulent[-1] == pytest.approx(0.83, abs=5e-3)
    assert equity_premium_delta(model) * 1e4 == pytest.approx(55, abs=0.5)


def test_filtered_probabilities_do_not_look_ahead(index_returns: Floats, model: RegimeModel) -> None:
    theirs = MarkovRegression(100 * index_returns[:-250], k_regimes=2, switching_variance=True)
    at = [
        model.stay[0],
        1 - model.stay[1],
        *(100 * m for m in model.means),
        *(1e4 * v for v in model.variances),
    ]

    short = theirs.filter(at).filtered_marginal_probabilities[:, 1]

    assert model.turbulent[250:-250] == pytest.approx(short[250:], abs=1e-8)


def test_the_calm_state_comes_first_and_scale_does_not_matter(
    index_returns: Floats, model: RegimeModel
) -> None:
    large = fit_regimes(1000 * index_returns)

    assert large is not None
    assert model.variances[0] < model.variances[1]
    assert large.turbulent == pytest.approx(model.turbulent, abs=1e-6)
    assert np.sqrt(large.variances) == pytest.approx(1000 * np.sqrt(model.variances), rel=1e-6)


def test_known_states_are_found_again() -> None:
    chance = np.random.default_rng(5)
    turbulent = np.repeat([False, True, False, True, False], 300)
    returns = np.where(turbulent, chance.normal(-0.001, 0.03, 1500), chance.normal(0.001, 0.006, 1500))

    model = fit_regimes(returns)

    assert model is not None
    assert ((model.turbulent > 0.5) == turbulent).mean() > 0.97
    assert np.sqrt(model.variances) == pytest.approx([0.006, 0.03], rel=0.1)


def test_returns_that_never_change_have_no_regimes() -> None:
    assert fit_regimes(np.full(600, 0.01)) is None


def test_expected_turbulence_goes_from_today_to_the_long_run(model: RegimeModel) -> None:
    tomorrow = model.turbulent[-1] * model.stay[1] + (1 - model.turbulent[-1]) * (1 - model.stay[0])

    assert model.expected_turbulence(1) == pytest.approx(tomorrow)
    assert model.expected_turbulence(100_000) == pytest.approx(model.stationary, abs=1e-3)
