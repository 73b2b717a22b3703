from typing import Any

import httpx
import pytest

Body = dict[str, Any]
SEED: Body = {
    "name": "Global Equity Alpha",
    "portfolio_type": "long_only",
    "currency": "USD",
    "benchmark_ticker": "SPY",
    "rebalance_threshold": 0.05,
}


async def test_a_registered_portfolio_is_answered_with_its_address_and_version(
    api: httpx.AsyncClient,
) -> None:
    answer = await api.post("/v1/portfolios", json=SEED)
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/portfolios/{body['portfolio_id']}"
    assert answer.headers["etag"] == '"1"'
    expected = {
        "name": "Global Equity Alpha",
        "portfolio_type": "long_only",
        "currency": "USD",
        "tenant_id": "acme",
        "created": True,
    }
    assert expected.items() <= body.items()


async def test_a_portfolio_is_in_the_list_as_soon_as_it_is_registered(api: httpx.AsyncClient) -> None:
    created = (await api.post("/v1/portfolios", json=SEED)).json()
    listed = (await api.get("/v1/portfolios")).json()
    assert [row["portfolio_id"] for row in listed["portfolios"]] == [created["portfolio_id"]]
    assert (listed["total"], listed["limit"], listed["offset"]) == (1, 50, 0)


async def test_what_is_not_computed_is_null_and_says_why(api: httpx.AsyncClient, portfolio: str) -> None:
    row = (await api.get("/v1/portfolios")).json()["portfolios"][0]
    for name in (
        "ytd_return",
        "active_return_ytd",
        "var_95_1d",
        "sharpe_ratio",
        "macro_regime",
        "day_change",
    ):
        assert row[name] is None
        assert row["unavailable"][name]["code"] == "no_positions"
    assert row["unavailable"]["max_drift_pct"]["code"] == "no_targets"
    assert (row["total_value"], row["cash_balance"], row["aum_usd_mm"]) == (25000, 25000, 0.025)


async def test_defaults_are_those_of_the_contract(api: httpx.AsyncClient) -> None:
    created = await api.post("/v1/portfolios", json={"name": "Plain", "portfolio_type": "balanced"})
    state = (await api.get(created.headers["location"])).json()["portfolio"]
    assert (state["currency"], state["rebalance_threshold"], state["metadata"]) == ("USD", 0.05, {})
    assert state["inception_date"] == state["created_at"][:10]


async def test_all_that_is_wrong_with_a_registration_is_said_at_once(api: httpx.AsyncClient) -> None:
    answer = await api.post(
        "/v1/portfolios",
        json={
            "name": "",
            "currency": "usd",
            "rebalance_threshold": 0,
            "initial_cash": -1,
            "inception_date": "2024-02-30",
            "tenant_id": "somebody",
        },
    )
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {
        "name",
        "portfolio_type",
        "currency",
        "rebalance_threshold",
        "initial_cash",
        "inception_date",
        "tenant_id",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("inception_date", "2999-01-01"),
        ("inception_date", "1899-12-31"),
        ("metadata", {"text": "x" * 20_000}),
        ("metadata", {"text": "a\x00b"}),
        ("name", "a\x00b"),
        ("name", "   "),
        ("description", "a\x00b"),
        ("benchmark_ticker", "a b\n"),
        ("rebalance_threshold", 1.01),
        ("currency", "XXX"),
        ("portfolio_type", "hedge"),
    ],
)
async def test_a_value_that_no_portfolio_can_have_is_refused(
    api: httpx.AsyncClient, field: str, value: object
) -> None:
    answer = await api.post("/v1/portfolios", json={**SEED, field: value})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, field)


async def test_decimals_are_kept_to_the_last_digit(api: httpx.AsyncClient) -> None:
    created = await api.post(
        "/v1/portfolios",
        json={**SEED, "initial_cash": "1234567890123.123456", "rebalance_threshold": "0.0512345678901234567"},
    )
    text = (await api.get(created.headers["location"])).text
    assert '"cash_balance":1234567890123.123456' in text
    assert '"rebalance_threshold":0.0512345678901234567' in text


async def test_the_detail_says_why_there_is_no_risk(api: httpx.AsyncClient, portfolio: str) -> None:
    answer = await api.get(portfolio)
    body = answer.json()
    assert body["risk"] is None
    assert body["unavailable"]["risk"]["code"] == "no_positions"
    assert body["position_count"] == 0
    assert body["portfolio"]["id"] == portfolio.rsplit("/", 1)[1]


async def test_a_tag_changes_with_every_figure_in_the_answer(api: httpx.AsyncClient, portfolio: str) -> None:
    tag = (await api.get(portfolio)).headers["etag"]
    assert (await api.get(portfolio, headers={"If-None-Match": tag})).status_code == 304
    await api.post(f"{portfolio}/cash", json={"amount": 1})
    assert (await api.get(portfolio, headers={"If-None-Match": tag})).status_code == 200


