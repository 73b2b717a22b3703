"""Attribution and factor exposures over HTTP, on the bundled market data of 20 stocks until 28 December 2022."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.support.callers import a_caller
from tests.support.market import MarketData
from tests.support.service import Service, service_on

from domain.analysis import AttributionStudy, FactorStudy, Found

Body = dict[str, Any]
HELD = {"AAPL": 300, "JPM": 200, "KO": 400, "XOM": 100}
EFFECTS = ("allocation_effect", "selection_effect", "interaction_effect", "total_effect")
LAST_DAY = "2022-12-28"


@pytest.fixture
async def service(market_database_url: str) -> AsyncIterator[Service]:
    MarketData(market_database_url, "acme").pin_clock(date.fromisoformat(LAST_DAY))
    async with service_on(market_database_url) as running:
        yield running


async def a_portfolio(api: httpx.AsyncClient, **given: Any) -> str:
    """300 AAPL, 200 JPM, 400 KO, 100 XOM and 10,000 US dollars since 2020, against the twenty at equal weights."""
    registration = {
        "name": "Growth",
        "portfolio_type": "long_only",
        "initial_cash": 10000,
        "inception_date": "2020-01-02",
        "benchmark_ticker": "SP20EW",
        **given,
    }
    registered = await api.post("/v1/portfolios", json=registration)
    portfolio_id = str(registered.json()["portfolio_id"])
    sectors = {"AAPL": "technology", "JPM": "financials", "KO": "consumer_staples", "XOM": "energy"}
    rows = "".join(f"{ticker},{quantity},50,equity,{sectors[ticker]}\n" for ticker, quantity in HELD.items())
    answer = await api.post(
        f"/v1/portfolios/{portfolio_id}/positions/import?as_of=2020-01-02",
        files={"file": ("positions.csv", f"ticker,quantity,avg_cost_price,asset_class,sector\n{rows}")},
    )
    assert answer.status_code == 201, answer.text
    return portfolio_id


@pytest.fixture
async def portfolio_id(api: httpx.AsyncClient) -> str:
    return await a_portfolio(api)


async def told(api: httpx.AsyncClient, portfolio_id: str, what: str, **query: Any) -> Body:
    answer = await api.get(f"/v1/portfolios/{portfolio_id}/{what}", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refusal(api: httpx.AsyncClient, portfolio_id: str, what: str, **query: Any) -> Body:
    answer = await api.get(f"/v1/portfolios/{portfolio_id}/{what}", params=query)
    assert answer.status_code == 422, answer.text
    return dict(answer.json())


async def kept(service: Service, portfolio_id: str, attribution: Body, factors: Body) -> None:
    """Record figures as the agents do, marked so that they are known again."""

    def found(body: Body) -> Found:
        return Found(source_position=1, market_version=0, snapshot={**body, "inputs_hash": "kept"})

    async with service.ledger.unit(a_caller("acme")) as unit:
        by_sector = await unit.study(AttributionStudy, UUID(portfolio_id))
        by_sector.compute(found(attribution), period="ytd", by="sector", linking="carino", at=unit.now)
        (await unit.study(FactorStudy, UUID(portfolio_id))).compute(found(factors), at=unit.now)
        done = await unit.commit(None)
    await service.shows(done.position)


async def test_the_year_is_attributed_by_sector_with_no_residual(
    api: httpx.AsyncClient, portfolio_id: str
) -> None:
    found = await told(api, portfolio_id, "attribution")

    assert (found["period"], found["from"], found["to"]) == ("ytd", "2021-12-31", LAST_DAY)
    assert (found["by"], found["linking"]) == ("sector", "carino")
    assert found["portfolio_id"] == portfolio_id
    assert sum(row["total_effect"] for row in found["attribution"]) == pytest.approx(
        found["total_active_return"], abs=1e-12
    )
    for row in found["attribution"]:
        assert sum(row[effect] for effect in EFFECTS[:3]) == pytest.approx(row["total_effect"], abs=1e-12)
        assert row["sector_slug"] == row["bucket"]
        assert row["currency_effect"] == 0
    assert sum(row["portfolio_weight"] for row in found["attribution"]) == pytest.approx(1)
    assert sum(row["benchmark_weight"] for row in found["attribution"]) == pytest.approx(1)
    assert {"technology", "cash", "utilities", "industrials"} & {
        row["bucket"] for row in found["attribution"]
    }
    assert found["benchmark"]["series"] == "constituents"


@pytest.mark.parametrize("period", ["ytd", "1y", "q1_2022", "2021", "inception"])
async def test_attribution_explains_what_performance_shows(
    api: httpx.AsyncClient, portfolio_id: str, period: str
) -> None:
    found = await told(api, portfolio_id, "attribution", period=period)
    summary = (await told(api, portfolio_id, "performance", period=period))["summary"]

    assert (found["from"], found["to"]) == (summary["from"], summary["to"])
    assert found["portfolio_return"] == pytest.approx(summary["time_weighted_return"], abs=1e-12)
    assert found["total_active_return"] == pytest.approx(summary["active_return"], abs=1e-12)


@pytest.mark.parametrize("by", ["sector", "asset_class", "geography", "security"])
@pytest.mark.parametrize("linking", ["menchero", "geometric"])
async def test_other_buckets_and_linkings_are_computed_for_the_answer(
    api: httpx.AsyncClient, portfolio_id: str, by: str, linking: str
) -> None:
    found = await told(api, portfolio_id, "attribution", by=by, linking=linking)
    assert (found["by"], found["linking"]) == (by, linking)
    assert sum(row["total_effect"] for row in found["attribution"]) == pytest.approx(
        found["total_active_return"], abs=1e-12
    )


async def test_a_custom_period_lies_between_two_days(api: httpx.AsyncClient, portfolio_id: str) -> None:
    custom = {"from": "2021-12-31", "to": "2022-03-31"}
    found = await told(api, portfolio_id, "attribution", period="custom", **custom)
    quarter = await told(api, portfolio_id, "attribution", period="q1_2022")
    assert found["period"] == "custom"
    assert found["attribution"] == quarter["attribution"]
    assert await told(api, portfolio_id, "attribution", **custom) != found  # computed at another moment
    body = await refusal(api, portfolio_id, "attribution", period="custom")
    assert body["errors"][0]["field"] == "from"
    body = await refusal(api, portfolio_id, "attribution", period="yesterday")
    assert body["errors"][0]["field"] == "period"


async def test_a_moment_of_the_past_is_attributed_as_it_was(
    api: httpx.AsyncClient, portfolio_id: str
) -> None:
    found = await told(api, portfolio_id, "attribution", as_of="2021-06-30")
    assert (found["from"], found["to"]) == ("2020-12-31", "2021-06-30")


async def test_the_same_question_has_the_same_hash(api: httpx.AsyncClient, portfolio_id: str) -> None:
    one = await told(api, portfolio_id, "attribution", period="1y")
    same = await told(api, portfolio_id, "attribution", period="1y")
    assert {**one, "computed_at": None} == {**same, "computed_at": None}


@pytest.mark.parametrize(
    ("benchmark", "code", "words"),
    [
        (None, "no_benchmark", "benchmark_ticker"),
        ("SPY", "benchmark_without_constituents", "PUT /v1/market/benchmarks/SPY/constituents"),
        ("NOSUCH", "benchmark_not_found", "POST /v1/market/prices/import"),
    ],
)
async def test_without_constituents_the_answer_says_what_to_import(
    api: httpx.AsyncClient, benchmark: str | None, code: str, words: str
) -> None:
    body = await refusal(api, await a_portfolio(api, benchmark_ticker=benchmark), "attribution")
    assert body["errors"][0]["code"] == code
    assert words in body["detail"]


async def test_strangers_and_absent_portfolios_are_not_found(
    stranger: httpx.AsyncClient, portfolio_id: str
) -> None:
    for what in ("attribution", "factors", "attribution?period=1y", "factors?window=100"):
        answer = await stranger.get(f"/v1/portfolios/{portfolio_id}/{what}")
        assert answer.status_code == 404


async def test_factors_are_told_each_by_itself_and_jointly(api: httpx.AsyncClient, portfolio_id: str) -> None:
    found = await told(api, portfolio_id, "factors")

    rows = {row["factor_name"]: row for row in found["factors"]}
    assert list(rows) == ["market", "size", "value", "momentum", "quality", "low_volatility"]
    assert rows["market"]["loading"] == pytest.approx(0.9, abs=0.2)
    assert rows["market"]["t_stat"] > 10
    assert all(row["window_days"] == 252 for row in rows.values())
    assert len({row["r_squared"] for row in rows.values()}) == 6
    assert found["joint"]["r_squared"] > rows["market"]["r_squared"]
    assert sum(row["share"] for row in found["risk"]) == pytest.approx(1)
    assert sum(row["variance"] for row in found["risk"]) == pytest.approx(found["volatility"] ** 2)
    assert (found["as_of"], found["data_to"], found["lags"]) == (LAST_DAY, LAST_DAY, 4)


async def test_another_window_is_computed_for_the_answer(api: httpx.AsyncClient, portfolio_id: str) -> None:
    found = await told(api, portfolio_id, "factors", window=60)
    assert {row["window_days"] for row in found["factors"]} == {60}
    assert (await refusal(api, portfolio_id, "factors", window=5))["errors"][0]["field"] == "window"


async def test_nothing_held_has_no_factor_loadings(api: httpx.AsyncClient) -> None:
    registered = await api.post("/v1/portfolios", json={"name": "Empty", "portfolio_type": "long_only"})
    body = await refusal(api, registered.json()["portfolio_id"], "factors")
    assert body["errors"][0]["code"] == "too_few_observations"


async def test_what_the_agents_computed_is_served(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    attribution = await told(api, portfolio_id, "attribution")
    factors = await told(api, portfolio_id, "factors")
    await kept(service, portfolio_id, attribution, factors)

    answer = await api.get(f"/v1/portfolios/{portfolio_id}/attribution")
    again = answer.json()
    assert answer.headers["etag"]
    assert again["inputs_hash"] == "kept"
    assert again["attribution"] == attribution["attribution"]
    assert (await told(api, portfolio_id, "factors"))["inputs_hash"] == "kept"
    assert (await told(api, portfolio_id, "attribution", period="1y"))["inputs_hash"] != "kept"
    assert (await told(api, portfolio_id, "factors", window=100))["inputs_hash"] != "kept"


async def test_what_was_kept_against_another_benchmark_is_not_served(
    api: httpx.AsyncClient, service: Service, portfolio_id: str
) -> None:
    await kept(service, portfolio_id, await told(api, portfolio_id, "attribution"), {})
    answer = await api.patch(f"/v1/portfolios/{portfolio_id}", json={"benchmark_ticker": None})
    assert answer.status_code == 200, answer.text
    body = await refusal(api, portfolio_id, "attribution")
    assert body["errors"][0]["code"] == "no_benchmark"


async def test_tables_go_out_as_csv(api: httpx.AsyncClient, portfolio_id: str) -> None:
    for what, first in (("attribution", "bucket,"), ("factors", "factor_name,loading,")):
        answer = await api.get(f"/v1/portfolios/{portfolio_id}/{what}?format=csv")
        assert answer.status_code == 200, answer.text
        assert answer.text.lstrip("\ufeff").startswith(first)
