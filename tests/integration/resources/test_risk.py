"""Risk over HTTP, on the bundled market data: 20 stocks and the S&P 500 from 1990 to 28 December 2022."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
from tests.support.callers import a_caller
from tests.support.market import MarketData
from tests.support.service import Service, service_on

from api.resources import risk_examples as examples
from application.market.quotes import Name
from domain.analysis import Found, RiskStudy
from infrastructure.marketdata.history import PostgresMarketHistory

Body = dict[str, Any]
HELD = {"AAPL": 300, "JPM": 200, "KO": 400}
LAST_DAY = "2022-12-28"


@pytest.fixture
async def service(market_database_url: str) -> AsyncIterator[Service]:
    MarketData(market_database_url, "acme").pin_clock(LAST_DAY)
    async with service_on(market_database_url) as running:
        yield running


@pytest.fixture
async def portfolio_id(api: httpx.AsyncClient) -> str:
    """300 AAPL, 200 JPM, 400 KO and 10,000 US dollars since 2020, against SPY."""
    registered = await api.post(
        "/v1/portfolios",
        json={
            "name": "Growth",
            "portfolio_type": "long_only",
            "initial_cash": 10000,
            "inception_date": "2020-01-02",
            "benchmark_ticker": "SPY",
        },
    )
    portfolio_id = str(registered.json()["portfolio_id"])
    rows = "".join(f"{ticker},{quantity},50,equity\n" for ticker, quantity in HELD.items())
    answer = await api.post(
        f"/v1/portfolios/{portfolio_id}/positions/import?as_of=2020-01-02",
        files={"file": ("positions.csv", f"ticker,quantity,avg_cost_price,asset_class\n{rows}")},
    )
    assert answer.status_code == 201, answer.text
    return portfolio_id


async def risk_of(api: httpx.AsyncClient, portfolio_id: str, query: str = "") -> Body:
    answer = await api.get(f"/v1/portfolios/{portfolio_id}/risk{query}")
    assert answer.status_code == 200, answer.text
    body: Body = answer.json()
    assert body["portfolio_id"] == portfolio_id
    return dict(body["risk"])


async def returns_of_holdings(service: Service, tickers: list[str]) -> tuple[Any, Any]:
    """The last 2,520 daily returns of each, and the newest closes, read past the API."""
    history = PostgresMarketHistory(service.connections)
    listings = await history.listings("acme", [Name(ticker=one) for one in tickers])
    bars = await history.bars("acme", [one.listing_id for one in listings if one])
    columns = [bars.listing_ids.index(one.listing_id) for one in listings if one]
    close = bars.close[:, columns]
    return close[-2520:] / close[-2521:-1] - 1, close[-1]


async def test_risk_is_that_of_current_holdings_over_ten_years(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    returns, prices = await returns_of_holdings(service, list(HELD))
    values = prices * np.array(list(HELD.values()))
    total = values.sum() + 10000

    risk = await risk_of(api, portfolio_id)

    own = returns @ (values / total)
    assert risk["total_value"] == pytest.approx(total)
    assert risk["var_95_1d"] == pytest.approx(-np.quantile(own, 0.05))
    assert risk["var_99_1d"] == pytest.approx(-np.quantile(own, 0.01))
    assert risk["cvar_95_1d"] == pytest.approx(-own[own <= np.quantile(own, 0.05)].mean())
    assert risk["portfolio_vol_30d"] == pytest.approx(own[-30:].std(ddof=1) * 252**0.5)
    assert risk["hhi"] == pytest.approx(((values / total) ** 2).sum())
    assert sum(one["component_var"] for one in risk["components"]) == pytest.approx(
        risk["var_95_1d"], rel=1e-12
    )
    assert {one["ticker"] for one in risk["components"]} == {*HELD, "CASH:USD"}
    assert (risk["n_observations"], risk["as_of"], risk["data_to"]) == (2520, LAST_DAY, LAST_DAY)
    assert risk["benchmark"]["series"] == "SP500"
    assert risk["macro_regime"] == "risk_off"
    assert risk["wacc_delta_bps"] > 0
    assert risk["unavailable"]["nav_impact_pct"]["code"] == "no_yields"
    assert sum(risk["sector_exposure"].values()) == pytest.approx(1)


async def test_other_methods_windows_and_moments_are_computed_for_the_answer(
    api: httpx.AsyncClient, portfolio_id: str
) -> None:
    historical = await risk_of(api, portfolio_id)
    others = {
        method: await risk_of(api, portfolio_id, f"?method={method}")
        for method in ("parametric", "cornish_fisher", "monte_carlo")
    }
    short = await risk_of(api, portfolio_id, "?window=250")
    before = await risk_of(api, portfolio_id, "?as_of=2020-03-23")

    assert len({risk["var_95_1d"] for risk in (historical, *others.values())}) == 4
    assert {risk["method"] for risk in others.values()} == set(others)
    assert len({risk["inputs_hash"] for risk in (historical, *others.values(), short, before)}) == 6
    assert short["n_observations"] == 250
    assert (before["as_of"], before["data_to"]) == ("2020-03-23", "2020-03-23")
    assert before["macro_regime"] == "risk_off"


async def test_the_same_question_gets_the_same_figures(api: httpx.AsyncClient, portfolio_id: str) -> None:
    first = await risk_of(api, portfolio_id, "?method=monte_carlo")
    again = await risk_of(api, portfolio_id, "?method=monte_carlo")

    assert first.pop("computed_at") != again.pop("computed_at")
    assert first == again


async def test_what_the_agent_computed_is_served_with_a_tag(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    computed = await risk_of(api, portfolio_id)
    computed.pop("computed_at")
    marked = computed | {"var_95_1d": 0.123456789012345}

    found = Found(source_position=1, market_version=0, snapshot=marked)
    async with service.ledger.unit(a_caller("acme")) as unit:
        (await unit.study(RiskStudy, UUID(portfolio_id))).compute(found, {}, at=unit.now)
        done = await unit.commit(None)
    await service.shows(done.position)

    answer = await api.get(f"/v1/portfolios/{portfolio_id}/risk")
    assert answer.json()["risk"]["var_95_1d"] == 0.123456789012345
    tag = answer.headers["etag"]
    assert tag.endswith(f'.{done.position}"')
    again = await api.get(f"/v1/portfolios/{portfolio_id}/risk", headers={"If-None-Match": tag})
    assert again.status_code == 304
    amounts = (await api.get(f"/v1/risk/portfolio/{portfolio_id}")).json()
    assert amounts["var_95"] == pytest.approx(0.123456789012345 * computed["total_value"])


async def test_amounts_of_another_day_are_those_of_its_fractions(
    api: httpx.AsyncClient, portfolio_id: str
) -> None:
    then = {"as_of": "2020-03-23"}

    amounts = (await api.get(f"/v1/risk/portfolio/{portfolio_id}", params=then)).json()

    risk = (await api.get(f"/v1/portfolios/{portfolio_id}/risk", params=then)).json()["risk"]
    assert amounts["as_of"] == "2020-03-23"
    assert amounts["var_95"] == pytest.approx(risk["var_95_1d"] * risk["total_value"])
    unknown = await api.get(f"/v1/risk/portfolio/{portfolio_id}", params={"known_at": "2019-01-01"})
    assert unknown.status_code == 404


async def test_amounts_are_the_fractions_times_the_value(api: httpx.AsyncClient, portfolio_id: str) -> None:
    risk = await risk_of(api, portfolio_id)

    amounts = (await api.get(f"/v1/risk/portfolio/{portfolio_id}")).json()

    assert amounts["var_999"] == pytest.approx(risk["var_999_1d"] * risk["total_value"])
    assert amounts["var_95"] > 0
    assert amounts["max_drawdown"] == risk["max_drawdown"] < 0
    assert amounts["correlation_matrix"]["tickers"] == ["AAPL", "JPM", "KO"]
    assert amounts["currency"] == "USD"


async def test_an_empty_portfolio_says_why_there_is_nothing(api: httpx.AsyncClient) -> None:
    registered = await api.post("/v1/portfolios", json={"name": "Empty", "portfolio_type": "balanced"})

    risk = await risk_of(api, registered.json()["portfolio_id"])

    assert risk["var_95_1d"] is None
    assert risk["unavailable"]["var_95_1d"]["code"] == "no_value"
    assert risk["unavailable"]["beta"]["code"]


async def test_nobody_elses_portfolio_is_measured(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, portfolio_id: str
) -> None:
    assert (await stranger.get(f"/v1/portfolios/{portfolio_id}/risk")).status_code == 404
    assert (await stranger.get(f"/v1/portfolios/{portfolio_id}/risk?method=parametric")).status_code == 404
    assert (await stranger.get(f"/v1/risk/portfolio/{portfolio_id}")).status_code == 404
    answer = await stranger.post("/v1/risk/stress-test", json={"portfolio_id": portfolio_id})
    assert answer.status_code == 404


async def test_value_at_risk_of_amounts_follows_from_their_returns(
    api: httpx.AsyncClient, service: Service
) -> None:
    returns, _ = await returns_of_holdings(service, ["AAPL", "JPM"])
    asked = {
        "positions": [{"symbol": "AAPL", "value": 17584}, {"symbol": "jpm", "value": -25000}],
        "confidence_level": 0.99,
        "time_horizon": 10,
    }

    answer = await api.post("/v1/risk/var", json=asked)

    assert answer.status_code == 200, answer.text
    body = answer.json()
    gains = returns @ np.array([17584, -25000])
    assert body["var"] == pytest.approx(-np.quantile(gains, 0.01) * 10**0.5)
    assert body["cvar"] == pytest.approx(-gains[gains <= np.quantile(gains, 0.01)].mean() * 10**0.5)
    assert body["total_value"] == 17584 - 25000
    assert sum(one["component_var"] for one in body["components"]) == pytest.approx(body["var"], rel=1e-12)
    assert (body["method"], body["scaling"]) == ("historical", "square root of time")


async def test_unknown_symbols_are_all_named_with_what_to_import(api: httpx.AsyncClient) -> None:
    asked = {
        "positions": [
            {"symbol": "NOPE", "value": 1},
            {"symbol": "AAPL", "value": 0},
            {"symbol": "NEITHER", "value": 2},
        ]
    }

    answer = await api.post("/v1/risk/var", json=asked)

    assert answer.status_code == 422
    errors = {one["pointer"]: one for one in answer.json()["errors"]}
    assert set(errors) == {"/positions/0/symbol", "/positions/1/value", "/positions/2/symbol"}
    assert "import its prices" in errors["/positions/2/symbol"]["detail"]


async def test_crises_are_replayed_on_the_holdings(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    asked = {
        "portfolio_id": portfolio_id,
        "scenarios": ["2008_financial_crisis", "covid_crash", "custom"],
        "custom": {"ko": -0.1, "Information Technology": -0.3, "utilities": -0.5},
    }

    answer = await api.post("/v1/risk/stress-test", json=asked)

    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [one["name"] for one in body["scenarios"]] == asked["scenarios"]
    crisis, covid, custom = body["scenarios"]
    assert (covid["from"], covid["to"]) == ("2020-02-19", "2020-03-23")
    assert covid["pnl"] == pytest.approx(sum(one["pnl"] for one in covid["by_position"]))
    assert covid["pnl_percent"] == pytest.approx(100 * covid["pnl"] / body["total_value"])
    assert crisis["pnl"] < covid["pnl"] < 0
    assert covid["proxies"] == []
    own = {one["ticker"]: one for one in custom["by_position"]}
    assert own["KO"]["scenario_return"] == -0.1
    assert own["AAPL"]["scenario_return"] == -0.3
    assert own["JPM"]["pnl"] == own["CASH:USD"]["pnl"] == 0
    assert custom["unmatched"] == ["utilities"]


async def test_custom_without_a_shock_leaves_the_other_scenarios_their_figures(
    api: httpx.AsyncClient, portfolio_id: str
) -> None:
    names = ["2008_financial_crisis", "covid_crash", "custom"]

    answer = await api.post("/v1/risk/stress-test", json={"portfolio_id": portfolio_id, "scenarios": names})

    assert answer.status_code == 200, answer.text
    crisis, covid, custom = answer.json()["scenarios"]
    assert crisis["pnl"] < covid["pnl"] < 0
    assert (custom["pnl"], custom["pnl_percent"], custom["by_position"]) == (None, None, [])
    assert custom["unavailable"]["pnl"]["code"] == "no_shocks"


async def test_components_come_as_a_table(api: httpx.AsyncClient, portfolio_id: str) -> None:
    answer = await api.get(f"/v1/portfolios/{portfolio_id}/risk?format=csv")

    assert answer.status_code == 200, answer.text
    lines = answer.text.splitlines()
    assert lines[0].endswith(
        "component_var,marginal_var,component_cvar,component_volatility,marginal_volatility,share"
    )
    assert len(lines) == 1 + 4


async def test_correlations_and_liquidity_come_as_tables_too(
    api: httpx.AsyncClient, portfolio_id: str
) -> None:
    address = f"/v1/portfolios/{portfolio_id}/risk?format=csv&table="

    told = (await api.get(f"/v1/portfolios/{portfolio_id}/risk")).json()["risk"]
    pairs = (await api.get(address + "risk.correlation_matrix")).text.splitlines()
    speeds = (await api.get(address + "risk.liquidity.positions")).text.splitlines()

    assert pairs[0] == "ticker,other,correlation"
    assert len(pairs) == 1 + len(told["correlation_matrix"]["tickers"]) ** 2
    assert speeds[0] == "ticker,position_id,average_daily_volume,days_to_liquidate"
    assert len(speeds) == 1 + (len(told["liquidity"]["positions"]) if told["liquidity"] else 0)


@pytest.mark.parametrize(
    "query", ["method=magic", "window=1", "window=2521", "as_of=yesterday", "confidence=0.9"]
)
async def test_what_is_no_question_is_refused(api: httpx.AsyncClient, portfolio_id: str, query: str) -> None:
    assert (await api.get(f"/v1/portfolios/{portfolio_id}/risk?{query}")).status_code == 422


async def test_a_refresh_without_an_agent_says_that_it_takes_longer(
    api: httpx.AsyncClient, portfolio_id: str
) -> None:
    answer = await api.get(f"/v1/portfolios/{portfolio_id}/risk?refresh=true", headers={"Prefer": "wait=0"})

    assert answer.status_code == 503
    assert answer.json()["error"] == "service_unavailable"


async def test_the_examples_are_what_the_service_answers(api: httpx.AsyncClient, portfolio_id: str) -> None:
    stress = next(iter(examples.STRESS_QUESTIONS.values())) | {"portfolio_id": portfolio_id}
    asked = next(iter(examples.VALUE_AT_RISK_QUESTIONS.values()))

    answers = [
        (await api.get(f"/v1/portfolios/{portfolio_id}/risk")).json(),
        (await api.get(f"/v1/risk/portfolio/{portfolio_id}")).json(),
        (await api.post("/v1/risk/var", json=asked)).json(),
        (await api.post("/v1/risk/stress-test", json=stress)).json(),
    ]

    shown = [examples.PORTFOLIO_RISK, examples.AMOUNTS_AT_RISK, examples.VALUE_AT_RISK, examples.STRESS]
    assert [figures(one) for one in answers] == [pytest.approx(figures(one), rel=1e-5) for one in shown]


def figures(body: Any, path: str = "") -> dict[str, float]:
    """All numbers of a body by their places."""
    if isinstance(body, dict):
        inside = [figures(value, f"{path}.{name}") for name, value in body.items()]
    elif isinstance(body, list):
        inside = [figures(value, f"{path}.{at}") for at, value in enumerate(body)]
    else:
        return {path: body} if isinstance(body, int | float) else {}
    return {name: value for one in inside for name, value in one.items()}
