"""The shocks again, from prices of 1990 to 2022, and what they make of a market."""

import csv
import gzip
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.risk.arrays import Floats
from analytics.risk.stress_scenarios import CALM_CORRELATION, SHOCKS, Market, Scenario, Shock, shocked

ROUNDED = 0.00051


@dataclass(frozen=True)
class Past:
    """Days, levels of the index, and simple returns of index and stocks, which begin on the second day."""

    days: list[str]
    levels: Floats
    index: Floats
    stocks: Floats

    def during(self, shock: Shock) -> slice:
        return slice(self.days.index(shock.start), self.days.index(shock.end))

    def calm(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        kept = np.ones(len(self.index), dtype=bool)
        for shock in SHOCKS.values():
            kept[self.during(shock)] = False
        return kept


def prices(name: str) -> tuple[list[str], Floats]:
    spec = find_spec("skfolio")
    assert spec is not None
    assert spec.origin is not None
    with gzip.open(Path(spec.origin).parent / "datasets" / "data" / f"{name}.csv.gz", "rt") as file:
        _, *rows = csv.reader(file)
    return [row[0][:10] for row in rows], np.array([row[1:] for row in rows], dtype=np.float64)


def returns(levels: Floats) -> Floats:
    return levels[1:] / levels[:-1] - 1


@pytest.fixture(scope="module")
def past() -> Past:
    days, index = prices("sp500_index")
    same_days, stocks = prices("sp500_dataset")
    assert days == same_days
    return Past(days, index[:, 0], returns(index[:, 0]), returns(stocks))


def mean_correlation(of: Floats) -> float:
    matrix = np.corrcoef(of.T)
    return float(matrix[np.triu_indices(len(matrix), 1)].mean())


@pytest.mark.parametrize("name", get_args(Scenario))
def test_a_shock_is_what_the_prices_say(past: Past, name: Scenario) -> None:
    shock, calm = SHOCKS[name], past.calm()
    index, stocks = past.index[past.during(shock)], past.stocks[past.during(shock)]
    deviations = past.stocks[calm].std(axis=0, ddof=1)

    assert len(index) == shock.days
    assert (stocks.std(axis=0, ddof=1) / deviations).mean() == pytest.approx(shock.volatility, abs=ROUNDED)
    drift = (index.mean() - past.index[calm].mean()) / deviations.mean()
    assert drift == pytest.approx(shock.drift, abs=ROUNDED)
    assert mean_correlation(stocks) == pytest.approx(shock.correlation, abs=ROUNDED)


def test_calm_days_have_the_calm_correlation(past: Past) -> None:
    assert mean_correlation(past.stocks[past.calm()]) == pytest.approx(CALM_CORRELATION, abs=ROUNDED)


def test_the_days_are_those_between_peak_and_trough_of_the_index(past: Past) -> None:
    levels = dict(zip(past.days, past.levels.tolist(), strict=True))
    year = {
        y: [levels[day] for day in past.days if day[:4] in y.split()]
        for y in ("2000", "2002", "2019 2020", "2008 2009")
    }

    assert levels[SHOCKS["DOTCOM_2000"].start] == max(year["2000"])
    assert levels[SHOCKS["DOTCOM_2000"].end] == min(year["2002"])
    assert levels[SHOCKS["GFC_2008"].end] == min(year["2008 2009"])
    assert levels[SHOCKS["COVID_2020"].end] == min(year["2019 2020"])
    before = [levels[day] for day in past.days if "2019" < day <= SHOCKS["COVID_2020"].end]
    assert levels[SHOCKS["COVID_2020"].start] == max(before)


@pytest.mark.parametrize("name", get_args(Scenario))
def test_equal_weights_under_a_shock_are_as_volatile_as_they_were(past: Past, name: Scenario) -> None:
    # What the shock makes of calm days, against what equal weights in the 20 stocks really did.
    calm, weights = past.stocks[past.calm()], np.full(20, 1 / 20)
    market = shocked(Market(calm.mean(axis=0), calm.std(axis=0, ddof=1), np.corrcoef(calm.T)), SHOCKS[name])
    covariance = market.correlation * np.outer(market.volatility, market.volatility)
    really = past.stocks[past.during(SHOCKS[name])].mean(axis=1)

    assert np.sqrt(weights @ covariance @ weights) == pytest.approx(really.std(ddof=1), rel=0.08)


@given(st.integers(2, 12), st.integers(0, 2**32 - 1), st.sampled_from(get_args(Scenario)))
def test_a_shocked_correlation_matrix_is_one(count: int, seed: int, name: Scenario) -> None:
    random = np.random.default_rng(seed)
    factors = random.normal(size=(count, random.integers(1, count + 1)))
    factors /= np.linalg.norm(factors, axis=1)[:, None]
    correlation = factors @ factors.T
    np.fill_diagonal(correlation, 1.0)
    market = Market(np.zeros(count), np.full(count, 0.01), correlation)

    found = shocked(market, SHOCKS[name]).correlation

    assert np.diag(found).tolist() == [1.0] * count
    np.testing.assert_array_equal(found, found.T)
    assert np.linalg.eigvalsh(found)[0] >= -1e-12
    mean = mean_of_pairs(correlation)
    towards = 1 if SHOCKS[name].correlation > CALM_CORRELATION else 0
    assert abs(mean_of_pairs(found) - towards) <= abs(mean - towards) + 1e-12


def mean_of_pairs(matrix: Floats) -> float:
    return float(matrix[np.triu_indices(len(matrix), 1)].mean())


def test_a_shock_spares_what_never_moves() -> None:
    cash = Market(np.array([0.0001]), np.array([0.0]), np.array([[1.0]]))

    found = shocked(cash, SHOCKS["GFC_2008"])

    assert (found.mean.item(), found.volatility.item()) == (0.0001, 0.0)


def test_a_market_is_left_as_it_was() -> None:
    correlation = np.array([[1.0, 0.4], [0.4, 1.0]])
    market = Market(np.array([0.001, 0.0]), np.array([0.01, 0.02]), correlation)

    shocked(market, SHOCKS["DOTCOM_2000"])

    assert correlation.tolist() == [[1.0, 0.4], [0.4, 1.0]]


@pytest.mark.parametrize("name", get_args(Scenario))
def test_a_shock_moves_means_by_deviations_of_calm_days(name: Scenario) -> None:
    calm = Market(mean=np.array([0.001, -0.002]), volatility=np.array([0.01, 0.03]), correlation=np.eye(2))

    moved = shocked(calm, SHOCKS[name])

    assert moved.mean == pytest.approx(calm.mean + SHOCKS[name].drift * calm.volatility)
    assert (moved.mean < calm.mean).all()
    assert moved.volatility == pytest.approx(calm.volatility * SHOCKS[name].volatility)
