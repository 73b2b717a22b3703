"""Old prices: flagged where they are shown, and no reason to trade."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from tests.support.market_news import MarketNews
from tests.support.service import Service


def days_ago(days: int) -> date:
    return date.today() - timedelta(days=days)  # noqa: DTZ011 imports hold from today


async def a_drifted_portfolio(api: httpx.AsyncClient, portfolio: str, *, as_of: date) -> None:
    """One stock that is all of the portfolio but should be half of it."""
    file = {"file": ("p.csv", b"ticker,quantity,current_price,sector\nAAPL,1000,175,technology")}
    imported = await api.post(
        f"{portfolio}/positions/import", files=file, params={"as_of": as_of.isoformat()}
    )
    assert imported.status_code == 201, imported.text
    target = {"allocation_type": "sector", "bucket": "technology", "target_weight": 0.5}
    assert (await api.post(f"{portfolio}/allocations", json=target)).status_code == 201


@pytest.mark.parametrize(("days", "flags"), [(7, []), (8, ["stale_price"])])
async def test_an_old_price_is_flagged(
    api: httpx.AsyncClient, portfolio: str, days: int, flags: list[str]
) -> None:
    await a_drifted_portfolio(api, portfolio, as_of=days_ago(days))
    [position] = (await api.get(f"{portfolio}/positions")).json()["positions"]
    assert (position["flags"], position["price_source"]) == (flags, "file")
    alone = (await api.get(f"/v1/positions/{position['id']}")).json()
    assert alone["flags"] == flags


async def rate_of_afghanis(api: httpx.AsyncClient, days: int) -> None:
    """One rate, fixed so many days ago; no bank tells another."""
    file = {"file": ("fx.csv", f"date,source,target,rate\n{days_ago(days)},AFN,USD,0.014\n".encode())}
    imported = await api.post("/v1/market/fx/import", files=file)
    assert imported.status_code == 201, imported.text


@pytest.mark.parametrize(("days", "flags"), [(7, []), (8, ["old_fx"])])
async def test_a_value_at_an_old_exchange_rate_is_flagged(
    api: httpx.AsyncClient, portfolio: str, days: int, flags: list[str]
) -> None:
    await rate_of_afghanis(api, days)
    held = {"symbol": "XYZ", "quantity": 1, "price": 500, "currency": "AFN"}
    assert (await api.post(f"{portfolio}/positions", json=held)).status_code == 201
    today = {"as_of": days_ago(0).isoformat()}
    for asked in ({}, today):
        [position] = (await api.get(f"{portfolio}/positions", params=asked)).json()["positions"]
        assert (position["market_value_base"], position["flags"]) == (7, flags)


async def test_cash_without_an_exchange_rate_is_named(api: httpx.AsyncClient, portfolio: str) -> None:
    assert (await api.post(f"{portfolio}/cash", json={"amount": 100, "currency": "AFN"})).status_code == 201
    expected = [{"position_id": None, "ticker": "CASH:AFN", "code": "no_rate"}]
    assert (await api.get(f"{portfolio}/drift")).json()["excluded"] == expected
    then = {"as_of": days_ago(0).isoformat()}
    assert (await api.get(f"{portfolio}/drift", params=then)).json()["excluded"] == expected
    await api.post(f"{portfolio}/cash", json={"amount": -100, "currency": "AFN"})
    assert (await api.get(f"{portfolio}/drift")).json()["excluded"] == []


async def test_drift_at_prices_of_long_ago_says_that_nothing_is_recommended(
    api: httpx.AsyncClient, portfolio: str, service: Service
) -> None:
    await a_drifted_portfolio(api, portfolio, as_of=days_ago(31))
    drift = (await api.get(f"{portfolio}/drift")).json()
    expected: dict[str, Any] = {"ticker": "AAPL", "price_date": days_ago(31).isoformat(), "days": 31}
    assert drift["held_back"]["prices"] == [expected]
    asked = (await api.post(f"{portfolio}/rebalance", json={}, headers={"Prefer": "wait=5"})).json()
    assert asked["held_back"] == drift["held_back"]
    forced = (await api.post(f"{portfolio}/rebalance", json={"force": True})).json()
    assert "held_back" not in forced
    news = MarketNews(service.database_url, service.ledger)
    await service.shows(await news.prices({"AAPL": 180}, days_ago(1)))
    drift = (await api.get(f"{portfolio}/drift")).json()
    assert (drift["held_back"], drift["rebalance_needed"]) == (None, True)
    [position] = (await api.get(f"{portfolio}/positions")).json()["positions"]
    assert (position["current_price"], position["price_source"], position["flags"]) == (180, "market", [])


async def test_prices_of_thirty_days_hold_nothing_back(api: httpx.AsyncClient, portfolio: str) -> None:
    await a_drifted_portfolio(api, portfolio, as_of=days_ago(30))
    assert (await api.get(f"{portfolio}/drift")).json()["held_back"] is None


async def test_a_change_after_a_split_speaks_in_units_of_today(
    api: httpx.AsyncClient, portfolio: str, service: Service
) -> None:
    await a_drifted_portfolio(api, portfolio, as_of=days_ago(20))
    news = MarketNews(service.database_url, service.ledger)
    await news.listing("AAPL")
    await news.split(news.data.listing("AAPL"), days_ago(10), 4)
    await service.shows(await news.prices({"AAPL": 45}, days_ago(1)))
    [position] = (await api.get(f"{portfolio}/positions")).json()["positions"]
    assert (position["quantity"], position["market_value"]) == (4000, 180_000)
    changed = await api.patch(f"/v1/positions/{position['id']}", json={"sector": "utilities"})
    assert changed.status_code == 200, changed.text
    bought = await api.post(f"{portfolio}/positions", json={"symbol": "AAPL", "quantity": 10, "price": 45})
    assert bought.status_code == 200, bought.text
    [position] = (await api.get(f"{portfolio}/positions")).json()["positions"]
    assert (position["quantity"], position["sector"]) == (4010, "utilities")
