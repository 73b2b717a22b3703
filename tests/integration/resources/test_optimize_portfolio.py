"""Hierarchical risk parity on sent returns, on real calculator processes."""

import random
from typing import Any

import httpx
import pandas as pd
import pytest
from tests.support.faults import LEFT_OUT, UNKNOWN_FIELD, Fault, pointed_at, pointers, with_faults
from tests.support.reference_libraries import reference, sp500_returns

from api.resources.calculator_examples import optimize_portfolio
from application.caller import DEFAULT_SCOPES

PATH = "/v1/optimize-portfolio"
BODY = {
    "returns": [[0.01, -0.02, 0.005], [-0.03, 0.01, 0.001], [0.02, 0.02, -0.004], [-0.01, -0.01, 0.002]],
    "assetNames": ["SPY", "AGG", "GLD"],
}
FIELDS = (
    UNKNOWN_FIELD,
    Fault(("returns", 0, 1), "x", "returns.0.1", "wrong_type"),
    Fault(("returns", 1, 0), 1e7, "returns.1.0", "out_of_range"),
    Fault(("returns", 2, 2), None, "returns.2.2", "wrong_type"),
    Fault(("useShrinkage",), "yes", "useShrinkage", "wrong_type"),
)


async def answered(api: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refused(api: httpx.AsyncClient, body: dict[str, Any]) -> list[tuple[str, str]]:
    answer = await api.post(PATH, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return pointed_at(answer)


async def test_the_documented_example_is_what_the_service_answers(api: httpx.AsyncClient) -> None:
    found = await answered(api, dict(optimize_portfolio.REQUESTS["three funds"]))
    assert list(found) == ["weights", "method", "riskContributions"]
    assert found["method"] == "hrp"
    for part in ("weights", "riskContributions"):
        assert found[part] == pytest.approx(optimize_portfolio.ANSWER[part], rel=1e-9)


async def test_two_assets_are_weighted_inversely_to_their_variances(api: httpx.AsyncClient) -> None:
    body = dict(optimize_portfolio.REQUESTS["two funds, shrunk"]) | {"useShrinkage": False}
    found = await answered(api, body)
    assert found["weights"] == pytest.approx({"SPY": 0.23938, "AGG": 0.76062}, abs=5e-6)
    assert found["riskContributions"] == pytest.approx({"SPY": 0.28903, "AGG": 0.71097}, abs=5e-6)


@pytest.mark.parametrize("shrinkage", [False, True])
async def test_real_prices_have_the_weights_of_the_libraries(api: httpx.AsyncClient, shrinkage: bool) -> None:
    # Three assets: the square and the condensed matrix lead to the same tree.
    returns = sp500_returns(250)[:, [0, 4, 9]]
    library = reference("pypfopt")
    names = ["AAPL", "CVX", "KO"]
    frame = pd.DataFrame(returns, columns=names)
    shrunk = library.risk_models.CovarianceShrinkage(frame, returns_data=True, frequency=1).ledoit_wolf()
    theirs = library.HRPOpt(cov_matrix=shrunk if shrinkage else frame.cov()).optimize()

    body = {"returns": returns.tolist(), "assetNames": names, "useShrinkage": shrinkage}
    assert (await answered(api, body))["weights"] == pytest.approx(dict(theirs), abs=1e-10)


async def test_shares_of_risk_sum_to_one_and_every_asset_is_named(api: httpx.AsyncClient) -> None:
    names = [f"A{at}" for at in range(20)]
    found = await answered(api, {"returns": sp500_returns(300).tolist(), "assetNames": names})
    assert list(found["weights"]) == list(found["riskContributions"]) == names
    assert sum(found["weights"].values()) == pytest.approx(1, abs=1e-12)
    assert sum(found["riskContributions"].values()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("shrinkage", [False, True])
async def test_two_periods_of_two_assets_are_enough(api: httpx.AsyncClient, shrinkage: bool) -> None:
    body = {"returns": [[0.01, 0.02], [0.02, 0.0]], "assetNames": ["A", "B"], "useShrinkage": shrinkage}
    found = await answered(api, body)
    assert sum(found["weights"].values()) == pytest.approx(1)
    if not shrinkage:
        assert found["weights"] == pytest.approx({"A": 0.8, "B": 0.2})


async def test_more_assets_than_periods_are_taken(api: httpx.AsyncClient) -> None:
    chance = random.Random(1)
    rows = [[chance.gauss(0, 0.01) for _ in range(30)] for _ in range(8)]
    found = await answered(api, {"returns": rows, "assetNames": [f"A{at}" for at in range(30)]})
    assert sum(found["weights"].values()) == pytest.approx(1)


WRONG: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "one asset": ({"returns": [[0.1], [0.2]], "assetNames": ["A"]}, [("/assetNames", "length")]),
    "one row": ({"returns": [[0.1, 0.2]], "assetNames": ["A", "B"]}, [("/returns", "length")]),
    "empty": (
        {"returns": [], "assetNames": []},
        [("/assetNames", "length"), ("/returns", "length")],
    ),
    "nothing": ({}, [("/assetNames", "missing"), ("/returns", "missing")]),
    "uneven rows": (
        {"returns": [[0.1, 0.2], [0.3], [0.1, 0.1, 0.1]], "assetNames": ["A", "B"]},
        [("/returns/1", "length"), ("/returns/2", "length")],
    ),
    "names twice": (
        {"returns": [[0.1, 0.2, 0.3], [0.3, 0.1, 0.1]], "assetNames": ["A", "B", "A"]},
        [("/assetNames/2", "duplicate")],
    ),
    "constant": (
        {"returns": [[0.1, 0.2, 0.0], [0.1, 0.1, 0.0], [0.1, 0.3, 0.0]], "assetNames": ["A", "B", "C"]},
        [("/returns/0/0", "constant"), ("/returns/0/2", "constant")],
    ),
    "copies": (
        {"returns": [[0.1, 0.2, 1], [0.3, 0.6, 2], [0.2, 0.4, 5], [0, 0, 1]], "assetNames": ["A", "B", "C"]},
        [("/returns/0/1", "collinear")],
    ),
    "a sum": (
        {
            "returns": [[0.1, 0.2, 0.3], [0.3, 0.1, 0.4], [0.2, 0.4, 0.6], [0, 0.1, 0.1], [0.1, 0, 0.1]],
            "assetNames": ["A", "B", "C"],
        },
        [("/returns/0/2", "collinear")],
    ),
    "a full hedge": (
        {"returns": [[0.1, -0.1], [0.3, -0.3]], "assetNames": ["A", "B"]},
        [("/returns", "no_risk")],
    ),
    "too small to square": (
        {"returns": [[1e-200, 0.1], [2e-200, 0.2], [0, 0.1]], "assetNames": ["A", "B"]},
        [("/returns", "constant")],
    ),
    "not numbers": (
        {"returns": [["NaN", 0.1], [True, 0.2]], "assetNames": ["A", 7]},
        [("/assetNames/1", "wrong_type"), ("/returns/0/0", "wrong_type"), ("/returns/1/0", "wrong_type")],
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_cannot_be_weighted_is_refused_with_its_place(api: httpx.AsyncClient, name: str) -> None:
    body, found = WRONG[name]
    assert await refused(api, body) == found


async def test_copies_are_taken_where_the_covariance_is_shrunk(api: httpx.AsyncClient) -> None:
    body, _ = WRONG["copies"]
    found = await answered(api, body | {"useShrinkage": True})
    assert sum(found["weights"].values()) == pytest.approx(1)


async def test_ten_thousand_assets_are_refused(api: httpx.AsyncClient) -> None:
    names = [f"A{at}" for at in range(10_000)]
    rows = [[0.01 * (at % 7) for at in range(10_000)], [0.02] * 10_000]
    assert ("/returns/0", "length") in await refused(api, {"returns": rows, "assetNames": names})


async def test_wrong_fields_and_broken_rules_come_in_one_answer(api: httpx.AsyncClient) -> None:
    rules = (
        Fault(("assetNames",), ["SPY", "AGG", "AGG"], "assetNames.2", "duplicate"),
        Fault(("returns", 3), [0.1, 0.2], "returns.3", "length"),
    )
    assert await refused(api, with_faults(BODY, [*FIELDS, *rules])) == pointers([*FIELDS, *rules])
    missing = [Fault(("assetNames",), LEFT_OUT, "assetNames", "missing")]
    assert await refused(api, with_faults(BODY, missing)) == pointers(missing)


@pytest.mark.parametrize("literal", ["NaN", "Infinity"])
async def test_what_is_no_json_number_is_no_json(api: httpx.AsyncClient, literal: str) -> None:
    content = f'{{"returns": [[0.1, {literal}], [0.2, 0.1]], "assetNames": ["A", "B"]}}'
    answer = await api.post(PATH, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


async def test_it_needs_the_scope_to_optimise(client_of: Any) -> None:
    without = client_of("acme", DEFAULT_SCOPES - {"optimize"})
    answer = await without.post(PATH, json=BODY)
    assert answer.status_code == 403
    assert "optimize" in answer.json()["detail"]


async def test_the_same_request_has_the_same_answer_to_the_last_digit(api: httpx.AsyncClient) -> None:
    body = {"returns": sp500_returns(200).tolist(), "assetNames": [f"A{at}" for at in range(20)]}
    assert (await api.post(PATH, json=body)).content == (await api.post(PATH, json=body)).content
