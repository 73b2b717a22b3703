"""What an optimisation is computed on, looked up in the bundled market data; nothing is computed here."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import numpy as np
import pytest
from tests.support.market import MarketData
from tests.support.reference_libraries import sp500_index_returns, sp500_returns
from tests.support.service import Service, service_on

from application.optimization.dataset import Dataset
from application.optimization.sampling import matrix, vector

TICKERS = (
    "AAPL AMD BAC BBY CVX GE HD JNJ JPM KO LLY MRK MSFT PEP PFE PG RRC UNH WMT XOM".split()  # noqa: SIM905
)
HELD = {"AAPL": 300, "JPM": 200, "KO": 400}
LAST_DAY = date(2022, 12, 28)


@pytest.fixture
async def service(market_database_url: str) -> AsyncIterator[Service]:
    MarketData(market_database_url, "acme").pin_clock(LAST_DAY)
    async with service_on(market_database_url) as running:
        yield running


async def asked(api: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await api.post("/v1/optimizations", json={"methods": ["MinVol"], **body})
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def refused(api: httpx.AsyncClient, **body: Any) -> list[tuple[str, str]]:
    answer = await api.post("/v1/optimizations", json={"methods": ["MinVol"], **body})
    assert answer.status_code == 422, answer.text
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


async def kept(service: Service, told: dict[str, Any]) -> Dataset:
    content = await service.datasets.read("acme", told["dataset_hash"])
    assert content is not None
    return Dataset.decoded(content)


def stocks(*tickers: str) -> list[dict[str, str]]:
    return [{"ticker": ticker} for ticker in tickers]


async def test_twenty_stocks_have_the_five_years_up_to_their_newest_price(
    api: httpx.AsyncClient, service: Service
) -> None:
    told = await asked(api, stocks=stocks(*TICKERS), benchmark="SP500")

    dataset = await kept(service, told)
    # From the last close of 2017-12-28 on; five years have 1,258 trading days or so.
    assert (str(dataset.since), str(dataset.days[-1])) == ("2017-12-28", "2022-12-28")
    assert matrix(dataset.returns, 20) == pytest.approx(sp500_returns(dataset.periods), abs=1e-12)
    assert vector(dataset.benchmark_returns) == pytest.approx(sp500_index_returns(dataset.periods), abs=1e-12)
    assert dataset.periods_per_year == 252
    assert dataset.currency == "USD"
    assert dataset.risk_free.currency == "USD"


async def test_a_portfolio_brings_its_weights_currency_and_benchmark(
    api: httpx.AsyncClient, service: Service
) -> None:
    registration = {
        "name": "Growth",
        "portfolio_type": "long_only",
        "inception_date": "2020-01-02",
        "benchmark_ticker": "SP500",
    }
    location = str((await api.post("/v1/portfolios", json=registration)).headers["location"])
    rows = "".join(f"{ticker},{quantity}\n" for ticker, quantity in HELD.items())
    await api.post(
        f"{location}/positions/import?as_of=2020-01-02",
        files={"file": ("held.csv", f"ticker,quantity\n{rows}")},
    )

    told = await asked(api, portfolio_id=location.rpartition("/")[2], methods=["MinVol", "BenchmarkTracker"])

    dataset = await kept(service, told)
    assert dataset.source == "portfolio"
    assert sorted(dataset.names) == sorted(HELD)
    assert dataset.benchmark is not None
    assert dataset.benchmark.ticker == "SP500"
    assert dataset.current_weights is not None
    assert sum(dataset.current_weights) == pytest.approx(1)
    by_name = dict(zip(dataset.names, dataset.current_weights, strict=True))
    assert by_name["KO"] / by_name["JPM"] == pytest.approx(400 * 62.7 / (200 * 131.8), rel=0.05)


async def test_what_market_data_does_not_know_is_named_all_at_once(api: httpx.AsyncClient) -> None:
    said = await refused(
        api, stocks=[*stocks("AAPL", "NOPE"), {"ticker": "TCS", "exchange": "NSE"}], benchmark="nifty"
    )

    assert said == [
        ("stocks.1.ticker", "unknown_ticker"),
        ("stocks.2.ticker", "unknown_ticker"),
        ("benchmark", "benchmark_not_found"),
    ]


async def test_a_ticker_of_another_country_is_another_company(api: httpx.AsyncClient) -> None:
    abroad = [{"ticker": "AAPL", "exchange": "NSE"}, {"ticker": "KO", "exchange": "NYSE"}]

    assert await refused(api, stocks=abroad) == [("stocks.0.exchange", "unknown_ticker")]


async def test_american_markets_stand_in_for_each_other(api: httpx.AsyncClient) -> None:
    told = await asked(
        api, stocks=[{"ticker": "AAPL", "exchange": "NASDAQ"}, {"ticker": "KO", "exchange": "NASDAQ"}]
    )

    assert [one["detail"] for one in told["warnings"] if one["code"] == "other_exchange"] == [
        "KO is known on XNYS, not on NASDAQ."
    ]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no asset": ({}, "missing"),
    "an unknown method": ({"stocks": stocks("AAPL", "KO"), "methods": ["Magic"]}, "unknown_value"),
    "ten thousand assets": ({"stocks": stocks(*(f"S{at}" for at in range(10_000)))}, "too_large"),
    "one row": ({"assets": ["A", "B"], "returns": [[0.1, 0.2]]}, "too_few_observations"),
    "constant": ({"assets": ["A", "B"], "returns": [[0.1, 0.2], [0.1, 0.1], [0.1, 0.3]]}, "no_variation"),
    "collinear": ({"assets": ["A", "B"], "returns": [[0.1, 0.2], [-0.1, -0.2], [0.3, 0.6]]}, "collinear"),
    "falling": (
        {"assets": ["A", "B"], "returns": [[-0.1, -0.2], [-0.2, -0.1], [-0.3, -0.1]], "methods": ["MVO"]},
        "no_excess_return",
    ),
    "no covariance": (
        {"assets": ["A", "B"], "expected_returns": [0.1, 0.2], "covariance": [[1, 2], [2, 1]]},
        "not_positive_semidefinite",
    ),
    "weights of more than everything": (
        {"stocks": stocks("AAPL", "KO"), "constraints": {"current_weights": {"AAPL": 0.9, "KO": 0.9}}},
        "not_one",
    ),
    "a window before all prices": (
        {"stocks": stocks("AAPL", "KO"), "window": {"end": "0001-01-01"}},
        "short_history",
    ),
    "limits that cannot hold": (
        {"stocks": stocks("AAPL", "KO"), "constraints": {"max_weight": 0.4}},
        "infeasible",
    ),
}


@pytest.mark.parametrize("kind", BAD)
async def test_bad_figures_are_refused_precisely(api: httpx.AsyncClient, kind: str) -> None:
    body, code = BAD[kind]

    said = await refused(api, **body)

    assert code in {found for _, found in said}
    assert all(field for field, _ in said)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1" * 500])
async def test_what_is_no_number_is_refused(api: httpx.AsyncClient, number: str) -> None:
    body = '{"methods": ["HRP"], "assets": ["A", "B"], "returns": [[0.1, %s], [0.2, 0.1], [0.3, 0.2]]}'

    answer = await api.post(
        "/v1/optimizations", content=body % number, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code in (400, 422), answer.text


async def test_the_same_request_has_the_same_hashes(api: httpx.AsyncClient) -> None:
    returns = np.random.default_rng(1).normal(0.0, 0.01, (50, 3)).tolist()
    body = {"assets": ["A", "B", "C"], "returns": returns}

    one, other = await asked(api, **body), await asked(api, **body)

    assert one["id"] != other["id"]
    assert (one["inputs_hash"], one["dataset_hash"]) == (other["inputs_hash"], other["dataset_hash"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("methods", ["Magic"]),
        ("methods", 5),
        ("constraints", 3),
        ("constraints", {"groups": 3}),
        ("constraints", {"max_weight": {"A": "much"}, "current_weights": 7}),
        ("options", 3),
        ("options", {"StackingOptimization": 4}),
        ("options", {"BlackLitterman": {"views": [{"assets": 3}], "market_weights": {"A": "x"}}}),
        ("options", {"RiskBudgeting": {"risk_budget": {"A": -1}}}),
        ("benchmark_returns", "none"),
        ("window", {"start": "today"}),
        ("estimators", {"covariance": "best"}),
        ("portfolio_id", 3),
        ("seed", -1),
    ],
    ids=str,
)
async def test_a_faulty_field_hides_no_other_fault(api: httpx.AsyncClient, field: str, value: Any) -> None:
    body: dict[str, Any] = {
        "methods": ["HRP", "NCO"],
        "assets": ["A", "B"],
        "returns": [[0.1, "x"], [0.1], [0.2, 0.3]],
    }

    said = await refused(api, **(body | {"assets": ["A", "B", "B"], field: value}))

    assert any(found.startswith(field) for found, _ in said)
    assert {("returns.0.1", "wrong_type"), ("returns.1", "length"), ("assets.2", "duplicate")} <= set(said)
