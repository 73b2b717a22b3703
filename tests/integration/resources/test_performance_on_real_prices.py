"""Performance and explanations on the bundled prices of 20 stocks, recomputed from the prices themselves."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import empyrical
import httpx
import numpy as np
import pytest
from tests.support.market import MarketData
from tests.support.service import Service, service_on

from application.market.history import Bars
from application.market.quotes import Name
from infrastructure.marketdata.history import PostgresMarketHistory

HELD = {"AAPL": 300, "JPM": 200, "KO": 400, "XOM": 100}
CASH = 10_000
LAST_DAY = date(2022, 12, 28)


@pytest.fixture
async def service(market_database_url: str) -> AsyncIterator[Service]:
    MarketData(market_database_url, "acme").pin_clock(LAST_DAY)
    async with service_on(market_database_url) as running:
        yield running


@pytest.fixture
async def bars(service: Service) -> Bars:
    history = PostgresMarketHistory(service.connections)
    found = await history.listings("acme", [Name(ticker, currency="USD") for ticker in HELD])
    ids = [one.listing_id for one in found if one is not None]
    return await history.bars("acme", ids, start=date(2020, 1, 2), end=LAST_DAY)


@pytest.fixture
async def portfolio(api: httpx.AsyncClient) -> str:
    registration = {
        "name": "Growth",
        "portfolio_type": "long_only",
        "initial_cash": CASH,
        "inception_date": "2020-01-02",
        "benchmark_ticker": "SP20EW",
    }
    location = str((await api.post("/v1/portfolios", json=registration)).headers["location"])
    rows = "".join(f"{ticker},{quantity}\n" for ticker, quantity in HELD.items())
    answer = await api.post(
        f"{location}/positions/import?as_of=2020-01-02",
        files={"file": ("held.csv", f"ticker,quantity\n{rows}")},
    )
    assert answer.status_code == 201, answer.text
    return location


async def told(api: httpx.AsyncClient, address: str, **query: Any) -> dict[str, Any]:
    answer = await api.get(address, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_figures_are_those_of_the_prices(
    api: httpx.AsyncClient, portfolio: str, bars: Bars
) -> None:
    values = bars.close @ np.array(list(HELD.values()), dtype=np.float64) + CASH
    returns = values[1:] / values[:-1] - 1
    summary = (await told(api, f"{portfolio}/performance"))["summary"]
    assert (summary["from"], summary["to"]) == ("2020-01-02", "2022-12-28")
    assert summary["n_observations"] == len(returns) == 753
    assert summary["time_weighted_return"] == pytest.approx(values[-1] / values[0] - 1)
    assert summary["volatility"] == pytest.approx(empyrical.annual_volatility(returns))
    assert summary["max_drawdown"] == pytest.approx(empyrical.max_drawdown(returns))
    daily = (1 + summary["risk_free_rate"]["value"]) ** (1 / 252) - 1
    assert summary["sharpe_ratio"] == pytest.approx(empyrical.sharpe_ratio(returns, risk_free=daily))


@pytest.mark.parametrize("period", ["ytd", "2021", "q1_2020"])
async def test_the_active_return_is_what_the_attribution_explains(
    api: httpx.AsyncClient, portfolio: str, period: str
) -> None:
    summary = (await told(api, f"{portfolio}/performance", period=period))["summary"]
    attributed = await told(api, f"{portfolio}/attribution", period=period)
    assert summary["active_return"] == pytest.approx(attributed["total_active_return"], abs=1e-12)


async def test_a_portfolio_that_is_its_benchmark_has_no_active_return(
    api: httpx.AsyncClient, service: Service
) -> None:
    history = PostgresMarketHistory(service.connections)
    benchmark = await history.benchmark("acme", "SP20EW")
    assert benchmark is not None
    members = [one.listing for one in benchmark.sets[-1].members if one.listing is not None]
    first = await history.bars(
        "acme", [one.listing_id for one in members], start=date(2022, 1, 3), end=date(2022, 1, 3)
    )
    location = await _equal_weights(api, [one.ticker for one in members], first.close[0].tolist())
    summary = (await told(api, f"{location}/performance"))["summary"]
    assert summary["from"] == "2022-01-03"
    assert summary["active_return"] == pytest.approx(0, abs=1e-9)
    assert summary["tracking_error"] == pytest.approx(0, abs=1e-9)
    assert summary["beta"] == pytest.approx(1)


async def _equal_weights(api: httpx.AsyncClient, tickers: list[str], prices: list[float]) -> str:
    body = {
        "name": "Twenty",
        "portfolio_type": "long_only",
        "inception_date": "2022-01-03",
        "benchmark_ticker": "SP20EW",
    }
    location = str((await api.post("/v1/portfolios", json=body)).headers["location"])
    rows = "".join(f"{ticker},{10_000 / price:.9f}\n" for ticker, price in zip(tickers, prices, strict=True))
    answer = await api.post(
        f"{location}/positions/import?as_of=2022-01-03",
        files={"file": ("held.csv", f"ticker,quantity\n{rows}")},
    )
    assert answer.status_code == 201, answer.text
    return location


async def test_value_at_risk_is_explained_to_where_the_risk_stands(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    explained = await told(api, f"{portfolio}/explain", metric="var_95_1d", **{"from": "2021-12-31"})
    before = await told(api, f"{portfolio}/risk", as_of="2021-12-31")
    after = await told(api, f"{portfolio}/risk")
    assert explained["start"] == pytest.approx(before["risk"]["var_95_1d"], abs=1e-11)
    assert explained["end"] == pytest.approx(after["risk"]["var_95_1d"], abs=1e-11)
    added = sum(Decimal(repr(one["contribution"])) for one in explained["contributions"])
    assert added == Decimal(repr(explained["change"]))


async def test_a_value_is_explained_by_what_each_price_did(
    api: httpx.AsyncClient, portfolio: str, bars: Bars
) -> None:
    explained = await told(api, f"{portfolio}/explain")
    gained = dict(zip(HELD, (bars.close[-1] - bars.close[0]) * list(HELD.values()), strict=True))
    rows = {row["ticker"]: row for row in explained["positions"]}
    assert {ticker: rows[ticker]["prices"] for ticker in HELD} == pytest.approx(gained)
    assert explained["change"] == pytest.approx(sum(gained.values()))
