"""Market data: quotes, histories, searches and trends as they are answered."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from api.figures import exact
from api.resources.fields import LimitUsed, OffsetUsed, Ticker, Total
from api.resources.unavailable import Reasons

Symbol = Annotated[str, msgspec.Meta(description="Ticker of the instrument.", examples=["AAPL"])]
Currency = Annotated[
    str | None, msgspec.Meta(description="Currency of the prices, ISO 4217; null where nobody said it.")
]
Exchange = Annotated[str | None, msgspec.Meta(description="Exchange, ISO 10383 (MIC); null where unknown.")]
Source = Annotated[str, msgspec.Meta(description="Where the figures come from; several by commas.")]
Close = Annotated[float, msgspec.Meta(description="Last price of the day, in `currency`.")]
Open = Annotated[float | None, msgspec.Meta(description="First price, in `currency`; null without a source.")]
High = Annotated[
    float | None, msgspec.Meta(description="Highest price, in `currency`; null without a source.")
]
Low = Annotated[float | None, msgspec.Meta(description="Lowest price, in `currency`; null without a source.")]
Volume = Annotated[float | None, msgspec.Meta(description="Units traded; null where the source tells none.")]
Days = Annotated[list[date], msgspec.Meta(description="Days of all sets of the benchmark, oldest first.")]
Weight = Annotated[
    Decimal, exact("Weight in the benchmark as a fraction, 0.25 is 25 %.", ge=0, examples=[0.25])
]


class QuoteFlag(msgspec.Struct, frozen=True, kw_only=True):
    """Something doubtful about the newest price."""

    code: Annotated[
        Literal["stale", "jump", "split_suspect"],
        msgspec.Meta(
            description="`stale` (old), `jump` (beyond belief) or `split_suspect` (an untold split)."
        ),
    ]
    detail: Annotated[str, msgspec.Meta(description="What it is, in words.")]


class QuoteBody(msgspec.Struct, frozen=True, kw_only=True):
    """The newest daily bar of an instrument, compared with the one before."""

    symbol: Symbol
    price: Annotated[
        float | None, msgspec.Meta(description="Newest close, in `currency`; null where there is no price.")
    ]
    change: Annotated[
        float | None,
        msgspec.Meta(description="Price minus previous close, in `currency`; negative where it fell."),
    ]
    change_percent: Annotated[
        float | None,
        msgspec.Meta(
            description="Change over the previous close in percent, 1.24 is 1.24 %; negative where it fell."
        ),
    ]
    volume: Volume
    market_cap: Annotated[
        float | None, msgspec.Meta(description="Value of the company; null, since no source tells it.")
    ]
    pe_ratio: Annotated[
        float | None, msgspec.Meta(description="Price over earnings; null, since no source tells it.")
    ]
    high: High
    low: Low
    open: Open
    previous_close: Annotated[
        float | None,
        msgspec.Meta(
            description="Close of the bar before, in units of today's shares where a split lies between."
        ),
    ]
    timestamp: Annotated[
        datetime | None,
        msgspec.Meta(
            description="Day of the bar at 00:00 UTC, since daily bars have no time; null without a price."
        ),
    ]
    currency: Currency
    exchange: Exchange
    name: Annotated[str | None, msgspec.Meta(description="Name of the instrument; null where unknown.")]
    source: Source
    flags: Annotated[
        list[QuoteFlag], msgspec.Meta(description="What is doubtful about the price; empty when nothing is.")
    ]
    unavailable: Reasons


class BarBody(msgspec.Struct, frozen=True, kw_only=True):
    """One bar; prices in the currency of the history."""

    date: Annotated[
        date, msgspec.Meta(description="Day of the bar; of a week or month the last day it has prices of.")
    ]
    open: Open
    high: High
    low: Low
    close: Close
    volume: Volume
    adjusted_close: Annotated[
        float,
        msgspec.Meta(
            description=(
                "Close less the effect of later splits and dividends, in `currency`: the source's own where it "
                "has one, else computed from the splits and dividends that are known."
            )
        ),
    ]


class HistoryBody(msgspec.Struct, frozen=True, kw_only=True):
    """Prices of an instrument, oldest first."""

    symbol: Symbol
    period: Annotated[
        str | None, msgspec.Meta(description="Period as asked; null where days were asked for.")
    ]
    interval: Annotated[Literal["1d", "1wk", "1mo"], msgspec.Meta(description="Length of each bar.")]
    currency: Currency
    exchange: Exchange
    adjusted: Annotated[
        bool,
        msgspec.Meta(description="Whether open, high, low and close are adjusted as `adjusted_close` is."),
    ]
    source: Source
    newest: Annotated[
        date | None, msgspec.Meta(description="Day of the newest bar there is, with which periods end.")
    ]
    data: Annotated[list[BarBody], msgspec.Meta(description="The bars; empty where none lies in the period.")]
    unavailable: Reasons


class FoundInstrument(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument that fits a search."""

    symbol: Symbol
    name: Annotated[str | None, msgspec.Meta(description="Name; null where unknown.")]
    exchange: Exchange
    currency: Currency
    type: Annotated[
        str, msgspec.Meta(description="Kind of instrument: equity, etf, fund, index, bond and so on.")
    ]
    isin: Annotated[str | None, msgspec.Meta(description="ISIN; null where unknown.")]


