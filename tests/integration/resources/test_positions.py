from typing import Any
from uuid import uuid4

import httpx
import pytest

Body = dict[str, Any]


async def test_a_position_is_answered_in_the_words_of_both_worlds(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    page = (await api.get(f"{portfolio}/positions")).json()
    row = page["positions"][0]
    assert (page["total"], page["limit"], page["offset"]) == (1, 100, 0)
    assert (page["currency"], page["total_value"], page["cash_balance"]) == ("USD", 42584, 25000)
    assert (row["ticker"], row["symbol"], row["avg_cost_price"], row["avg_cost"]) == (
        "AAPL",
        "AAPL",
        150,
        150,
    )
    assert (row["market_value"], row["market_value_base"], row["unrealized_pnl"]) == (17584, 17584, 2584)
    assert row["unrealized_pnl_percent"] == pytest.approx(17.2266666667)
    assert row["weight"] == pytest.approx(17584 / 42584)
    assert row["weight_percent"] == pytest.approx(row["weight"] * 100)
    assert (row["flags"], row["unavailable"]) == ([], {})


async def test_a_recorded_holding_is_created_at_an_address_that_answers(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    body = {"symbol": "aapl", "quantity": "100", "price": "175.00"}
    answer = await api.post(f"{portfolio}/positions", json=body)
    assert (answer.status_code, answer.json()["created"], answer.json()["ticker"]) == (201, True, "AAPL")
    position = (await api.get(answer.headers["location"])).json()
    assert (position["id"], position["quantity"]) == (answer.json()["id"], 100)


async def test_a_second_purchase_adds_quantity_and_averages_cost(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    answer = await api.post(
        f"{portfolio}/positions", json={"ticker": "AAPL", "quantity": 300, "avg_cost_price": 170}
    )
    body = answer.json()
    assert (answer.status_code, body["created"], body["id"]) == (200, False, holding["id"])
    assert (body["quantity"], body["avg_cost_price"]) == (400, 165)


async def test_a_sale_leaves_the_cost_of_the_rest_and_a_turn_begins_anew(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    steps = [(10, 100, 10, 100), (-4, 120, 6, 100), (-10, 90, -4, 90), (-4, 70, -8, 80), (8, 60, 0, 80)]
    for bought, at, held, cost in steps:
        body = {"symbol": "TSLA", "quantity": bought, "price": at}
        told = (await api.post(f"{portfolio}/positions", json=body)).json()
        assert (told["quantity"], told["avg_cost_price"]) == (held, cost)


async def test_a_purchase_moves_no_cash(api: httpx.AsyncClient, portfolio: str, holding: Body) -> None:
    assert (await api.get(portfolio)).json()["portfolio"]["cash_balance"] == 25000


async def test_all_that_is_wrong_with_a_purchase_is_said_at_once(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    answer = await api.post(
        f"{portfolio}/positions",
        json={"quantity": 0, "asset_class": "structured_note", "geography": "XX", "isin": "US0378331006"},
    )
    assert answer.status_code == 422
    assert {(error["field"], error["code"]) for error in answer.json()["errors"]} == {
        ("ticker", "missing"),
        ("avg_cost_price", "missing"),
        ("quantity", "zero"),
        ("asset_class", "unknown_value"),
        ("geography", "unknown_value"),
        ("isin", "check_digit"),
    }


async def test_two_names_of_one_field_may_not_disagree(api: httpx.AsyncClient, portfolio: str) -> None:
    body = {"symbol": "AAPL", "ticker": "MSFT", "quantity": 1, "price": 1, "avg_cost_price": 1}
    answer = await api.post(f"{portfolio}/positions", json=body)
    assert (answer.status_code, answer.json()["details"]) == (
        422,
        {"field": "symbol", "code": "contradiction"},
    )


async def test_cash_is_no_position(api: httpx.AsyncClient, portfolio: str) -> None:
    body = {"symbol": "USD", "quantity": 1, "price": 1, "asset_class": "CASH"}
    answer = await api.post(f"{portfolio}/positions", json=body)
    assert (answer.status_code, answer.json()["details"]["code"]) == (422, "is_cash")


async def test_words_are_spelt_as_files_spell_them(api: httpx.AsyncClient, portfolio: str) -> None:
    body = {"symbol": "VTI", "quantity": 1, "price": 1, "asset_class": "EQUITY", "geography": "us"}
    answer = await api.post(f"{portfolio}/positions", json={**body, "sector": "Health Care"})
    row = answer.json()
    assert (row["asset_class"], row["geography"], row["sector"]) == ("equity", "US", "health_care")


async def test_the_list_is_filtered(api: httpx.AsyncClient, portfolio: str, holding: Body) -> None:
    bond = {"symbol": "BND", "quantity": 1, "price": 70, "asset_class": "fixed_income", "sector": "bonds"}
    await api.post(f"{portfolio}/positions", json=bond)
    for query, tickers in (
        ("asset_class=fixed_income", ["BND"]),
        ("sector=Technology", ["AAPL"]),
        ("sector=energy", []),
        ("limit=1", ["AAPL"]),
        ("limit=1&offset=1", ["BND"]),
    ):
        page = (await api.get(f"{portfolio}/positions?{query}")).json()
        assert [row["ticker"] for row in page["positions"]] == tickers, query


@pytest.mark.parametrize(
    "query", ["limit=501", "limit=0", "offset=-1", "asset_class=nonsense", "sector=%00", "unknown=1"]
)
async def test_a_filter_out_of_range_is_refused(api: httpx.AsyncClient, portfolio: str, query: str) -> None:
    assert (await api.get(f"{portfolio}/positions?{query}")).status_code == 422


async def test_a_currency_without_a_rate_is_flagged_and_in_no_total(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    body = {"symbol": "XYZ", "quantity": 10, "price": 5, "currency": "AFN"}
    await api.post(f"{portfolio}/positions", json=body)
    page = (await api.get(f"{portfolio}/positions")).json()
    row = page["positions"][0]
    assert (row["flags"], row["market_value"], row["market_value_base"], row["weight"]) == (
        ["no_rate"],
        50,
        None,
        None,
    )
    assert row["unavailable"]["weight"]["code"] == "no_rate"
    assert page["total_value"] == 25000


async def test_a_currency_with_a_rate_is_converted(api: httpx.AsyncClient, portfolio: str) -> None:
    body = {"symbol": "SAP", "quantity": 10, "price": 100, "currency": "EUR"}
    await api.post(f"{portfolio}/positions", json=body)
    page = (await api.get(f"{portfolio}/positions")).json()
    row = page["positions"][0]
    assert (row["currency"], row["market_value"]) == ("EUR", 1000)
    assert row["market_value_base"] not in (None, 1000)
    assert page["total_value"] == pytest.approx(25000 + row["market_value_base"])


async def test_a_position_is_revised_where_the_request_says(api: httpx.AsyncClient, holding: Body) -> None:
    address = f"/v1/positions/{holding['id']}"
    answer = await api.patch(address, json={"current_price": "180.5", "avg_cost": 140})
    assert answer.status_code == 200
    position = (await api.get(address)).json()
    assert (position["current_price"], position["avg_cost_price"]) == (180.5, 140)
    assert (position["quantity"], position["sector"]) == (100, "technology")


@pytest.mark.parametrize(
    "body", [{"quantity": 0}, {"ticker": "MSFT"}, {"current_price": -1}, {"avg_cost": 1, "avg_cost_price": 2}]
)
async def test_a_revision_that_no_position_can_take_is_refused(
    api: httpx.AsyncClient, holding: Body, body: Body
) -> None:
    assert (await api.patch(f"/v1/positions/{holding['id']}", json=body)).status_code == 422


async def test_a_position_is_changed_only_as_it_was_seen(api: httpx.AsyncClient, holding: Body) -> None:
    address = f"/v1/positions/{holding['id']}"
    seen = (await api.get(address)).headers["etag"]
    assert (await api.get(address, headers={"If-None-Match": seen})).status_code == 304
    first = await api.patch(address, json={"quantity": 5}, headers={"If-Match": seen})
    assert (first.status_code, first.headers["etag"] == seen) == (200, False)
    late = await api.patch(address, json={"quantity": 6}, headers={"If-Match": seen})
    assert (late.status_code, late.headers["etag"]) == (412, first.headers["etag"])
    assert (await api.delete(address, headers={"If-Match": seen})).status_code == 412
    read = (await api.get(address)).headers["etag"]
    assert read.split(".")[0] == first.headers["etag"].rstrip('"')  # the rows and the aggregate agree
    assert (await api.delete(address, headers={"If-Match": read})).status_code == 204


async def test_a_closed_position_is_gone_and_moves_no_cash(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    address = f"/v1/positions/{holding['id']}"
    assert (await api.delete(address)).status_code == 204
    assert (await api.get(f"{portfolio}/positions")).json()["total"] == 0
    assert (await api.delete(address)).status_code == 404
    assert (await api.get(portfolio)).json()["portfolio"]["total_value"] == 25000


async def test_a_position_nobody_has_is_not_found(api: httpx.AsyncClient) -> None:
    for method in ("GET", "DELETE"):
        assert (await api.request(method, f"/v1/positions/{uuid4()}")).status_code == 404
    assert (await api.patch(f"/v1/positions/{uuid4()}", json={"quantity": 1})).status_code == 404


async def test_cash_is_deposited_and_withdrawn(api: httpx.AsyncClient, portfolio: str) -> None:
    deposit = await api.post(f"{portfolio}/cash", json={"amount": "1000.50", "note": "bonus"})
    assert (deposit.status_code, deposit.json()["cash_balance"]) == (201, 26000.5)
    assert deposit.json()["currency"] == "USD"
    withdrawal = await api.post(f"{portfolio}/cash", json={"amount": -26000.5})
    assert (withdrawal.status_code, withdrawal.json()["cash_balance"]) == (201, 0)
    assert (await api.get(portfolio)).json()["portfolio"]["cash_balance"] == 0


async def test_a_withdrawal_beyond_the_balance_is_refused(api: httpx.AsyncClient, portfolio: str) -> None:
    answer = await api.post(f"{portfolio}/cash", json={"amount": -25000.01})
    assert (answer.status_code, answer.json()["details"]) == (
        422,
        {"field": "amount", "code": "insufficient_cash"},
    )


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("amount", {"amount": 0}),
        ("amount", {"amount": "0.00"}),
        ("amount", {}),
        ("amount", {"amount": "NaN"}),
        ("date", {"amount": 1, "date": "2999-01-01"}),
        ("date", {"amount": 1, "date": "0001-01-01"}),
        ("currency", {"amount": 1, "currency": "ZZZ"}),
        ("note", {"amount": 1, "note": "\x00"}),
    ],
)
async def test_a_movement_that_cannot_be_is_refused(
    api: httpx.AsyncClient, portfolio: str, field: str, body: Body
) -> None:
    answer = await api.post(f"{portfolio}/cash", json=body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, field)


async def test_a_key_moves_cash_once(api: httpx.AsyncClient, portfolio: str) -> None:
    key = {"Idempotency-Key": "deposit-1"}
    first = await api.post(f"{portfolio}/cash", json={"amount": 100}, headers=key)
    again = await api.post(f"{portfolio}/cash", json={"amount": 100}, headers=key)
    other = await api.post(f"{portfolio}/cash", json={"amount": 101}, headers=key)
    assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")
    assert other.status_code == 422
    assert (await api.get(portfolio)).json()["portfolio"]["cash_balance"] == 25100


async def test_positions_of_another_day_are_told_alike(
    api: httpx.AsyncClient, portfolio: str, holding: Body
) -> None:
    now = (await api.get(f"{portfolio}/positions")).json()
    tomorrow = (await api.get(f"{portfolio}/positions?as_of=2900-01-01")).json()
    assert tomorrow["positions"][0].keys() == now["positions"][0].keys()
    assert tomorrow["positions"][0]["market_value"] == now["positions"][0]["market_value"]
    assert (await api.get(f"{portfolio}/positions?as_of=2024-06-30")).json()["positions"] == []
    assert (await api.get(f"{portfolio}?as_of=2024-06-30")).json()["position_count"] == 0
