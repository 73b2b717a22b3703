"""The performance of a portfolio as a client sees it, on real market data tables and calculator processes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from tests.support.market import MarketData
from tests.support.service import Service

DAYS = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4), date(2024, 2, 1)]


@pytest.fixture
def market(service: Service) -> MarketData:
    market = MarketData(service.database_url)
    market.bars("AAPL", DAYS, [100, 110, 99, 121])
    index = market.bars("INDEX", DAYS, [1000, 1050, 1000, 1100])
    assert index
    return market


async def a_portfolio(api: httpx.AsyncClient, **given: Any) -> str:
    body = {
        "name": "Growth",
        "portfolio_type": "long_only",
        "inception_date": "2024-01-02",
        "benchmark_ticker": "INDEX",
        **given,
    }
    answer = await api.post("/v1/portfolios", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def holds(api: httpx.AsyncClient, portfolio: str, day: str, rows: Sequence[tuple[str, int]]) -> None:
    file = "\n".join(["ticker,quantity", *(f"{ticker},{quantity}" for ticker, quantity in rows)])
    answer = await api.post(
        f"{portfolio}/positions/import", params={"as_of": day}, files={"file": ("held.csv", file)}
    )
    assert answer.status_code == 201, answer.text


async def told(api: httpx.AsyncClient, portfolio: str, **query: Any) -> dict[str, Any]:
    answer = await api.get(f"{portfolio}/performance", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_period_is_measured_from_what_was_held(api: httpx.AsyncClient, market: MarketData) -> None:
    portfolio = await a_portfolio(api)
    await holds(api, portfolio, "2024-01-02", [("AAPL", 10)])
    await holds(api, portfolio, "2024-01-04", [("AAPL", 20)])
    found = await told(api, portfolio)
    summary = found["summary"]
    assert (summary["from"], summary["to"]) == ("2024-01-02", "2024-02-01")
    assert summary["time_weighted_return"] == pytest.approx(0.21)
    assert summary["active_return"] == pytest.approx(0.11)
    assert (summary["start_value"], summary["end_value"], summary["net_flows"]) == (1000, 2420, 990)
    assert [point["flow"] for point in found["series"]] == [0, 0, 990, 0]
    assert found["unavailable"]["annualised_return"]["code"] == "short_period"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"from": "2024-01-03"}, 0.1),
        ({"from": "2024-01-03", "to": "2024-01-20"}, -0.1),
        ({"period": "2024-01"}, -0.01),
        ({"period": "ytd"}, 0.21),
    ],
)
async def test_any_period_can_be_asked_for(
    api: httpx.AsyncClient, market: MarketData, query: dict[str, str], expected: float
) -> None:
    portfolio = await a_portfolio(api)
    await holds(api, portfolio, "2024-01-02", [("AAPL", 10)])
    found = await told(api, portfolio, **query)
    assert found["summary"]["time_weighted_return"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2024-02-01", "to": "2024-01-02"}, "from"),
        ({"from": "2024-02-30"}, "from"),
        ({"from": "2030-01-01"}, "from"),
        ({"period": "soon"}, "period"),
        ({"period": "ytd", "to": "2024-02-01"}, "period"),
        ({"frequency": "hourly"}, "frequency"),
        ({"window": 1}, "window"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused(
    api: httpx.AsyncClient, market: MarketData, query: dict[str, Any], field: str
) -> None:
    portfolio = await a_portfolio(api)
    await holds(api, portfolio, "2024-01-02", [("AAPL", 10)])
    answer = await api.get(f"{portfolio}/performance", params=query)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_another_tenants_portfolio_is_not_found(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, market: MarketData
) -> None:
    portfolio = await a_portfolio(api)
    assert (await stranger.get(f"{portfolio}/performance")).status_code == 404


async def test_an_earlier_state_of_knowledge_gives_its_own_performance(
    api: httpx.AsyncClient, market: MarketData
) -> None:
    portfolio = await a_portfolio(api)
    await holds(api, portfolio, "2024-01-02", [("AAPL", 10)])
    await holds(api, portfolio, "2024-01-04", [("AAPL", 20)])
    before = await told(api, portfolio, as_of="2024-01-03")
    assert (before["summary"]["to"], before["summary"]["end_value"]) == ("2024-01-03", 1100)


async def test_a_corrected_price_is_not_known_before_it_was_told(
    api: httpx.AsyncClient, market: MarketData
) -> None:
    portfolio = await a_portfolio(api)
    await holds(api, portfolio, "2024-01-02", [("AAPL", 10)])
    before = datetime.now(UTC).isoformat()
    market.bars("AAPL", DAYS[-1:], [150])
    now, then = await told(api, portfolio), await told(api, portfolio, known_at=before)
    assert (now["summary"]["end_value"], then["summary"]["end_value"]) == (1500, 1210)


async def test_an_archived_portfolio_keeps_its_performance(
    api: httpx.AsyncClient, market: MarketData
) -> None:
    portfolio = await a_portfolio(api)
    await holds(api, portfolio, "2024-01-02", [("AAPL", 10)])
    assert (await api.delete(portfolio)).status_code == 204
    assert (await told(api, portfolio))["summary"]["end_value"] == 1210


async def test_tables_go_out_as_csv(api: httpx.AsyncClient, market: MarketData) -> None:
    portfolio = await a_portfolio(api)
    await holds(api, portfolio, "2024-01-02", [("AAPL", 10)])
    answer = await api.get(f"{portfolio}/performance", params={"format": "csv"})
    assert answer.text.splitlines()[0].split(",")[:4] == ["date", "value", "flow", "return"]
    months = await api.get(f"{portfolio}/performance", params={"format": "csv", "table": "monthly"})
    assert months.text.splitlines()[1].startswith("2024,1,")
