import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.support.callers import a_caller
from tests.support.service import Service

from domain.analysis import AttributionStudy, FactorStudy, Found, RiskStudy
from domain.unavailable import Missing

Body = dict[str, Any]
LINES = {"Accept": "application/x-ndjson"}


async def test_the_history_tells_every_event_with_who_and_when(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    page = (await api.get(f"{portfolio}/events")).json()
    assert [event["type"] for event in page["events"]] == [
        "pm.portfolio.registered.v1",
        "pm.holdings.started.v1",
        "pm.holdings.cash-moved.v1",
        "pm.holdings.positions-changed.v1",
    ]
    assert (page["total"], page["limit"], page["offset"]) == (4, 100, 0)
    positions = [event["position"] for event in page["events"]]
    assert positions == sorted(positions)
    assert {event["actor"] for event in page["events"]} == {"acme"}
    assert {event["portfolio_id"] for event in page["events"]} == {portfolio.rsplit("/", 1)[1]}


async def test_changed_positions_are_told_one_by_one(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    address = f"{portfolio}/events?type=pm.holdings.positions-changed.v1"
    (event,) = (await api.get(address)).json()["events"]
    (changed,) = event["data"]["positions"]
    assert (changed["ticker"], changed["quantity"], changed["current_price"]) == ("AAPL", 100, 175.84)


async def test_a_fact_holds_from_the_day_it_says(api: httpx.AsyncClient, portfolio: str) -> None:
    address = f"{portfolio}/events?type=pm.holdings.cash-moved.v1"
    (event,) = (await api.get(address)).json()["events"]
    assert event["effective_at"] == "2024-01-02T00:00:00Z"
    assert event["recorded_at"] > event["effective_at"]


async def test_types_are_filtered_by_several_names(api: httpx.AsyncClient, portfolio: str) -> None:
    query = "type=pm.portfolio.registered.v1&type=holdings.cash-moved"
    page = (await api.get(f"{portfolio}/events?{query}")).json()
    assert (page["total"], len(page["events"])) == (2, 2)


async def test_times_are_filtered(api: httpx.AsyncClient, portfolio: str) -> None:
    events = (await api.get(f"{portfolio}/events")).json()["events"]
    last = events[-1]["recorded_at"]
    for params, total in (
        ({"from": last[:10]}, len(events)),
        ({"to": last[:10]}, len(events)),
        ({"to": last}, len(events)),
        ({"from": "2900-01-01"}, 0),
        ({"to": "2024-01-02"}, 0),
    ):
        assert (await api.get(f"{portfolio}/events", params=params)).json()["total"] == total, params


async def test_pages_follow_each_other(api: httpx.AsyncClient, portfolio: str) -> None:
    everything = (await api.get(f"{portfolio}/events")).json()["events"]
    second = (await api.get(f"{portfolio}/events?limit=1&offset=1")).json()
    assert second["events"] == everything[1:2]
    assert second["total"] == len(everything)


@pytest.mark.parametrize(
    "query",
    ["type=nonsense", "from=yesterday", "to=2026-02-30", "limit=0", "limit=1001", "types=x", "type=%00"],
)
async def test_a_filter_that_is_none_is_refused(api: httpx.AsyncClient, portfolio: str, query: str) -> None:
    assert (await api.get(f"{portfolio}/events?{query}")).status_code == 422


async def test_the_whole_history_comes_as_lines(
    api: httpx.AsyncClient, portfolio: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.resources.events.BATCH", 1)
    events = (await api.get(f"{portfolio}/events")).json()["events"]
    answer = await api.get(f"{portfolio}/events", headers=LINES)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line) for line in answer.text.splitlines()] == events
    some = await api.get(f"{portfolio}/events?limit=2&offset=1", headers=LINES)
    assert [json.loads(line) for line in some.text.splitlines()] == events[1:3]


async def test_what_was_computed_of_a_portfolio_belongs_to_its_history(
    api: httpx.AsyncClient, service: Service, portfolio: str
) -> None:
    portfolio_id = UUID(portfolio.rsplit("/", 1)[1])
    why = Missing(code="no_history", detail="No price of the past is known.")
    found = Found(source_position=1, market_version=0, snapshot=None, refusal=why)
    async with service.ledger.unit(a_caller()) as unit:
        (await unit.analysis(portfolio_id)).refresh(["risk"], at=unit.now)
        (await unit.study(RiskStudy, portfolio_id)).compute(found, {}, at=unit.now)
        (await unit.study(FactorStudy, portfolio_id)).compute(found, at=unit.now)
        attribution = await unit.study(AttributionStudy, portfolio_id)
        attribution.compute(found, period="ytd", by="sector", linking="carino", at=unit.now)
        await unit.commit(None)
    told = (await api.get(f"{portfolio}/events")).json()
    figures = [
        "pm.analysis.requested.v1",
        "pm.risk.computed.v1",
        "pm.factors.computed.v1",
        "pm.attribution.computed.v1",
    ]
    assert set(figures) < {event["type"] for event in told["events"]}
    some = await api.get(f"{portfolio}/events", params={"type": figures})
    assert [event["type"] for event in some.json()["events"]] == figures
    assert some.json()["events"][1]["data"]["portfolio_id"] == str(portfolio_id)
