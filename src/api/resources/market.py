"""Reading market data: quotes, histories, searches, benchmarks."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal, TypeAlias, cast

from litestar import Controller, get
from litestar.params import FromPath, QueryParameter

from api.operation import operation
from api.problems import ParameterViolation, invalid
from api.request import ApiRequest
from api.resources import market_examples as examples
from api.resources.fields import LINE, TICKER, Offset, PageOf200
from api.resources.market_bodies import (
    HistoryBody,
    QuoteBody,
    SearchPage,
    TrendsBody,
)
from api.resources.market_rendering import found_instrument, history, quote, trends
from api.resources.moments import KnownAt, moments, require_plausible
from api.services import Service
from application.history.past import end_of
from application.market.imports import MarketRules
from domain.market import SymbolNotFound
from projections.market import MarketView, SeriesRow
from projections.market_bars import (
    MONTHS_OF,
    Interval,
    Period,
    all_adjusted,
    in_intervals,
    of_period,
    with_adjusted,
)

_TICKER: Final = re.compile(TICKER)
_INSTANT: Final = timedelta(microseconds=1)
_FAR: Final = 400
"""Days that hold the newest bars, and enough before them to tell a jump from a wild stock."""
INTRADAY: Final = ("1m", "5m", "15m", "1h")
AskedPeriod: TypeAlias = Annotated[
    Period | None,
    QueryParameter(
        description=(
            "How far back from the newest bar: `1d` and `5d` count bars, the others calendar months. 1y where "
            "neither it nor `start` or `end` is said."
        )
    ),
]
AskedInterval: TypeAlias = Annotated[
    Literal["1m", "5m", "15m", "1h", "1d", "1wk", "1mo"],
    QueryParameter(
        description=(
            "Length of each bar. Weeks begin on Monday. Intraday intervals are refused (422) as long as no "
            "intraday prices are imported."
        )
    ),
]


class MarketController(Controller):
    """Prices and instruments as a tenant sees them: its own before the shared set."""

    path = "/v1/market"
    tags = ("Market data",)

    @get("/quote/{symbol:path}", opt=operation(scope="portfolios:read", example=examples.QUOTE))
    async def read_quote(
        self,
        request: ApiRequest,
        symbol: FromPath[str],
        market: Service[MarketView],
        market_rules: Service[MarketRules],
    ) -> QuoteBody:
        """Read the newest price of an instrument.

        The newest daily bar with its change since the one before. What no source tells is null.
        """
        tenant = request.caller.tenant
        found = await _series(market, tenant, _named(symbol), days=_FAR)
        today = await market.clock(tenant)
        return quote(found.instrument.ticker, found, today, stale_days=market_rules.stale_days)

    @get(
        "/historical/{symbol:path}",
        opt=operation(scope="portfolios:read", example=examples.HISTORY, table="data"),
    )
    async def read_history(
        self,
        request: ApiRequest,
        symbol: FromPath[str],
        market: Service[MarketView],
        period: AskedPeriod = None,
        interval: AskedInterval = "1d",
        start: Annotated[date | None, QueryParameter(description="First day, in place of `period`.")] = None,
        end: Annotated[
            date | None, QueryParameter(description="Last day; the newest bar unless said.")
        ] = None,
        adjusted: Annotated[
            bool, QueryParameter(description="Adjust open, high, low and close for splits and dividends too.")
        ] = False,
        known_at: KnownAt = None,
    ) -> HistoryBody:
        """Read past prices of an instrument.

        Periods end with the newest bar there is, not today. Bars of a period begin with a whole week or month;
        with `start` and `end` the days are exactly these.
        """
        length = _require_askable(period, interval, start, end)
        chosen: Period | None = period or ("1y" if start is None and end is None else None)
        known = moments(None, known_at).known_at
        found = await _series(
            market,
            request.caller.tenant,
            _named(symbol),
            start=start,
            days=_days_of(chosen),
            known_at=None if known is None else end_of(known) - _INSTANT,
        )
        bars = with_adjusted(found.bars, found.actions, found.instrument.currency)
        bars = all_adjusted(bars) if adjusted else bars
        if chosen is None:
            bars = in_intervals([bar for bar in bars if end is None or bar.day <= end], length)
        else:
            bars = of_period(bars, chosen, length)
        name = found.instrument.ticker
        return history(name, found, bars, period=chosen, interval=length, adjusted=adjusted)

    @get("/search", opt=operation(scope="portfolios:read", example=examples.SEARCH, table="results"))
    async def search_instruments(
        self,
        request: ApiRequest,
        market: Service[MarketView],
        q: Annotated[
            str,
            QueryParameter(
                min_length=1,
                max_length=100,
                pattern=LINE,
                description="Ticker, words of a name, or ISIN, in any case.",
            ),
        ],
        limit: PageOf200 = 20,
        offset: Offset = 0,
    ) -> SearchPage:
        """Search instruments.

        The exact ticker first, then ISIN, beginnings of tickers, of names and of words, then what contains the
        text.
        """
        rows, total = await market.search(request.caller.tenant, q.strip(), limit=limit, offset=offset)
        return SearchPage(
            results=[found_instrument(row) for row in rows], total=total, limit=limit, offset=offset
        )

    @get("/trending", opt=operation(scope="portfolios:read", example=examples.TRENDING, table="symbols"))
    async def list_trending(
        self,
        request: ApiRequest,
        market: Service[MarketView],
        limit: Annotated[
            int, QueryParameter(ge=1, le=100, description="Instruments at most, 1 to 100.")
        ] = 20,
    ) -> TrendsBody:
        """List the instruments that moved most money on the newest day."""
        return trends(await market.trending(request.caller.tenant, limit=limit))


def _named(symbol: str) -> str:
    """Return a symbol as it was sent; as the rest of a path it may hold a slash, and begins with one."""
    return symbol.removeprefix("/")


async def _series(
    market: MarketView,
    tenant: str,
    symbol: str,
    *,
    start: date | None = None,
    days: int | None = None,
    known_at: datetime | None = None,
) -> SeriesRow:
    found = None
    if _TICKER.match(symbol):
        found = await market.series(tenant, symbol, start=start, days=days, known_at=known_at)
    if found is None:
        raise SymbolNotFound(symbol)
    return found


def _days_of(period: Period | None) -> int | None:
    """Return how many days before the newest bar are enough for a period; None for all."""
    if period is None or period == "max":
        return None
    return 31 * (MONTHS_OF[period] + 1) if period in MONTHS_OF else _FAR


def _require_askable(period: Period | None, interval: str, start: date | None, end: date | None) -> Interval:
    violations = []
    if interval in INTRADAY:
        detail = f"There are no intraday prices, so `{interval}` cannot be told; known are 1d, 1wk and 1mo."
        violations.append(ParameterViolation("interval", "no_intraday_data", detail))
    if period is not None and (start is not None or end is not None):
        violations.append(
            ParameterViolation("period", "conflict", "Say either `period` or `start` and `end`.")
        )
    if start is not None and end is not None and end < start:
        violations.append(ParameterViolation("end", "out_of_range", "`end` lies before `start`."))
    if violations:
        raise invalid(violations)
    require_plausible("start", start)
    require_plausible("end", end)
    return cast("Interval", interval)
