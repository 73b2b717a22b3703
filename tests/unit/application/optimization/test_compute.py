import itertools
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.support.optimization_datasets import a_dataset, of_moments
from tests.support.optimization_samples import normal_returns
from tests.support.reference_libraries import reference, sp500_index_returns, sp500_returns

from application.optimization.answer import MethodResult, MethodWork
from application.optimization.compute import compute, result_of
from application.optimization.dataset import AssetFacts, RiskFree
from application.optimization.request import Terms


def terms(**parts: Any) -> Terms:
    return msgspec.convert(parts, Terms)


def test_a_result_has_weights_figures_and_how_they_would_have_fared() -> None:
    dataset = a_dataset(sp500_returns(), benchmark=sp500_index_returns())

    result = result_of("MinVol", dataset, terms())

    assert result.status == "completed"
    assert result.weights is not None
    assert list(result.weights) == list(dataset.names)
    assert sum(result.weights.values()) == pytest.approx(1)
    assert sum((result.risk_contributions or {}).values()) == pytest.approx(1)
    assert result.out_of_sample is not None
    assert [split.test_start for split in result.out_of_sample.splits] == [252, 503, 754, 1005]
    assert result.out_of_sample.periods == 4 * 251
    assert result.out_of_sample.benchmark is not None


def test_out_of_sample_returns_are_those_of_skfolios_walk() -> None:
    """Weights of each split are fitted on the periods before it alone: tolerance 1e-4, that of its solver."""
    returns = sp500_returns()
    splitter = reference("sklearn.model_selection").TimeSeriesSplit(n_splits=4)
    expected = np.concatenate([
        returns[test] @ reference("skfolio.optimization").MeanRisk().fit(returns[train]).weights_
        for train, test in splitter.split(returns)
    ])  # fmt: skip

    result = result_of("MinVol", a_dataset(returns), terms())

    assert result.out_of_sample is not None
    assert result.out_of_sample.total_return == pytest.approx(float(np.prod(1 + expected)) - 1, rel=1e-3)
    assert result.out_of_sample.volatility == pytest.approx(expected.std(ddof=1) * 252**0.5, rel=1e-4)


def test_the_same_work_gives_the_same_bytes_but_for_the_time_it_took() -> None:
    work = MethodWork(method="HRP", dataset=a_dataset(normal_returns(1, 5)).encoded(), terms=terms())
    ticks = itertools.count()

    one, other = (compute(work, clock=lambda: float(next(ticks) ** 2)) for _ in range(2))

    assert one.result.compute_seconds == 1
    assert other.result.compute_seconds == 5
    untimed = [msgspec.structs.replace(each.result, compute_seconds=0.0) for each in (one, other)]
    assert msgspec.json.encode(untimed[0]) == msgspec.json.encode(untimed[1])


def test_moments_are_taken_as_they_are() -> None:
    mean, covariance = np.array([0.1, 0.2]), np.array([[0.04, 0.0], [0.0, 0.09]])

    result = result_of("MinVol", of_moments(mean, covariance), terms())

    # Two uncorrelated assets: inverse to their variances.
    assert result.weights == pytest.approx({"A0": 9 / 13, "A1": 4 / 13}, abs=1e-7)
    assert result.metrics is not None
    assert result.metrics.expected_return == pytest.approx(0.1 * 9 / 13 + 0.2 * 4 / 13)
    assert result.metrics.max_drawdown is None
    assert result.in_sample is None
    assert result.out_of_sample is None
    assert result.unavailable["out_of_sample"].code == "no_returns"


def test_a_frontier_is_told_by_asset_and_per_year() -> None:
    daily = a_dataset(normal_returns(2, 4))

    result = result_of("CriticalLineAlgorithm", daily, terms())

    assert not isinstance(result.frontier, msgspec.UnsetType)
    returns = [point.expected_return for point in result.frontier]
    assert returns == sorted(returns, reverse=True)
    assert result.metrics is not None
    assert result.metrics.expected_return == pytest.approx(
        sum(
            weight * normal_returns(2, 4).mean(axis=0)[int(name[1:])] * 252
            for name, weight in (result.weights or {}).items()
        )
    )
    best = max(point.expected_return / point.volatility for point in result.frontier)
    assert result.metrics.sharpe_ratio is not None
    assert result.metrics.sharpe_ratio >= best - 1e-9


