"""What a year's figures in a request are in a period's."""

from typing import Any

import msgspec
import numpy as np
import pytest
from tests.support.optimization_datasets import a_dataset
from tests.support.optimization_samples import normal_returns

from application.optimization.dataset import Dataset
from application.optimization.request import Terms
from application.optimization.sampling import arguments, limits_of, sample_of


def terms(**parts: Any) -> Terms:
    return msgspec.convert(parts, Terms)


@pytest.fixture
def months() -> Dataset:
    return msgspec.structs.replace(a_dataset(normal_returns(1, 2, periods=48)), periods_per_year=12.0)


def test_costs_of_a_trade_are_spread_over_a_year(months: Dataset) -> None:
    limits = limits_of(months, terms(costs={"rate": 0.006}))

    assert limits.cost == pytest.approx([0.0005, 0.0005])
    assert limits.current is not None
    assert not limits.current.any()


def test_targets_are_those_of_a_period(months: Dataset) -> None:
    limits = limits_of(months, terms(constraints={"target_return": 0.12, "target_volatility": 0.12}))

    assert limits.target_return == pytest.approx(0.01)
    assert limits.target_volatility == pytest.approx(0.12 / 12**0.5)


def test_the_risk_free_return_is_that_of_a_period(months: Dataset) -> None:
    assert sample_of(months, terms(), risk_free=0.06).risk_free == pytest.approx(0.005)


def test_views_are_those_of_a_period(months: Dataset) -> None:
    views = [{"assets": {"A0": 1}, "return": 0.24, "confidence": 0.8}]

    told = arguments("BlackLitterman", months, terms(options={"BlackLitterman": {"views": views}}))

    assert told["views"] == [{"assets": {"A0": 1}, "return": pytest.approx(0.02), "confidence": 0.8}]


def test_risk_free_rates_of_methods_inside_are_those_of_a_period(months: Dataset) -> None:
    options = {"NCO": {"inner": "MVO"}, "MVO": {"risk_free_rate": 0.03}}

    told = arguments("NCO", months, terms(options=options))

    assert told["inner_options"]["MVO"]["risk_free"] == pytest.approx(0.0025)


def test_market_weights_reach_the_estimator_of_equilibrium(months: Dataset) -> None:
    asked = terms(
        estimators={"expected_returns": "equilibrium"},
        options={"BlackLitterman": {"market_weights": {"A0": 1.0}, "risk_aversion": 3}},
    )

    sample = sample_of(months, asked, risk_free=0.0)

    assert sample.mean == pytest.approx(3 * sample.covariance @ np.array([1.0, 0.0]))
