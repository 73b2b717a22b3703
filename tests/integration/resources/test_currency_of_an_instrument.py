"""An instrument whose first file named no currency, and what happens when somebody names one."""

import httpx
import pytest
from tests.support.market_here import MarketImportsHere
from tests.support.service import Service


@pytest.fixture
def calculations(service: Service) -> MarketImportsHere:
    return MarketImportsHere(service.connections)


async def prices(api: httpx.AsyncClient, text: str) -> None:
    files = {"file": ("prices.csv", text.encode(), "text/csv")}
    answer = await api.post("/v1/market/prices/import", files=files)
    assert answer.status_code == 201, answer.text


async def describe(api: httpx.AsyncClient, *instruments: dict[str, str]) -> httpx.Response:
    return await api.post("/v1/market/instruments", json={"instruments": list(instruments)})


async def currencies(api: httpx.AsyncClient, ticker: str = "ABC") -> list[str | None]:
    answer = await api.get("/v1/market/search", params={"q": ticker})
    return [one["currency"] for one in answer.json()["results"]]


@pytest.fixture
async def priced(api: httpx.AsyncClient) -> None:
    await prices(api, "date,ticker,close\n2024-01-02,ABC,100\n2024-01-03,ABC,102\n")
    assert await currencies(api) == [None]


@pytest.mark.usefixtures("priced")
async def test_an_import_of_instruments_names_the_currency(api: httpx.AsyncClient) -> None:
    answer = await describe(api, {"ticker": "ABC", "exchange": "XETR", "currency": "EUR"})
    told = answer.json()
    assert (answer.status_code, told["instruments_created"], told["rows_imported"]) == (201, 0, 1), (
        answer.text
    )
    assert await currencies(api) == ["EUR"]
    quote = (await api.get("/v1/market/quote/ABC")).json()
    assert (quote["price"], quote["currency"]) == (102, "EUR")
    again = (await describe(api, {"ticker": "ABC", "currency": "EUR"})).json()
    assert (again["rows_unchanged"], again["instruments_created"]) == (1, 0)
    trending = (await api.get("/v1/market/trending")).json()["symbols"]
    assert [(one["symbol"], one["currency"]) for one in trending] == [("ABC", "EUR")]


@pytest.mark.usefixtures("priced")
async def test_what_is_imported_in_the_currency_then_is_about_the_same_instrument(
    api: httpx.AsyncClient,
) -> None:
    await describe(api, {"ticker": "ABC", "currency": "EUR"})
    await prices(api, "date,ticker,currency,close\n2024-01-04,ABC,EUR,103\n")
    assert await currencies(api) == ["EUR"]
    bars = (await api.get("/v1/market/historical/ABC?period=max")).json()["data"]
    assert [bar["close"] for bar in bars] == [100, 102, 103]


@pytest.mark.usefixtures("priced")
async def test_another_currency_is_another_instrument_from_then_on(api: httpx.AsyncClient) -> None:
    await describe(api, {"ticker": "ABC", "currency": "EUR"})
    other = (await describe(api, {"ticker": "ABC", "currency": "USD"})).json()
    assert other["instruments_created"] == 1
    assert sorted(str(one) for one in await currencies(api)) == ["EUR", "USD"]


@pytest.mark.usefixtures("priced")
async def test_two_currencies_in_one_file_contradict_each_other(api: httpx.AsyncClient) -> None:
    answer = await describe(api, {"ticker": "ABC", "currency": "EUR"}, {"ticker": "ABC", "currency": "USD"})
    assert answer.status_code == 422
    assert {one["code"] for one in answer.json()["errors"]} == {"contradicting_rows"}
    assert await currencies(api) == [None]


@pytest.mark.usefixtures("priced")
async def test_a_holding_in_another_currency_is_not_priced_by_it_any_more(
    api: httpx.AsyncClient, portfolio: str
) -> None:
    held = {"file": ("held.csv", b"ticker,quantity,currency\nABC,10,USD\n", "text/csv")}
    answer = await api.post(f"{portfolio}/positions/import?as_of=2024-01-02", files=held)
    assert answer.status_code == 201, answer.text
    [before] = (await api.get(f"{portfolio}/positions")).json()["positions"]
    await describe(api, {"ticker": "ABC", "currency": "EUR"})
    [after] = (await api.get(f"{portfolio}/positions")).json()["positions"]
    assert (before["current_price"], after["current_price"]) == (102, None)