def test_a_method_takes_its_own_risk_free_rate() -> None:
    dataset = of_moments(
        np.array([0.1, 0.2]), np.array([[0.04, 0.0], [0.0, 0.09]]), risk_free=RiskFree(value=0.01)
    )

    result = result_of("MVO", dataset, terms(options={"MVO": {"risk_free_rate": 0.05}}))

    # Tangency of two uncorrelated assets: (μ − r) / σ², scaled to 1.
    raw = np.array([0.05 / 0.04, 0.15 / 0.09])
    assert list((result.weights or {}).values()) == pytest.approx((raw / raw.sum()).tolist(), abs=1e-6)
    assert result.metrics is not None
    assert result.metrics.sharpe_ratio == pytest.approx(
        ((result.metrics.expected_return or 0) - 0.05) / (result.metrics.volatility or 1)
    )


def test_a_method_that_cannot_be_computed_says_why() -> None:
    falling = -np.abs(normal_returns(3, 3)) - 0.001

    result = result_of("MVO", a_dataset(falling), terms())

    assert result.status == "failed"
    assert result.weights is None
    assert result.error
    assert result.error.code == "no_excess_return"


def test_options_are_echoed_with_their_defaults() -> None:
    dataset = a_dataset(normal_returns(4, 5))

    result = result_of("HRP", dataset, terms(options={"HRP": {"linkage": "ward"}}))

    assert result.options == {"linkage": "ward", "distance": "square", "leaf_order": "none"}


def limited(method: Any, constraints: dict[str, Any], **others: Any) -> MethodResult:
    dataset = a_dataset(sp500_returns(), **others)
    return result_of(method, dataset, terms(constraints=constraints))


def test_limits_hold_by_asset_group_and_sector() -> None:
    sectors = ("Technology", "financials")
    facts = tuple(AssetFacts(name=f"A{at}", sector=sectors[at % 2]) for at in range(20))
    constraints = {
        "max_weight": {"A6": 0.05},
        "groups": [{"name": "few", "assets": ["A7", "A8", "A9"], "max_weight": 0.1}],
        "sectors": {"Information Technology": {"max_weight": 0.3}},
    }

    weights = limited("MinVol", constraints, assets=facts).weights or {}

    assert weights["A6"] <= 0.05 + 1e-8
    assert weights["A7"] + weights["A8"] + weights["A9"] <= 0.1 + 1e-8
    assert sum(weights[f"A{at}"] for at in range(0, 20, 2)) == pytest.approx(0.3, abs=1e-6)


def test_a_volatility_is_a_limit_a_year() -> None:
    metrics = limited("MaxQuadraticUtility", {"target_volatility": 0.2}).metrics

    assert metrics is not None
    assert metrics.volatility == pytest.approx(0.2, rel=1e-6)


def test_annual_targets_are_met_per_year() -> None:
    metrics = limited("MinVol", {"target_return": 0.2}).metrics

    assert metrics is not None
    assert metrics.expected_return == pytest.approx(0.2, abs=1e-6)


def test_a_walk_too_short_to_test_says_so() -> None:
    result = result_of("EquiWeighted", a_dataset(normal_returns(5, 5, periods=8)), terms())

    assert result.status == "completed"
    assert result.out_of_sample is None
    assert result.unavailable["out_of_sample"].code == "short_history"


def test_a_method_inside_takes_its_own_risk_free_rate() -> None:
    dataset = a_dataset(sp500_returns(500))
    stack = {"methods": ["MVO"], "folds": 0}

    def weights(method: Any, **options: Any) -> Any:
        return result_of(method, dataset, terms(options=options)).weights

    alone = weights("MVO", MVO={"risk_free_rate": 0.05})
    assert weights("StackingOptimization", StackingOptimization=stack, MVO={"risk_free_rate": 0.05}) == alone
    assert weights("StackingOptimization", StackingOptimization=stack) != alone
