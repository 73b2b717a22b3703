"""What holds for all twenty methods, whatever each of them is after."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import pytest
from tests.support.optimization_datasets import a_dataset
from tests.support.optimization_samples import normal_returns

from application.optimization.answer import MethodResult
from application.optimization.compute import result_of
from application.optimization.dataset import AssetFacts
from application.optimization.options import OPTIONS, Method
from application.optimization.request import Terms

METHODS: Final[list[Method]] = list(OPTIONS)
RETURNS = normal_returns(11, 6, periods=400)
INDEX = RETURNS.mean(axis=1) + 0.2 * normal_returns(12, 1, periods=400)[:, 0]
SCALE_MATTERS: Final = {"MaxQuadraticUtility", "DistributionallyRobustCVaR", "BlackLitterman"}
"""Return is weighed against risk at a stated price, against a stated radius, or moved by a stated amount."""
PLAIN: Final = Terms()


@dataclass(frozen=True)
class Weighted:
    """A result, and its weights in the order of the assets."""

    result: MethodResult
    weights: np.ndarray


def weighted(method: Method, returns: np.ndarray, terms: Terms = PLAIN, **others: Any) -> Weighted:
    result = result_of(method, a_dataset(returns, **({"benchmark": INDEX} | others)), terms)
    assert result.status == "completed", result.error
    return Weighted(result, np.array(list((result.weights or {}).values())))


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_assets_does_not_matter(method: Method) -> None:
    order = np.array([3, 0, 5, 1, 4, 2])
    facts = tuple(AssetFacts(name=f"A{at}") for at in order)

    plain = weighted(method, RETURNS)
    mixed = weighted(method, RETURNS[:, order], assets=facts)

    assert mixed.weights == pytest.approx(plain.weights[order], abs=2e-5)
    assert set(mixed.result.weights or {}) == set(plain.result.weights or {})


@pytest.mark.parametrize("method", [method for method in METHODS if method not in SCALE_MATTERS])
def test_the_unit_of_returns_does_not_matter(method: Method) -> None:
    plain = weighted(method, RETURNS)
    tenth = weighted(method, RETURNS / 10, benchmark=INDEX / 10)

    assert tenth.weights == pytest.approx(plain.weights, abs=2e-5)


@pytest.mark.parametrize("method", METHODS)
def test_limits_are_kept_to_in_sample_and_in_every_split(method: Method) -> None:
    limits = {"max_weight": 0.4, "min_weight": 0.02}
    terms = msgspec.convert({"constraints": limits}, Terms)

    result = weighted(method, RETURNS, terms).result

    assert result.out_of_sample is not None
    for held in [result.weights or {}, *(split.weights for split in result.out_of_sample.splits)]:
        assert sum(held.values()) == pytest.approx(1, abs=1e-7)
        assert min(held.values()) >= 0.02 - 1e-7
        assert max(held.values()) <= 0.4 + 1e-7


@pytest.mark.parametrize("method", METHODS)
def test_nothing_of_a_test_is_seen_before_it(method: Method) -> None:
    changed, index = RETURNS.copy(), INDEX.copy()
    changed[240:] = -changed[240:]
    index[240:] = -index[240:]

    before, after = weighted(method, RETURNS).result, weighted(method, changed, benchmark=index).result

    assert before.out_of_sample is not None
    assert after.out_of_sample is not None
    pairs = list(zip(before.out_of_sample.splits, after.out_of_sample.splits, strict=True))
    assert [split.test_start for split, _ in pairs] == [80, 160, 240, 320]
    for one, other in pairs[:3]:
        assert one.weights == other.weights


@pytest.mark.parametrize("method", METHODS)
def test_the_same_is_answered_twice_to_the_last_bit(method: Method) -> None:
    one, other = weighted(method, RETURNS).result, weighted(method, RETURNS).result

    assert msgspec.json.encode(one) == msgspec.json.encode(other)
