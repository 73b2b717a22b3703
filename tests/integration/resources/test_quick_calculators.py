"""Position sizes, factor scores and stress tests as a client sees them, on real calculator processes."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
import pytest
from tests.support.faults import Fault, pointed_at, pointers, with_faults
from tests.support.quick_calculator_faults import FAULTY

from api.resources.calculator_examples import factor_score, size_position, stress_test
from application.calculators.size_position_request import SizePositionAnswer, SizePositionRequest
from application.calculators.stress_test_request import StressTestAnswer, StressTestRequest
from application.caller import DEFAULT_SCOPES
from infrastructure.workers.calculations import WorkerCalculations
from infrastructure.workers.pool import WorkerPool

EXAMPLES = {"size-position": size_position, "factor-score": factor_score, "stress-test": stress_test}
TWO_FUNDS = stress_test.REQUESTS["two funds"]


async def answered(api: httpx.AsyncClient, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = await api.post(f"/v1/{name}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def alike(answer: Any, example: Any) -> bool:
    """Equal but for the last digits, which the processor's own way of adding decides."""
    if isinstance(example, Mapping):
        return answer.keys() == example.keys() and all(alike(answer[key], example[key]) for key in example)
    if isinstance(example, list):
        return len(answer) == len(example) and all(map(alike, answer, example))
    if isinstance(example, float):
        return bool(answer == pytest.approx(example, rel=1e-4, abs=1e-12))
    return bool(answer == example)


@pytest.mark.parametrize("name", EXAMPLES)
async def test_documented_examples_are_what_the_service_answers(api: httpx.AsyncClient, name: str) -> None:
    documented = EXAMPLES[name]

    assert alike(await answered(api, name, next(iter(documented.REQUESTS.values()))), documented.ANSWER)


async def test_the_origin_s_examples_of_sizes_follow_its_formula(api: httpx.AsyncClient) -> None:
    returns = {"expectedReturn": 0.12, "variance": 0.04, "fraction": 0.5}
    bet = {"mode": "discrete", "winProbability": 0.6, "winLossRatio": 1.0, "fraction": 1.0}

    assert await answered(api, "size-position", returns) == {
        "kellyOptimal": pytest.approx(3.0),
        "recommended": 0.25,
        "clamped": True,
        "cap": 0.25,
    }
    assert await answered(api, "size-position", bet) == {
        "kellyOptimal": pytest.approx(0.2),
        "recommended": pytest.approx(0.2),
        "clamped": False,
        "cap": 0.25,
    }


async def test_the_origin_s_example_of_scores_leaves_out_what_it_lacks(api: httpx.AsyncClient) -> None:
    known = {"roe": 0.15, "debtToEquity": 0.3, "bookValuePerShare": 4.0, "price": 180.0}
    prices = [100 + day / 10 for day in range(253)]
    body = {
        "assets": [
            {"ticker": "AAPL", "priceHistory": prices, **known},
            {"ticker": "GLD", "priceHistory": prices[::-1]},
        ]
    }

    found = await answered(api, "factor-score", body)

    assert found["ranks"] == {
        "AAPL": {"momentum": 1, "lowVol": 2, "quality": 1, "value": 1},
        "GLD": {"momentum": 2, "lowVol": 1, "quality": None, "value": None},
    }
    assert all(0 <= score <= 1 for scores in found["scores"].values() for score in scores.values() if score)
    assert found["scores"]["GLD"]["value"] is None
    assert found["unavailable"]["GLD"]["value"]["code"] == "missing_fields"


async def test_the_origin_s_example_of_a_stress_test_has_its_durations_and_signs(
    api: httpx.AsyncClient,
) -> None:
    found = await answered(api, "stress-test", TWO_FUNDS)

    assert [(one["name"], one["durationDays"]) for one in found["scenarios"]] == [
        ("GFC_2008", 127),
        ("COVID_2020", 23),
    ]
    for one in found["scenarios"]:
        assert -1 <= one["maxDrawdown"] <= one["cvar95"] <= one["var95"] < 0


async def test_a_hundred_thousand_paths_of_fifty_assets_are_answered(api: httpx.AsyncClient) -> None:
    names = [f"A{at}" for at in range(50)]
    body = {
        "weights": dict.fromkeys(names, 0.02),
        "expectedReturns": dict.fromkeys(names, 0.0003),
        "dailyVols": dict.fromkeys(names, 0.02),
        "correlationMatrix": [[1 if a == b else 0.3 for a in names] for b in names],
        "assetOrder": names,
        "simulations": 100_000,
    }

    found = await answered(api, "stress-test", body)

    assert [one["name"] for one in found["scenarios"]] == ["GFC_2008", "COVID_2020", "DOTCOM_2000"]
    assert found["simulations"] == 100_000


def drawn(faults: tuple[Fault, ...], seed: str) -> list[Fault]:
    """Return some of the faults, at least one; the same ones for the same seed."""
    chance = random.Random(seed)
    return chance.sample(faults, chance.randint(1, len(faults)))


@pytest.mark.parametrize("name", FAULTY)
async def test_wrong_fields_and_broken_rules_come_in_one_answer(api: httpx.AsyncClient, name: str) -> None:
    faulty = FAULTY[name]
    some = [[*drawn(faulty.fields, f"fields {n}"), *drawn(faulty.rules, f"rules {n}")] for n in range(10)]
    for faults in ([], list(faulty.rules), *some):
        answer = await api.post(f"/v1/{name}", json=with_faults(faulty.body, faults))
        assert answer.status_code == (422 if faults else 200), answer.text
        if faults:
            assert pointed_at(answer) == pointers(faults)


