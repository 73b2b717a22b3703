"""The answers are written after the examples of Tiingo's published documentation (End-of-Day prices, meta data)."""

from datetime import date

import httpx
import pytest

from application.market.providers import ProviderFailed
from bootstrap.market_data import provided, sheets_of
from infrastructure.marketdata.providers.tiingo import Tiingo

META = {
    "ticker": "AAPL",
    "name": "Apple Inc",
    "exchangeCode": "NASDAQ",
    "startDate": "1980-12-12",
    "endDate": "2019-01-25",
    "description": "Apple Inc. (Apple) designs, manufactures and markets mobile communication devices.",
}
PRICES = [
    {
        "date": "2020-08-28T00:00:00.000Z",
        "close": 499.23,
        "high": 505.77,
        "low": 498.31,
        "open": 504.05,
        "volume": 46907479,
        "adjClose": 124.8075,
        "adjHigh": 126.4425,
        "adjLow": 124.5775,
        "adjOpen": 126.0125,
        "adjVolume": 187629916,
        "divCash": 0.0,
        "splitFactor": 1.0,
    },
    {
        "date": "2020-08-31T00:00:00.000Z",
        "close": 129.04,
        "high": 131.0,
        "low": 126.0,
        "open": 127.58,
        "volume": 225702688,
        "adjClose": 129.04,
        "adjHigh": 131.0,
        "adjLow": 126.0,
        "adjOpen": 127.58,
        "adjVolume": 225702688,
        "divCash": 0.25,
        "splitFactor": 4.0,
    },
]


def answering(request: httpx.Request) -> httpx.Response:
    if request.headers["Authorization"] != "Token secret":
        return httpx.Response(401, json={"detail": "Invalid token."})
    if request.url.path == "/tiingo/daily/AAPL":
        return httpx.Response(200, json=META)
    if request.url.path == "/tiingo/daily/AAPL/prices":
        assert dict(request.url.params) == {
            "startDate": "2020-08-28",
            "endDate": "2020-08-31",
            "format": "json",
        }
        return httpx.Response(200, json=PRICES)
    if request.url.path == "/tiingo/daily/BROKEN":
        return httpx.Response(200, text="Error: none")
    if request.url.path == "/tiingo/daily/MUCH":
        return httpx.Response(429, text="You have run over your hourly request allocation.")
    if request.url.path == "/tiingo/daily/AWAY":
        raise httpx.ConnectError("no route", request=request)
    return httpx.Response(404, json={"detail": "Not found."})


def a_provider(token: str = "secret") -> Tiingo:
    return Tiingo(token, transport=httpx.MockTransport(answering))


DAYS = {"start": date(2020, 8, 28), "end": date(2020, 8, 31)}


async def test_prices_splits_and_names_become_files_that_can_be_imported() -> None:
    async with a_provider() as provider:
        found = await provided(provider, ["AAPL"], **DAYS)
    told = {sheet.kind: sheet.content.decode() for sheet in sheets_of(found, source="tiingo")}
    assert told == {
        "instruments": "ticker,exchange,currency,name\nAAPL,NASDAQ,USD,Apple Inc\n",
        "prices": (
            "ticker,exchange,currency,date,open,high,low,close,adjusted_close,volume\n"
            "AAPL,NASDAQ,USD,2020-08-28,504.05,505.77,498.31,499.23,124.8075,46907479.0\n"
            "AAPL,NASDAQ,USD,2020-08-31,127.58,131.0,126.0,129.04,129.04,225702688.0\n"
        ),
        "actions": (
            "ticker,exchange,currency,ex_date,kind,value\n"
            "AAPL,NASDAQ,USD,2020-08-31,split,4.0\nAAPL,NASDAQ,USD,2020-08-31,dividend,0.25\n"
        ),
    }


@pytest.mark.parametrize(
    ("symbol", "token", "words"),
    [
        ("NOPE", "secret", "does not know NOPE"),
        ("../AAPL", "secret", "does not know ../AAPL"),
        ("AAPL", "wrong", "TRIMTAB_TIINGO_TOKEN"),
        ("MUCH", "secret", "try again later"),
        ("BROKEN", "secret", "something unexpected"),
        ("AWAY", "secret", "cannot be reached"),
    ],
)
async def test_what_the_provider_refuses_is_said_in_a_sentence_without_the_token(
    symbol: str, token: str, words: str
) -> None:
    async with a_provider(token) as provider:
        with pytest.raises(ProviderFailed, match=words) as failed:
            await provider.instrument(symbol, **DAYS)
    assert token not in str(failed.value)