async def test_a_revision_changes_what_it_names_and_nothing_else(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    await api.patch(portfolio, json={"metadata": {"desk": "a", "code": 1}, "benchmark_ticker": "SPY"})
    changes = {"rebalance_threshold": 0.08, "metadata": {"desk": "b"}, "description": "long term"}
    revised = await api.patch(portfolio, json=changes)
    state = (await api.get(portfolio)).json()["portfolio"]
    assert revised.status_code == 200
    assert revised.json()["portfolio"] == state
    assert changes.items() <= state.items()
    assert (state["name"], state["benchmark_ticker"]) == ("Growth", "SPY")


async def test_null_clears_what_may_be_empty(api: httpx.AsyncClient, portfolio: str) -> None:
    await api.patch(portfolio, json={"benchmark_ticker": "SPY", "description": "x"})
    state = (await api.patch(portfolio, json={"benchmark_ticker": None, "description": None})).json()
    assert (state["portfolio"]["benchmark_ticker"], state["portfolio"]["description"]) == (None, None)
    assert (await api.patch(portfolio, json={"name": None})).status_code == 422


async def test_the_rebalance_policy_is_replaced_as_a_whole(api: httpx.AsyncClient, portfolio: str) -> None:
    first = {"to": "edge", "whole_shares": True, "min_trade_value": "250.50", "do_not_trade": ["AAPL"]}
    answer = await api.patch(portfolio, json={"rebalance_policy": first})
    assert answer.json()["portfolio"]["rebalance_policy"]["min_trade_value"] == 250.5
    await api.patch(portfolio, json={"rebalance_policy": {"cash_buffer": 0.02}})
    policy = (await api.get(portfolio)).json()["portfolio"]["rebalance_policy"]
    assert (policy["to"], policy["whole_shares"], policy["cash_buffer"]) == ("target", False, 0.02)
    assert policy["do_not_trade"] == []


async def test_an_unknown_field_of_a_revision_is_refused(api: httpx.AsyncClient, portfolio: str) -> None:
    answer = await api.patch(portfolio, json={"currency": "EUR"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_field")


async def test_put_changes_name_and_description_only(api: httpx.AsyncClient, portfolio: str) -> None:
    answer = await api.put(portfolio, json={"name": "Updated Portfolio Name", "description": "Updated"})
    state = answer.json()["portfolio"]
    assert (answer.status_code, state["name"], state["description"]) == (
        200,
        "Updated Portfolio Name",
        "Updated",
    )
    assert (await api.put(portfolio, json={"rebalance_threshold": 0.1})).status_code == 422


async def test_a_revision_of_a_version_seen_goes_through_and_one_of_an_older_does_not(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    tag = (await api.get(portfolio)).headers["etag"]
    revised = await api.patch(portfolio, json={"name": "New"}, headers={"If-Match": tag})
    assert revised.status_code == 200
    assert revised.headers["etag"] == (await api.get(portfolio)).headers["etag"]
    stale = await api.patch(portfolio, json={"name": "Newer"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["error"]) == (412, "precondition_failed")
    assert (await api.delete(portfolio, headers={"If-Match": tag})).status_code == 412


async def test_an_archived_portfolio_leaves_the_list_and_keeps_its_page(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    assert (await api.delete(portfolio)).status_code == 204
    assert (await api.delete(portfolio)).status_code == 204
    assert (await api.get("/v1/portfolios")).json()["total"] == 0
    kept = (await api.get("/v1/portfolios?include_archived=true")).json()["portfolios"]
    assert [row["is_active"] for row in kept] == [False]
    assert (await api.get(portfolio)).json()["portfolio"]["is_active"] is False


async def test_an_archived_portfolio_takes_no_writes_until_it_is_brought_back(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    await api.patch(portfolio, json={"is_active": False})
    assert (await api.patch(portfolio, json={"name": "New"})).status_code == 409
    assert (await api.post(f"{portfolio}/cash", json={"amount": 1})).json()["error"] == "conflict"
    answer = await api.patch(portfolio, json={"is_active": True, "name": "Back"})
    assert (answer.status_code, answer.json()["portfolio"]["name"]) == (200, "Back")


async def test_the_list_is_ordered_by_size_and_paged(api: httpx.AsyncClient) -> None:
    for cash in (10, 30, 20):
        await api.post("/v1/portfolios", json={**SEED, "name": f"P{cash}", "initial_cash": cash})
    page = (await api.get("/v1/portfolios?limit=2")).json()
    rest = (await api.get("/v1/portfolios?limit=2&offset=2")).json()
    assert [row["name"] for row in page["portfolios"] + rest["portfolios"]] == ["P30", "P20", "P10"]
    assert (page["total"], rest["offset"]) == (3, 2)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "offset=-1", "limit=x", "sort=name"])
async def test_a_page_out_of_range_is_refused_and_not_clamped(api: httpx.AsyncClient, query: str) -> None:
    assert (await api.get(f"/v1/portfolios?{query}")).status_code == 422


async def test_the_same_key_registers_one_portfolio(api: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "once"}
    first = await api.post("/v1/portfolios", json=SEED, headers=key)
    again = await api.post("/v1/portfolios", json=SEED, headers=key)
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert (await api.get("/v1/portfolios")).json()["total"] == 1


async def test_a_portfolio_is_readable_from_its_inception_on(api: httpx.AsyncClient, portfolio: str) -> None:
    then = await api.get(f"{portfolio}?as_of=2024-01-02")
    assert (then.status_code, then.json()["portfolio"]["cash_balance"]) == (200, 25000)
    assert (await api.get(f"{portfolio}?as_of=2024-01-01")).status_code == 404
    assert (await api.get(f"{portfolio}?known_at=2024-01-02T00:00:00Z")).status_code == 404


@pytest.mark.parametrize("moment", ["yesterday", "2026-02-30", "2026-01-01T25:00:00Z", "9999-12-31T", ""])
async def test_a_moment_that_is_none_is_refused(api: httpx.AsyncClient, portfolio: str, moment: str) -> None:
    answer = await api.get(portfolio, params={"as_of": moment, "known_at": moment})
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"as_of", "known_at"}
