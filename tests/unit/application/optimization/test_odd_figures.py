"""Whatever the figures are: a precise refusal, or results that a client can read. No crash, no hang."""

from typing import Any, Final

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.optimization_datasets import a_dataset

from application.optimization.checks import Places, faults
from application.optimization.compute import result_of
from application.optimization.dataset import Dataset
from application.optimization.options import OPTIONS, Method
from application.optimization.request import OptimizationRequest, Terms

METHODS: Final[list[Method]] = list(OPTIONS)
SCALES = {"tiny": 1e-9, "daily": 0.01, "huge": 0.9}


@st.composite
def odd_returns(draw: st.DrawFn) -> np.ndarray:
    """Few or many periods of returns that are ordinary, tiny, huge, mostly nothing, alike or all losses."""
    assets, periods = draw(st.sampled_from([2, 3, 5])), draw(st.sampled_from([3, 8, 40, 120]))
    chance = np.random.default_rng(draw(st.integers(0, 10_000)))
    scale = draw(st.sampled_from(sorted(SCALES.values())))
    returns = np.clip(chance.normal(0.05 * scale, scale, (periods, assets)), -0.99, None)
    match draw(st.sampled_from(["plain", "sparse", "alike", "falling", "ties"])):
        case "sparse":
            return np.where(chance.random(returns.shape) < 0.9, 0.0, returns)
        case "alike":
            return returns[:, :1] + 1e-3 * returns
        case "falling":
            return -np.abs(returns)
        case "ties":
            return np.round(returns / scale) * min(scale, 0.3) / 3
        case _:
            return returns


def is_sound(returns: np.ndarray) -> bool:
    names = [f"A{at}" for at in range(returns.shape[1])]
    request = OptimizationRequest(methods=["EquiWeighted"], assets=names, returns=returns.tolist())
    return not list(faults(a_dataset(returns), request, Places(names, names)))


@pytest.mark.parametrize("method", METHODS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(returns=odd_returns().filter(is_sound), limits=st.sampled_from([{}, {"max_weight": 0.6}]))
def test_a_method_answers_or_says_why_not(
    method: Method, returns: np.ndarray, limits: dict[str, Any]
) -> None:
    dataset: Dataset = a_dataset(returns, benchmark=returns.mean(axis=1))

    result = result_of(method, dataset, msgspec.convert({"constraints": limits}, Terms))

    assert b"NaN" not in msgspec.json.encode(result)
    if result.status == "failed":
        assert result.error
        assert result.error.detail.endswith(".")
    else:
        weights = np.array(list((result.weights or {}).values()))
        assert weights.sum() == pytest.approx(1, abs=1e-7)
        assert weights.min() >= -1e-7
        assert weights.max() <= limits.get("max_weight", 1) + 1e-7


@pytest.mark.parametrize("method", ["MinCVaR", "MinVol", "MinCDaR", "DistributionallyRobustCVaR"])
def test_nothing_to_hold_is_held_by_few_names_too(method: Method) -> None:
    returns = np.random.default_rng(8).uniform(-0.9, 5, (60, 8))
    limits = {"budget": 0, "max_assets": 2, "target_volatility": 0.05}

    result = result_of(method, a_dataset(returns), msgspec.convert({"constraints": limits}, Terms))

    assert sum((result.weights or {}).values()) == pytest.approx(0, abs=1e-7)
