import numpy as np
import pytest

from application.optimization.annualised import fields_of
from application.optimization.answer import FrontierPoint

NAMES = ("A", "B")


def test_points_of_a_frontier_are_told_by_asset_and_per_year() -> None:
    told = fields_of({"frontier": [(np.array([0.25, 0.75]), 0.001, 0.01)]}, NAMES, 252)

    point = FrontierPoint(
        weights={"A": 0.25, "B": 0.75}, expected_return=0.252, volatility=pytest.approx(0.01 * 252**0.5)
    )
    assert told == {"frontier": [point]}


def test_points_of_many_assets_name_what_is_held_only() -> None:
    weights = np.zeros(200)
    weights[3] = 1.0

    told = fields_of({"frontier": [(weights, 0.001, 0.01)]}, [f"A{at}" for at in range(200)], 252)

    assert told["frontier"][0].weights == {"A3": 1.0}


def test_what_only_one_method_has_is_told_beside_the_others() -> None:
    told = fields_of({"form": "hurdle", "tracking_error": np.float64(0.01), "price": 0.001}, NAMES, 4)

    assert told == {"details": {"form": "hurdle", "tracking_error": 0.02, "price": 0.001}}


def test_regimes_are_told_per_year_wherever_they_lie() -> None:
    regime = {
        "label": "calm",
        "states": [{"mean": 0.001, "volatility": 0.01, "stay": 0.9}],
        "now": np.array([0.2, 0.8]),
    }

    told = fields_of({"regime": regime}, NAMES, 4)

    assert told["regime"] == {
        "label": "calm",
        "states": [{"mean": 0.004, "volatility": 0.02, "stay": 0.9}],
        "now": [0.2, 0.8],
    }


def test_moments_are_left_as_they_are() -> None:
    told = fields_of({"equilibrium_returns": {"A": 0.05, "B": np.float64(0.07)}}, NAMES, 1)

    assert told == {"equilibrium_returns": {"A": 0.05, "B": 0.07}}