WRONG = [
    ("size-position", "{}", {"/expectedReturn", "/variance"}),
    ("size-position", '{"expectedReturn": 0.1, "variance": 0}', {"/variance"}),
    ("size-position", '{"expectedReturn": 1e999, "variance": "NaN"}', {"/expectedReturn", "/variance"}),
    ("size-position", '{"mode": "kelly"}', {"/mode"}),
    ("factor-score", '{"assets": []}', {"/assets"}),
    (
        "factor-score",
        '{"assets": [{"ticker": "A"}], "factors": ["size"]}',
        {"/assets/0/priceHistory", "/factors/0"},
    ),
    ("stress-test", "{}", {f"/{name}" for name in FAULTY["stress-test"].body if name != "scenarios"}),
]


@pytest.mark.parametrize(("name", "body", "found"), WRONG)
async def test_all_that_is_wrong_is_said_at_once_and_where(
    api: httpx.AsyncClient, name: str, body: str, found: set[str]
) -> None:
    answer = await api.post(f"/v1/{name}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert {one["pointer"] for one in answer.json()["errors"]} == found


async def test_impossible_correlations_stand_beside_a_field_that_is_wrong(api: httpx.AsyncClient) -> None:
    impossible = {
        **FAULTY["stress-test"].body,
        "correlationMatrix": [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]],
        "simulations": 10,
    }
    answer = await api.post("/v1/stress-test", json=impossible)
    assert answer.status_code == 422
    assert pointed_at(answer) == [
        ("/correlationMatrix", "not_positive_semidefinite"),
        ("/simulations", "out_of_range"),
    ]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("size-position", '{"variance": NaN}'),
        ("factor-score", '{"lookback": Infinity}'),
        ("stress-test", '{"simulations": -Infinity}'),
    ],
)
async def test_what_is_no_json_number_is_no_json(api: httpx.AsyncClient, name: str, body: str) -> None:
    answer = await api.post(f"/v1/{name}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize("name", EXAMPLES)
async def test_quick_calculators_need_the_scope_of_calculators(client_of: Any, name: str) -> None:
    without = client_of("acme", DEFAULT_SCOPES - {"analytics:read"})
    answer = await without.post(f"/v1/{name}", json={})
    assert answer.status_code == 403
    assert "analytics:read" in answer.json()["detail"]


async def test_an_idempotency_key_is_ignored_because_nothing_is_stored(api: httpx.AsyncClient) -> None:
    for fraction in (0.1, 0.2):
        answer = await api.post(
            "/v1/size-position",
            json={"expectedReturn": 0.04, "variance": 0.04, "fraction": fraction},
            headers={"Idempotency-Key": "the same"},
        )
        assert answer.json()["recommended"] == pytest.approx(fraction)
        assert "idempotent-replayed" not in answer.headers


async def test_scenarios_and_sizes_can_be_had_as_csv(api: httpx.AsyncClient) -> None:
    csv = {"Accept": "text/csv"}
    scenarios = await api.post("/v1/stress-test", json=TWO_FUNDS, headers=csv)
    size = await api.post("/v1/size-position", json={"expectedReturn": 0.04, "variance": 0.04}, headers=csv)

    assert scenarios.text.startswith(
        "name,durationDays,maxDrawdown,var95,cvar95,expectedDrawdown\r\nGFC_2008,127,-0."
    )
    assert size.text.split("\r\n")[0] == "kellyOptimal,recommended,clamped,cap"


async def test_weights_and_scores_can_be_had_as_csv(api: httpx.AsyncClient) -> None:
    csv = {"Accept": "text/csv"}
    returns = {"returns": [[0.01, -0.005], [0.02, 0.01], [-0.01, 0.005]], "assetNames": ["SPY", "AGG"]}
    weights = await api.post("/v1/optimize-portfolio", json=returns, headers=csv)
    assets = [{"ticker": ticker, "priceHistory": [100, 101, end]} for ticker, end in (("A", 99), ("B", 104))]
    scores = await api.post("/v1/factor-score", json={"assets": assets, "lookback": 2}, headers=csv)

    assert [line.split(",")[0] for line in weights.text.split("\r\n")] == ["name", "SPY", "AGG", ""]
    lines = scores.text.split("\r\n")
    assert lines[0] == "name,other,value"
    assert "A,quality," in lines


async def test_a_small_question_is_answered_while_a_heavy_one_is_computed() -> None:
    asked = {**TWO_FUNDS, "scenarios": ["DOTCOM_2000"], "simulations": 700_000, "rebalancing": "never"}
    heavy = msgspec.convert(asked, StressTestRequest)
    small = SizePositionRequest(expected_return=0.04, variance=0.04)
    pool = WorkerPool("bootstrap.calculator", warm_after=3600, workers=2)
    await pool.start()
    try:
        calculations = WorkerCalculations(pool)
        computed = asyncio.create_task(calculations.run("calculators.stress-test", heavy, StressTestAnswer))
        await asyncio.sleep(0)  # it is on its way
        found = await calculations.run("calculators.size-position", small, SizePositionAnswer)
        assert found.kelly_optimal == pytest.approx(1.0)
        assert not computed.done()
        computed.cancel()
    finally:
        await pool.close()
