"""The calculators as a client sees them, on real calculator processes, against published figures."""

import asyncio
import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support import longley
from tests.support.calculator_faults import FAULTY
from tests.support.faults import Fault, pointed_at, pointers, with_faults

from api.resources.calculator_examples import attribution, factors, performance, rebalance, returns, risk
from application.caller import DEFAULT_SCOPES

EDHEC = Path(__file__).parents[2] / "unit/analytics/risk/edhec.csv"
DOCUMENTED = [
    (of.__name__.rpartition(".")[2], next(iter(of.REQUESTS.values())), of.ANSWER)
    for of in (attribution, factors, performance, rebalance, returns, risk)
]


async def answered(api: httpx.AsyncClient, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = await api.post(f"/v1/analytics/{name}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(("name", "request_body", "answer"), DOCUMENTED)
async def test_documented_examples_are_what_the_service_answers(
    api: httpx.AsyncClient, name: str, request_body: dict[str, Any], answer: dict[str, Any]
) -> None:
    assert alike(await answered(api, name, request_body), answer)


def alike(answer: Any, example: Any) -> bool:
    """Equal but for the last digits, which the processor's own way of adding decides."""
    if isinstance(example, Mapping):
        return answer.keys() == example.keys() and all(alike(answer[key], example[key]) for key in example)
    if isinstance(example, list):
        return len(answer) == len(example) and all(map(alike, answer, example))
    if isinstance(example, float):
        return bool(answer == pytest.approx(example, rel=1e-9, abs=1e-15))
    return bool(answer == example)


async def test_all_six_calculators_are_documented_by_an_example() -> None:
    assert {name for name, *_ in DOCUMENTED} == {
        "performance",
        "returns",
        "risk",
        "attribution",
        "factors",
        "rebalance",
    }


async def test_bacons_attribution_gives_his_effects(api: httpx.AsyncClient) -> None:
    # C. Bacon, Practical Portfolio Performance Measurement and Attribution (2nd edition), table 5.1 and following.
    found = await answered(api, "attribution", attribution.REQUESTS["one period"])
    effects = {one["segment"]: one for one in found["segments"]}
    assert found["portfolio_return"] == pytest.approx(0.083)
    assert found["benchmark_return"] == pytest.approx(0.064)
    assert [effects[name]["allocation_effect"] for name in effects] == pytest.approx([0, -0.0104, -0.0016])
    assert [effects[name]["selection_effect"] for name in effects] == pytest.approx([0.04, -0.002, -0.008])
    assert [effects[name]["interaction_effect"] for name in effects] == pytest.approx([0, -0.001, 0.002])
    assert found["totals"]["total_effect"] == pytest.approx(found["active_return"], abs=1e-12)


async def test_excels_example_of_xirr_is_reproduced(api: httpx.AsyncClient) -> None:
    # The example in the documentation of Excel's XIRR: 37.34 %.
    body = {
        "valuations": [{"date": "2008-01-01", "value": 10000}, {"date": "2009-04-01", "value": 2750}],
        "flows": [
            {"date": "2008-03-01", "amount": -2750},
            {"date": "2008-10-30", "amount": -4250},
            {"date": "2009-02-15", "amount": -3250},
        ],
    }
    found = await answered(api, "returns", body)
    assert found["xirr"] == pytest.approx(0.373362535, abs=1e-8)
    assert found["xirr_roots"] == [found["xirr"]]


@pytest.mark.parametrize(
    ("method", "var", "cvar"),
    [("historical", 0.0150, 0.0387), ("parametric", 0.0217, 0.0287), ("cornish_fisher", 0.0256, 0.0894)],
)
async def test_hedge_fund_indices_have_the_published_tail(
    api: httpx.AsyncClient, method: str, var: float, cvar: float
) -> None:
    # Printed, cut after four decimals, by the examples of PerformanceAnalytics for its data set edhec.
    rows = EDHEC.read_text().splitlines()[1:]
    returns = [float(row.split(",")[0]) for row in rows]
    found = await answered(api, "risk", {"returns": returns, "confidence": 0.95, "method": method})
    assert (found["var"], found["cvar"]) == pytest.approx((var, cvar), abs=1.01e-4)
    assert found["n_observations"] == 293
    assert found["conventions"]["method"] == method


async def test_the_longley_regression_has_its_certified_values(api: httpx.AsyncClient) -> None:
    employed, *others = zip(*longley.ROWS, strict=True)
    factors = {f"x{place}": series for place, series in enumerate(others, start=1)}
    found = await answered(api, "factors", {"returns": employed, "factors": factors})
    assert [one["factor_name"] for one in found["loadings"]] == list(factors)
    told = [found["intercept"]["value"], *(one["loading"] for one in found["loadings"])]
    assert told == pytest.approx(longley.ESTIMATES, rel=1e-9)
    deviations = [one["std_error"] for one in (found["intercept"], *found["loadings"])]
    assert deviations == pytest.approx(longley.STD_ERRORS, rel=1e-9)
    assert found["r_squared"] == pytest.approx(longley.R_SQUARED, rel=1e-12)
    assert found["residual_std_error"] == pytest.approx(longley.RESIDUAL_STD_ERROR, rel=1e-9)


async def test_bacons_monthly_returns_have_the_published_figures(api: httpx.AsyncClient) -> None:
    # `portfolio_bacon` of PerformanceAnalytics; the printed M squared of its example is 0.10062.
    body = {"returns": BACON, "benchmark": BACON_BENCHMARK, "periods_per_year": 12, "risk_free": 0}
    found = await answered(api, "performance", body)
    assert found["metrics"]["total_return"] == pytest.approx(0.218106, abs=1e-6)
    assert found["metrics"]["kurtosis"] == pytest.approx(-0.57, abs=0.005)
    assert found["conventions"]["periods_per_year"] == 12
    assert found["drawdowns"][0]["depth"] == found["metrics"]["max_drawdown"]


async def test_ten_years_of_a_hundred_assets_are_taken(api: httpx.AsyncClient) -> None:
    rows = [[math.sin(day * asset) / 100 for asset in range(1, 101)] for day in range(1, 2521)]
    found = await answered(api, "risk", {"returns": rows, "method": "parametric"})
    assert found["n_observations"] == 2520
    assert sum(one["component"] for one in found["components"]) == pytest.approx(found["var"], abs=1e-12)


WRONG = [
    (
        "risk",
        '{"returns": [0.1, "NaN", 1e999], "confidence": 2, "method": "guess"}',
        {"/returns/1", "/returns/2", "/confidence", "/method"},
    ),
    (
        "risk",
        '{"returns": [[0.1, 0.2], [0.1]], "weights": [1], "assets": ["A", "A"]}',
        {"/returns/1", "/weights", "/assets"},
    ),
    (
        "performance",
        '{"returns": [0.1], "benchmark": [0.1, 0.2], "periods_per_year": 12, "risk_free": [0, 0]}',
        {"/benchmark", "/risk_free"},
    ),
    ("performance", '{"returns": [0.1], "extra": 1}', {"/periods_per_year", "/extra"}),
    (
        "returns",
        '{"valuations": [{"date": "2024-02-30", "value": "x"}]}',
        {"/valuations/0/date", "/valuations/0/value"},
    ),
    (
        "attribution",
        '{"periods": [{"segments": [{"segment": "A", "portfolio_weight": 0.5, "portfolio_return": 0.1}]}]}',
        {"/periods/0/segments"},
    ),
    (
        "returns",
        '{"valuations": [{"date": "2024-01-02", "value": "NaN"}, {"date": "2024-01-03", "value": 2e18}]}',
        {"/valuations/0/value", "/valuations/1/value"},
    ),
    (
        "rebalance",
        '{"holdings": [], "allocations": [], "options": {"currency": "ZZZ"}}',
        {"/allocations", "/options/currency"},
    ),
    ("factors", '{"returns": [0.1, 0.2, 0.3], "factors": {"market": [0.1]}}', {"/factors/market"}),
    (
        "factors",
        '{"returns": [0.1, 0.2, 0.3], "factors": {"BRK.B": [0.1], "a/b": [1, 2]}}',
        {"/factors/BRK.B", "/factors/a~1b"},
    ),
]


@pytest.mark.parametrize(("name", "body", "found"), WRONG)
async def test_all_that_is_wrong_is_said_at_once_and_where(
    api: httpx.AsyncClient, name: str, body: str, found: set[str]
) -> None:
    answer = await api.post(
        f"/v1/analytics/{name}", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422, answer.text
    assert {one["pointer"] for one in answer.json()["errors"]} == found


def drawn(faults: tuple[Fault, ...], seed: str) -> list[Fault]:
    """Return some of the faults, at least one; the same ones for the same seed."""
    chance = random.Random(seed)
    return chance.sample(faults, chance.randint(1, len(faults)))


@pytest.mark.parametrize("name", FAULTY)
async def test_wrong_fields_and_broken_rules_come_in_one_answer(api: httpx.AsyncClient, name: str) -> None:
    faulty = FAULTY[name]
    every = [*faulty.fields, *faulty.rules]
    some = [[*drawn(faulty.fields, f"fields {n}"), *drawn(faulty.rules, f"rules {n}")] for n in range(10)]
    for faults in ([], every, list(faulty.rules), *some):
        answer = await api.post(f"/v1/analytics/{name}", json=with_faults(faulty.body, faults))
        assert answer.status_code == (422 if faults else 200), answer.text
        if faults:
            assert pointed_at(answer) == pointers(faults)


@pytest.mark.parametrize("name", FAULTY)
async def test_broken_rules_stand_beside_a_parameter_that_is_not_known(
    api: httpx.AsyncClient, name: str
) -> None:
    faulty = FAULTY[name]
    answer = await api.post(f"/v1/analytics/{name}?colour=1", json=with_faults(faulty.body, faulty.rules))
    assert answer.status_code == 422
    assert pointed_at(answer) == sorted([("", "unknown_parameter"), *pointers(faulty.rules)])


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
async def test_what_is_no_json_number_is_no_json(api: httpx.AsyncClient, literal: str) -> None:
    answer = await api.post(
        "/v1/analytics/risk",
        content=f'{{"returns": [0.1, {literal}]}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_idempotency_key_is_ignored_because_nothing_is_stored(api: httpx.AsyncClient) -> None:
    for value in (0.01, 0.02):
        answer = await api.post(
            "/v1/analytics/performance",
            json={"returns": [value, value], "periods_per_year": 1},
            headers={"Idempotency-Key": "the same"},
        )
        assert answer.status_code == 200
        assert "idempotent-replayed" not in answer.headers
        assert answer.json()["metrics"]["best_period"] == value


async def test_calculators_need_their_scope(client_of: Any) -> None:
    without = client_of("acme", DEFAULT_SCOPES - {"analytics:read"})
    answer = await without.post("/v1/analytics/risk", json={"returns": [0.1, 0.2]})
    assert answer.status_code == 403
    assert "analytics:read" in answer.json()["detail"]


async def test_a_body_beyond_the_limit_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/analytics/risk", json={"returns": [0.123456789] * 1_400_000})
    assert answer.status_code == 413


async def test_several_calculations_at_once_are_all_answered(api: httpx.AsyncClient) -> None:
    bodies = [{"returns": [number / 1000, -0.01], "periods_per_year": 1} for number in range(12)]
    found = await asyncio.gather(*(answered(api, "performance", body) for body in bodies))
    assert [one["metrics"]["best_period"] for one in found] == [number / 1000 for number in range(12)]


async def test_components_can_be_had_as_csv(api: httpx.AsyncClient) -> None:
    answer = await api.post(
        "/v1/analytics/risk",
        json=risk.REQUESTS["two assets"],
        headers={"Accept": "text/csv"},
    )
    assert answer.status_code == 200
    lines = answer.text.split("\r\n")
    assert lines[0].startswith("asset,weight,marginal,component,share")
    assert [line.split(",")[0] for line in lines[1:3]] == ["SPY", "AGG"]


BACON = [
    0.003, 0.026, 0.011, -0.01, 0.015, 0.025, 0.016, 0.067, -0.014, 0.04, -0.005, 0.081,
    0.04, -0.037, -0.061, 0.017, -0.049, -0.022, 0.07, 0.058, -0.065, 0.024, -0.005, -0.009,
]  # fmt: skip
BACON_BENCHMARK = [
    0.002, 0.025, 0.018, -0.011, 0.014, 0.018, 0.014, 0.065, -0.015, 0.042, -0.006, 0.083,
    0.039, -0.038, -0.062, 0.015, -0.048, 0.021, 0.06, 0.056, -0.067, 0.019, -0.003, 0.0,
]  # fmt: skip
