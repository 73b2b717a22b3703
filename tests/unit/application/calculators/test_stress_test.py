from typing import Any, get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.risk.stress_scenarios import SHOCKS
from application.calculators.stress_test import calculate
from application.calculators.stress_test_request import (
    QUICKLY,
    SCENARIOS,
    STEPS_MAX,
    Scenario,
    StressTestAnswer,
    StressTestRequest,
)
from domain.errors import Refused

TWO_FUNDS: dict[str, Any] = {
    "weights": {"SPY": 0.6, "AGG": 0.4},
    "expectedReturns": {"SPY": 0.0003, "AGG": 0.0002},
    "dailyVols": {"SPY": 0.01, "AGG": 0.008},
    "correlationMatrix": [[1.0, 0.4], [0.4, 1.0]],
    "assetOrder": ["SPY", "AGG"],
}


def answered(**changes: Any) -> StressTestAnswer:
    return calculate(msgspec.convert({**TWO_FUNDS, **changes}, StressTestRequest))


def refused(**changes: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(Refused) as refusal:
        answered(**changes)
    return [(one.field, one.code) for one in refusal.value.violations]


def of_three(matrix: list[list[float]]) -> dict[str, Any]:
    names = ["A", "B", "C"]
    return {
        "weights": dict.fromkeys(names, 1 / 3),
        "expectedReturns": dict.fromkeys(names, 0.0),
        "dailyVols": dict.fromkeys(names, 0.01),
        "correlationMatrix": matrix,
        "assetOrder": names,
    }


def of_many(count: int, correlation: float) -> dict[str, Any]:
    names = [f"A{at}" for at in range(count)]
    return {
        "weights": dict.fromkeys(names, 1 / count),
        "expectedReturns": dict.fromkeys(names, 0.0),
        "dailyVols": dict.fromkeys(names, 0.01),
        "correlationMatrix": [[1.0 if a == b else correlation for a in names] for b in names],
        "assetOrder": names,
    }


def test_all_scenarios_are_simulated_unless_told_otherwise() -> None:
    answer = answered()

    assert [(one.name, one.duration_days) for one in answer.scenarios] == [
        ("GFC_2008", 127),
        ("COVID_2020", 23),
        ("DOTCOM_2000", 637),
    ]
    assert (answer.simulations, answer.seed, answer.rebalancing) == (1_000, 0, "daily")
    for one in answer.scenarios:
        assert -1 <= one.max_drawdown <= one.cvar95 <= one.var95 < 0
        assert one.max_drawdown < one.expected_drawdown < 0


def test_the_answer_has_the_documented_names() -> None:
    first = msgspec.to_builtins(answered(scenarios=["COVID_2020"]))["scenarios"][0]

    assert {"name", "durationDays", "maxDrawdown", "var95", "cvar95"} <= first.keys()


def test_scenarios_come_as_they_were_asked_for_and_do_not_depend_on_each_other() -> None:
    both = answered(scenarios=["COVID_2020", "GFC_2008"])

    assert [one.name for one in both.scenarios] == ["COVID_2020", "GFC_2008"]
    assert answered(scenarios=["GFC_2008"]).scenarios == both.scenarios[1:]


def test_the_request_and_the_shocks_know_the_same_scenarios() -> None:
    assert list(SCENARIOS) == list(SHOCKS) == list(get_args(Scenario))
    assert list(SCENARIOS.values()) == [one.days for one in SHOCKS.values()]


def test_the_seed_decides_and_more_paths_bring_seeds_together() -> None:
    def loss(**options: Any) -> float:
        return answered(scenarios=["COVID_2020"], **options).scenarios[0].cvar95

    assert loss(seed=1) == loss(seed=1) != loss(seed=2)
    few = abs(loss(seed=1, simulations=50) - loss(seed=2, simulations=50))
    many = abs(loss(seed=1, simulations=200_000) - loss(seed=2, simulations=200_000))
    assert many < 0.003 < few


def test_the_order_of_assets_does_not_matter() -> None:
    turned = answered(assetOrder=["AGG", "SPY"])

    for there, here in zip(turned.scenarios, answered().scenarios, strict=True):
        assert there.cvar95 == pytest.approx(here.cvar95, abs=1e-6)


def test_a_portfolio_left_alone_is_another_one_than_one_rebalanced() -> None:
    alone, rebalanced = answered(rebalancing="never", simulations=20_000), answered(simulations=20_000)

    assert alone.rebalancing == "never"
    for one, other in zip(alone.scenarios, rebalanced.scenarios, strict=True):
        assert one.cvar95 != other.cvar95
        assert one.cvar95 == pytest.approx(other.cvar95, abs=0.03)


@pytest.mark.parametrize("rebalancing", ["daily", "never"])
def test_what_never_moves_loses_nothing(rebalancing: str) -> None:
    answer = answered(
        dailyVols={"SPY": 0, "AGG": 0}, expectedReturns={"SPY": 0, "AGG": 0}, rebalancing=rebalancing
    )

    assert b"-0.0" not in msgspec.json.encode(answer)
    assert {(one.var95, one.cvar95, one.max_drawdown) for one in answer.scenarios} == {(0, 0, 0)}


def test_assets_that_move_as_one_can_be_simulated() -> None:
    answer = answered(correlationMatrix=[[1, 1], [1, 1]], rebalancing="never")

    assert all(one.cvar95 < 0 for one in answer.scenarios)


def test_weights_that_almost_sum_to_one_do() -> None:
    answered(weights={"SPY": 0.6, "AGG": 0.400001})
    assert refused(weights={"SPY": 0.6, "AGG": 0.4000011}) == [("weights", "sum_not_one")]
    assert refused(weights={"SPY": 0.6, "AGG": 0.3}) == [("weights", "sum_not_one")]


def test_everything_wrong_is_said_at_once() -> None:
    found = refused(
        weights={"SPY": 0.6, "BRK.B": 0.5},
        expectedReturns={"SPY": 0.0003},
        correlationMatrix=[[0.9, 0.4], [0.5, 1.0]],
        scenarios=["GFC_2008", "GFC_2008"],
    )

    assert found == [
        ("weights", "sum_not_one"),
        ("scenarios.1", "duplicate"),
        ("weights.AGG", "missing"),
        (r"weights.BRK\.B", "unknown_asset"),
        ("expectedReturns.AGG", "missing"),
        ("correlationMatrix.0.0", "not_one"),
        ("correlationMatrix.1.0", "not_symmetric"),
    ]


def test_a_matrix_of_another_size_is_refused_row_by_row() -> None:
    assert refused(correlationMatrix=[[1.0, 0.4, 0.1], [0.4, 1.0]]) == [("correlationMatrix.0", "length")]
    assert refused(correlationMatrix=[[1.0]]) == [
        ("correlationMatrix", "length"),
        ("correlationMatrix.0", "length"),
    ]
    assert refused(assetOrder=["SPY", "AGG", "SPY"])[0] == ("assetOrder.2", "duplicate")


def test_correlations_that_no_returns_can_have_are_refused_beside_all_else() -> None:
    impossible = of_three([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])

    assert refused(**impossible) == [("correlationMatrix", "not_positive_semidefinite")]
    assert refused(**{**impossible, "weights": {"A": 1, "B": 1, "C": 1}}) == [
        ("weights", "sum_not_one"),
        ("correlationMatrix", "not_positive_semidefinite"),
    ]


@pytest.mark.parametrize("count", [QUICKLY, QUICKLY + 1])
@pytest.mark.parametrize("short", [-1e-6, 1e-6])
def test_the_least_correlation_of_many_assets_is_told_from_a_lesser_one(count: int, short: float) -> None:
    # n assets with the same correlation between any two cannot all have less than −1/(n − 1).
    least = -1 / (count - 1) + short
    portfolio = of_many(count, least)

    if short < 0:
        assert refused(**portfolio) == [("correlationMatrix", "not_positive_semidefinite")]
    else:
        assert answered(**portfolio, simulations=50).scenarios


@given(st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_a_matrix_is_refused_where_numpy_finds_a_negative_eigenvalue(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    matrix = random.uniform(-1, 1, (count, count))
    matrix = np.tril(matrix, -1) + np.tril(matrix, -1).T + np.eye(count)
    names = [f"A{at}" for at in range(count)]
    asked = msgspec.convert(
        {**of_many(count, 0.0), "assetOrder": names, "correlationMatrix": matrix.tolist()}, StressTestRequest
    )

    smallest = np.linalg.eigvalsh(matrix)[0]
    assert [one.code for one in asked.violations()] == (
        ["not_positive_semidefinite"] if smallest < -1e-8 else []
    )


def test_too_many_steps_without_rebalancing_are_refused() -> None:
    assert 30 * 23 * 1_000_000 < STEPS_MAX < 30 * 787 * 1_000_000

    assert refused(**of_many(30, 0.0), simulations=1_000_000, rebalancing="never") == [
        ("simulations", "too_large")
    ]


@settings(deadline=None, max_examples=30)
@given(
    weight=st.floats(-100, 100),
    mean=st.floats(-1, 1),
    volatility=st.floats(0, 1),
    correlation=st.floats(-1, 1),
    rebalancing=st.sampled_from(["daily", "never"]),
)
def test_no_request_that_is_taken_has_an_answer_beyond_numbers(
    weight: float, mean: float, volatility: float, correlation: float, rebalancing: str
) -> None:
    answer = answered(
        weights={"SPY": weight, "AGG": max(min(1 - weight, 100), -100)}
        if weight >= -99
        else TWO_FUNDS["weights"],
        expectedReturns={"SPY": mean, "AGG": -mean},
        dailyVols={"SPY": volatility, "AGG": 1},
        correlationMatrix=[[1, correlation], [correlation, 1]],
        rebalancing=rebalancing,
        simulations=50,
    )

    assert b"null" not in msgspec.json.encode(answer)
    assert all(-1 <= one.max_drawdown <= 0 and one.cvar95 <= one.var95 for one in answer.scenarios)


@pytest.mark.parametrize(
    "changes",
    [
        {"simulations": 49},
        {"simulations": 1_000_001},
        {"simulations": 100.5},
        {"scenarios": []},
        {"scenarios": ["BLACK_MONDAY"]},
        {"dailyVols": {"SPY": -0.01, "AGG": 0.008}},
        {"correlationMatrix": [[1.0, 1.4], [1.4, 1.0]]},
        {"correlationMatrix": []},
        {"weights": {}},
        {"seed": -1},
        {"rebalancing": "monthly"},
        {"extra": 1},
    ],
)
def test_what_is_out_of_range_is_no_request(changes: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**TWO_FUNDS, **changes}, StressTestRequest)
