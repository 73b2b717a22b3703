from typing import Any

import msgspec
import numpy as np
import pytest
from tests.support.optimization_samples import normal_returns
from tests.support.reference_libraries import reference

from application.calculators.hrp import calculate
from application.calculators.hrp_request import HrpRequest
from domain.errors import Refused


def a_request(returns: Any, **changes: Any) -> HrpRequest:
    names = [f"A{at}" for at in range(len(returns[0]))]
    return msgspec.convert({"returns": returns, "assetNames": names} | changes, HrpRequest)


def refused(request: HrpRequest) -> list[tuple[str | None, str]]:
    with pytest.raises(Refused) as refusal:
        calculate(request)
    return [(one.field, one.code) for one in refusal.value.violations]


def test_shares_of_risk_are_those_of_the_covariance() -> None:
    returns = normal_returns(1, 5)
    answer = calculate(a_request(returns.tolist()))
    weights, covariance = np.array(list(answer.weights.values())), np.cov(returns.T)
    shares = weights * (covariance @ weights) / (weights @ covariance @ weights)
    assert list(answer.risk_contributions.values()) == pytest.approx(shares, rel=1e-9)


def test_shrinkage_is_that_of_ledoit_and_wolf() -> None:
    # Of two assets HRP is inverse variance, whichever tree it uses.
    returns = normal_returns(2, 2, periods=5)
    shrunk = reference("sklearn.covariance").LedoitWolf().fit(returns).covariance_
    inverse = 1 / np.diag(shrunk)
    answer = calculate(a_request(returns.tolist(), useShrinkage=True))
    assert list(answer.weights.values()) == pytest.approx(inverse / inverse.sum(), rel=1e-12)
    assert answer != calculate(a_request(returns.tolist()))


def test_an_asset_that_hedges_the_others_has_a_negative_share() -> None:
    one, other, noise = normal_returns(3, 3).T
    hedge = -0.6 * one - 0.6 * other + 0.5 * noise
    answer = calculate(a_request(np.column_stack((one, other, hedge)).tolist()))
    assert answer.risk_contributions["A2"] < 0
    assert sum(answer.risk_contributions.values()) == pytest.approx(1)


def test_all_violations_come_at_once() -> None:
    request = a_request([[0.1, 0.2, 0.3], [0.1, 0.3, 0.1]], assetNames=["A", "B", "A"])
    assert refused(request) == [("assetNames.2", "duplicate"), ("returns.0.0", "constant")]


def test_too_many_returns_are_refused() -> None:
    rows = [[0.1] * 1000, [0.2] * 1000] * 1001
    assert ("returns", "too_large") in refused(a_request(rows))


def test_what_is_repeated_is_named() -> None:
    one, other = normal_returns(4, 2).T
    request = a_request(np.column_stack((one, other, one + other)).tolist())
    with pytest.raises(Refused, match="returns of A2 follow from those of A0 and A1"):
        calculate(request)


@pytest.mark.parametrize("shrinkage", [False, True])
def test_a_thousand_assets_are_weighted(shrinkage: bool) -> None:
    returns = np.random.default_rng(1).normal(0, 0.01, (50, 1000))
    answer = calculate(a_request(returns.tolist(), useShrinkage=shrinkage))
    assert sum(answer.weights.values()) == pytest.approx(1)