class SearchPage(msgspec.Struct, frozen=True, kw_only=True):
    """Instruments, the best fit first."""

    results: Annotated[list[FoundInstrument], msgspec.Meta(description="The instruments of this page.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """What an instrument did on the newest day."""

    symbol: Symbol
    price: Close
    change_percent: Annotated[
        float | None,
        msgspec.Meta(
            description="Change over the previous close in percent, splits allowed for; null without one."
        ),
    ]
    volume: Volume
    traded_value: Annotated[
        float | None, msgspec.Meta(description="Price times volume, in `currency`; null without a volume.")
    ]
    currency: Currency


class TrendsBody(msgspec.Struct, frozen=True, kw_only=True):
    """The instruments that moved most money on the newest day."""

    symbols: Annotated[list[Trend], msgspec.Meta(description="The instruments, the first moved most.")]
    definition: Annotated[str, msgspec.Meta(description="What they are ranked by, in words.")]
    as_of: Annotated[
        date | None, msgspec.Meta(description="The newest day with prices; null where there are none.")
    ]


class BenchmarkBody(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark whose constituents are known."""

    ticker: Symbol
    name: Annotated[str | None, msgspec.Meta(description="Name; null where unknown.")]
    sets: Annotated[int, msgspec.Meta(ge=1, description="How many dated sets there are.")]
    from_: Annotated[date, msgspec.Meta(description="Day of the first set.")] = msgspec.field(name="from")
    to: Annotated[date, msgspec.Meta(description="Day of the newest set.")]
    constituents: Annotated[int, msgspec.Meta(ge=0, description="Members of the newest set.")]
    source: Source


class BenchmarkPage(msgspec.Struct, frozen=True, kw_only=True):
    """Benchmarks by ticker."""

    benchmarks: Annotated[list[BenchmarkBody], msgspec.Meta(description="The benchmarks of this page.")]
    total: Total
    limit: LimitUsed
    offset: OffsetUsed


class ConstituentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a benchmark."""

    ticker: Symbol
    name: Annotated[str | None, msgspec.Meta(description="Name; null where unknown.")]
    weight: Weight
    sector: Annotated[str | None, msgspec.Meta(description="Sector as a slug; null where unknown.")]


class ConstituentsBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a benchmark consists of from a day on; weights drift with prices until the next set."""

    benchmark: Symbol
    date: Annotated[date, msgspec.Meta(description="Day from which the set holds.")]
    constituents: Annotated[
        list[ConstituentBody],
        msgspec.Meta(description="The members, the heaviest first; weights add up to 1."),
    ]
    dates: Days
    source: Source
    recorded_at: Annotated[datetime, msgspec.Meta(description="When the set was recorded, UTC.")]


class MemberIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member of a benchmark."""

    ticker: Ticker
    weight: Weight
    sector: Annotated[str, msgspec.Meta(max_length=100, description="Sector, by any usual name.")] | None = (
        None
    )


class ConstituentsIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a benchmark consists of from a day on."""

    date: Annotated[date, msgspec.Meta(description="Day from which the set holds; not in the future.")]
    constituents: Annotated[
        list[MemberIn],
        msgspec.Meta(
            min_length=1, max_length=20_000, description="The members; weights add up to 1 ± 0.000001."
        ),
    ]


class InstrumentIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of an instrument; what is left out stays as it is known."""

    ticker: Ticker
    exchange: (
        Annotated[str, msgspec.Meta(max_length=60, description="MIC or usual short name, such as NASDAQ.")]
        | None
    ) = None
    isin: Annotated[str, msgspec.Meta(max_length=20, description="ISIN with its check digit.")] | None = None
    currency: Annotated[str, msgspec.Meta(max_length=10, description="ISO 4217 code.")] | None = None
    sector: Annotated[str, msgspec.Meta(max_length=100, description="Sector, by any usual name.")] | None = (
        None
    )
    geography: (
        Annotated[str, msgspec.Meta(max_length=100, description="Country, by code or name.")] | None
    ) = None
    name: Annotated[str, msgspec.Meta(max_length=200, description="Display name.")] | None = None
    kind: (
        Annotated[str, msgspec.Meta(max_length=40, description="equity, etf, fund, index, bond and so on.")]
        | None
    ) = None


class InstrumentsIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Instruments to make known or to describe."""

    instruments: Annotated[
        list[InstrumentIn], msgspec.Meta(min_length=1, max_length=10_000, description="The instruments.")
    ]
