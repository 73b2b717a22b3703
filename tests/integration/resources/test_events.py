import json
from typing import Any

import httpx
import pytest

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
