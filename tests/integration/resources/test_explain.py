"""Explanations as a client sees them, on real market data tables and calculator processes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from tests.support.market import MarketData, weekdays
from tests.support.service import Service

DAYS = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4), date(2024, 2, 1)]


@pytest.fixture
def market(service: Service) -> MarketData:
    market = MarketData(service.database_url)
    market.bars("AAPL", DAYS, [100, 110, 99, 121])
    market.bars("SAP", DAYS, [50, 50, 55, 55], currency="EUR")
    market.fx("EUR", "USD", {DAYS[0]: 1, DAYS[2]: 1.1, DAYS[3]: 1.1})
    return market


@pytest.fixture
async def held(api: httpx.AsyncClient, market: MarketData) -> str:
    """10 AAPL and 10 SAP from the first day on, 20 AAPL from the third, which no cash paid for."""
    answer = await api.post(
        "/v1/portfolios",
        json={
            "name": "Growth",
            "portfolio_type": "long_only",
            "inception_date": "2024-01-02",
            "initial_cash": 1000,
        },
    )
    portfolio = str(answer.headers["location"])
    await holds(api, portfolio, "2024-01-02", ["AAPL,10,USD,technology", "SAP,10,EUR,technology"])
    await holds(api, portfolio, "2024-01-04", ["AAPL,20,USD,technology"])
    return portfolio


async def holds(api: httpx.AsyncClient, portfolio: str, day: str, rows: Sequence[str]) -> None:
    file = "\n".join(["ticker,quantity,currency,sector", *rows])
    answer = await api.post(
        f"{portfolio}/positions/import", params={"as_of": day}, files={"file": ("held.csv", file)}
    )
    assert answer.status_code == 201, answer.text


async def explained(api: httpx.AsyncClient, portfolio: str, **query: Any) -> dict[str, Any]:
    answer = await api.get(f"{portfolio}/explain", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json(parse_float=Decimal))


def steps(found: dict[str, Any]) -> dict[str, float]:
    return {one["stage"]: float(one["contribution"]) for one in found["contributions"] if one["contribution"]}


def no_residual(found: dict[str, Any]) -> bool:
    added = sum(Decimal(one["contribution"]) for one in found["contributions"])
    return bool(Decimal(found["start"]) + added == Decimal(found["end"]))


async def test_a_change_of_value_is_taken_apart(api: httpx.AsyncClient, held: str) -> None:
    found = await explained(api, held)
    # By hand: AAPL 10 x (110 - 100) + 10 x (99 - 110) + 20 x (121 - 99) = 430; SAP 10 x 5 EUR at the rate before
    # = 50, then 550 EUR x 0.1 = 55; 10 AAPL at 99 came in kind.
    assert (found["start"], found["end"], found["change"]) == (2500, 4025, 1525)
    assert steps(found) == {"prices": 480, "fx": 55, "holdings_changes": 990}
    assert no_residual(found)
    rows = {row["ticker"]: row for row in found["positions"]}
    assert (rows["AAPL"]["prices"], rows["AAPL"]["holdings_changes"], rows["SAP"]["fx"]) == (430, 990, 55)
    assert found["explanation"][0] == (
        "From 2024-01-02 to 2024-02-01 the total value rose by 1,525.00 USD, from 2,500.00 USD to 4,025.00 USD."
    )


async def test_both_ends_are_what_the_performance_says(api: httpx.AsyncClient, held: str) -> None:
    query = {"from": "2024-01-03", "to": "2024-01-10"}
    found = await explained(api, held, **query)
    summary = (await api.get(f"{held}/performance", params=query)).json()["summary"]
    assert (float(found["start"]), float(found["end"])) == (summary["start_value"], summary["end_value"])


async def test_a_weight_and_a_drift_are_taken_apart(api: httpx.AsyncClient, held: str) -> None:
    weight = await explained(api, held, metric="weight", ticker="aapl")
    assert float(weight["start"]) == pytest.approx(1000 / 2500)
    assert float(weight["end"]) == pytest.approx(2420 / 4025)
    assert no_residual(weight)
    sector = await explained(api, held, metric="weight", allocation_type="sector", bucket="Tech")
    assert float(sector["end"]) == pytest.approx(3025 / 4025)
    target = {"allocation_type": "sector", "bucket": "technology", "target_weight": 0.5}
    assert (await api.post(f"{held}/allocations", json=target)).status_code in (200, 201)
    drift = await explained(api, held, metric="drift", allocation_type="sector", bucket="technology")
    assert float(drift["start"]) == pytest.approx(1500 / 2500 - 0.5)
    assert float(drift["end"]) == pytest.approx(3025 / 4025 - 0.5)
    assert no_residual(drift)
    whole = await explained(api, held, metric="drift")
    assert (whole["start"], whole["end"]) == (drift["start"], drift["end"])


async def test_value_at_risk_is_taken_apart_and_ends_where_the_risk_says(
    api: httpx.AsyncClient, market: MarketData, held: str
) -> None:
    days = weekdays("2023-06-01", 154)
    prices = [100 + (7 * at) % 13 for at in range(len(days))]
    market.bars("AAPL", days, prices)
    market.bars("SAP", days, [50 + (5 * at) % 7 for at in range(len(days))], currency="EUR")
    market.fx("EUR", "USD", {day: 1 + (at % 5) / 50 for at, day in enumerate(days)})
    found = await explained(api, held, metric="var_95_1d", **{"from": "2024-01-02"})
    assert no_residual(found)
    assert 0 < found["end"] < 1
    stages = [one["stage"] for one in found["contributions"]]
    assert stages[:3] == ["data_corrections", "scenarios", "prices"]
    assert (
        float(next(one for one in found["contributions"] if one["stage"] == "scenarios")["contribution"]) != 0
    )


async def test_what_was_told_later_is_the_first_step(
    api: httpx.AsyncClient, market: MarketData, held: str
) -> None:
    before = datetime.now(UTC).isoformat()
    market.bars("AAPL", DAYS[:1], [104])
    found = await explained(api, held, to="2024-01-02", from_known_at=before)
    assert (found["start"], found["end"]) == (2500, 2540)
    assert steps(found) == {"data_corrections": 40}
    nothing = await explained(api, held, to="2024-01-02", from_known_at="2020-01-01")
    assert (nothing["start"], steps(nothing)) == (0, {"data_corrections": 2540})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"metric": "beauty"}, "metric"),
        ({"metric": "weight"}, "bucket"),
        ({"metric": "weight", "bucket": "technology"}, "allocation_type"),
        ({"metric": "weight", "allocation_type": "sector"}, "bucket"),
        ({"metric": "weight", "ticker": "AAPL", "allocation_type": "sector"}, "allocation_type"),
        ({"ticker": "AAPL"}, "ticker"),
        ({"metric": "drift"}, "bucket"),
        ({"metric": "var_95_1d"}, "metric"),
        ({"from": "2024-02-01", "to": "2024-01-02"}, "from"),
        ({"from_known_at": "2024-02-31"}, "from_known_at"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused(
    api: httpx.AsyncClient, held: str, query: dict[str, str], field: str
) -> None:
    answer = await api.get(f"{held}/explain", params=query)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_another_tenants_portfolio_is_not_found(stranger: httpx.AsyncClient, held: str) -> None:
    assert (await stranger.get(f"{held}/explain")).status_code == 404
