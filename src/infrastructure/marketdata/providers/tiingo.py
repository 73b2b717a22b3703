"""Daily prices from Tiingo, by its published REST interface (End-of-Day and meta endpoints)."""

from datetime import date, datetime
from types import TracebackType
from typing import Annotated, Any, Final, Self
from urllib.parse import quote

import httpx
import msgspec

from application.market.providers import ProvidedBar, ProvidedInstrument, ProviderFailed

ADDRESS: Final = "https://api.tiingo.com"
TIMEOUT_SECONDS: Final = 30.0
CHINESE: Final = frozenset({"SHE", "SHG"})
"""Its exchange codes of Shenzhen and Shanghai; all others quote in US dollars."""
Positive = Annotated[float, msgspec.Meta(gt=0)]


class _Meta(msgspec.Struct):
    ticker: str
    name: str | None = None
    exchangeCode: str | None = None  # noqa: N815


class _Price(msgspec.Struct):
    date: datetime
    close: Positive
    open: float | None = None
    high: float | None = None
    low: float | None = None
    volume: float | None = None
    adjClose: float | None = None  # noqa: N815
    divCash: float = 0.0  # noqa: N815
    splitFactor: float = 1.0  # noqa: N815


class Tiingo:
    """The `MarketDataProvider` port; an async context manager, since it keeps a connection.

    Tickers are those of Tiingo: share classes are written with a hyphen, BRK-B.
    """

    name = "tiingo"

    def __init__(self, token: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        headers = {"Authorization": f"Token {token}", "Accept": "application/json"}
        self._client = httpx.AsyncClient(
            base_url=ADDRESS, headers=headers, timeout=TIMEOUT_SECONDS, transport=transport
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def instrument(self, symbol: str, *, start: date, end: date) -> ProvidedInstrument:
        """Return an instrument and its bars between two days, both included."""
        path = f"/tiingo/daily/{quote(symbol, safe='')}"
        meta = await self._get(symbol, path, {}, _Meta)
        days = {"startDate": start.isoformat(), "endDate": end.isoformat(), "format": "json"}
        prices = await self._get(symbol, f"{path}/prices", days, list[_Price])
        return ProvidedInstrument(
            ticker=meta.ticker.upper(),
            name=meta.name,
            exchange=meta.exchangeCode,
            currency="CNY" if meta.exchangeCode in CHINESE else "USD",
            bars=[_bar(price) for price in prices],
        )

    async def _get(self, symbol: str, path: str, params: dict[str, str], answer: Any) -> Any:
        try:
            response = await self._client.get(path, params=params)
        except httpx.HTTPError as failure:
            raise ProviderFailed(f"Tiingo cannot be reached: {type(failure).__name__}.") from None
        if response.status_code != 200:
            raise ProviderFailed(_refusal(symbol, response.status_code))
        try:
            return msgspec.json.decode(response.content, type=answer)
        except (msgspec.DecodeError, UnicodeDecodeError) as failure:
            raise ProviderFailed(f"Tiingo answered something unexpected about {symbol}: {failure}.") from None


def _refusal(symbol: str, status: int) -> str:
    words = {
        401: "Tiingo refused the token; set TRIMTAB_TIINGO_TOKEN.",
        403: "Tiingo refused the token, or the plan does not cover these prices.",
        404: f"Tiingo does not know {symbol}.",
        429: "Tiingo's hourly or daily limit is used up; try again later.",
    }
    return words.get(status, f"Tiingo answered with status {status}; try again later.")


def _bar(price: _Price) -> ProvidedBar:
    return ProvidedBar(
        day=price.date.date(),
        open=price.open,
        high=price.high,
        low=price.low,
        close=price.close,
        adjusted_close=price.adjClose,
        volume=price.volume,
        dividend=price.divCash,
        split=price.splitFactor,
    )
