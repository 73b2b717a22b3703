"""Market data as it is answered."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final

import msgspec

from api.resources.market_bodies import (
    BarBody,
    BenchmarkBody,
    ConstituentBody,
    ConstituentsBody,
    FoundInstrument,
    HistoryBody,
    QuoteBody,
    QuoteFlag,
    Trend,
    TrendsBody,
)
from api.resources.market_import_bodies import MarketImportDetail, MarketImportSummary
from api.resources.unavailable import Unavailable
from application.market.imports import MarketImportReport
from domain.market import SHARED
from projections.market import (
    BenchmarkRow,
    DayBar,
    ImportedRow,
    InstrumentRow,
    SeriesRow,
    SetRow,
    TrendRow,
)
from projections.market_bars import Interval, doubts, split_between

NO_SOURCE: Final = Unavailable(code="no_source", detail="No source of market data here tells the figure.")
NOT_IN_SOURCE: Final = Unavailable(
    code="not_in_source", detail="The source of some of the prices does not tell the figure."
)
NO_PRICE: Final = Unavailable(code="no_history", detail="No price of the instrument is known.")
NO_PREVIOUS: Final = Unavailable(
    code="no_previous_close", detail="There is one price only, and none before it."
)
TRENDING: Final = (
    "Instruments with a price of the newest day, ranked by traded value (close times volume, in the instrument's "
    "own currency) times the absolute change since the previous close; those without a volume follow, ranked by "
    "the absolute change alone."
)
_PERCENT_DIGITS: Final = 6


def quote(symbol: str, found: SeriesRow, today: date, *, stale_days: int) -> QuoteBody:
    """Return the newest bar compared with the one before."""
    bars = found.bars
    newest = bars[-1] if bars else None
    previous = _previous_close(found)
    change = None if newest is None or previous is None else newest.close - previous
    return QuoteBody(
        symbol=symbol,
        price=newest.close if newest else None,
        change=None if change is None else round(change, 10),
        change_percent=None
        if change is None or not previous
        else round(100 * change / previous, _PERCENT_DIGITS),
        volume=newest.volume if newest else None,
        market_cap=None,
        pe_ratio=None,
        high=newest.high if newest else None,
        low=newest.low if newest else None,
        open=newest.open if newest else None,
        previous_close=previous,
        timestamp=datetime.combine(newest.day, time.min, UTC) if newest else None,
        currency=found.instrument.currency,
        exchange=found.instrument.exchange,
        name=found.instrument.name,
        source=", ".join(found.sources),
        flags=[
            QuoteFlag(code=one.code, detail=one.detail)
            for one in doubts(bars, found.actions, today, stale_days=stale_days)
        ],
        unavailable=_not_quoted(newest, previous),
    )


def _previous_close(found: SeriesRow) -> float | None:
    if len(found.bars) < 2:
        return None
    before, newest = found.bars[-2:]
    return before.close / split_between(found.actions, before.day, newest.day)


def _not_quoted(newest: DayBar | None, previous: float | None) -> dict[str, Unavailable]:
    reasons = {"market_cap": NO_SOURCE, "pe_ratio": NO_SOURCE}
    if newest is None:
        absent = (
            "price",
            "change",
            "change_percent",
            "volume",
            "high",
            "low",
            "open",
            "previous_close",
            "timestamp",
        )
        return reasons | dict.fromkeys(absent, NO_PRICE)
    if previous is None:
        reasons |= dict.fromkeys(("change", "change_percent", "previous_close"), NO_PREVIOUS)
    unknown = [name for name in ("open", "high", "low", "volume") if getattr(newest, name) is None]
    return reasons | dict.fromkeys(unknown, NOT_IN_SOURCE)


def history(
    symbol: str,
    found: SeriesRow,
    bars: Sequence[DayBar],
    *,
    period: str | None,
    interval: Interval,
    adjusted: bool,
) -> HistoryBody:
    """Return bars that have an adjusted close."""
    unknown = [
        name for name in ("open", "high", "low", "volume") if any(getattr(bar, name) is None for bar in bars)
    ]
    return HistoryBody(
        symbol=symbol,
        period=period,
        interval=interval,
        currency=found.instrument.currency,
        exchange=found.instrument.exchange,
        adjusted=adjusted,
        source=", ".join(found.sources),
        newest=found.newest,
        data=[_bar(bar) for bar in bars],
        unavailable=dict.fromkeys(unknown, NOT_IN_SOURCE),
    )


def _bar(bar: DayBar) -> BarBody:
    return BarBody(
        date=bar.day,
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume=bar.volume,
        adjusted_close=bar.close if bar.adjusted is None else bar.adjusted,
    )


def found_instrument(row: InstrumentRow) -> FoundInstrument:
    """Return an instrument as a search shows it."""
    return FoundInstrument(
        symbol=row.ticker,
        name=row.name,
        exchange=row.exchange,
        currency=row.currency,
        type=row.kind,
        isin=row.isin,
    )


def trends(rows: Sequence[TrendRow]) -> TrendsBody:
    """Return what moved most, and what that means."""
    return TrendsBody(
        symbols=[_trend(row) for row in rows], definition=TRENDING, as_of=rows[0].day if rows else None
    )


def _trend(row: TrendRow) -> Trend:
    return Trend(
        symbol=row.ticker,
        price=row.price,
        change_percent=None if row.move is None else round(100 * row.move, _PERCENT_DIGITS),
        volume=row.volume,
        traded_value=row.traded_value,
        currency=row.currency,
    )


def benchmark(row: BenchmarkRow) -> BenchmarkBody:
    """Return a benchmark as a list shows it."""
    return BenchmarkBody(
        ticker=row.benchmark,
        name=row.name,
        sets=row.sets,
        from_=row.first_day,
        to=row.last_day,
        constituents=row.constituents,
        source=row.source,
    )


def constituents(ticker: str, row: SetRow) -> ConstituentsBody:
    """Return one set of a benchmark."""
    return ConstituentsBody(
        benchmark=ticker.upper(),
        date=row.day,
        constituents=[
            ConstituentBody(ticker=one.ticker, name=one.name, weight=one.weight, sector=one.sector)
            for one in row.members
        ],
        dates=row.days,
        source=row.source,
        recorded_at=row.recorded_at.astimezone(UTC),
    )


def import_summary(row: ImportedRow) -> MarketImportSummary:
    """Return an import as a list shows it."""
    return MarketImportSummary(
        import_id=row.import_id,
        kind=row.kind,
        shared=row.owner == SHARED,
        source=row.source,
        filename=row.filename,
        sha256=row.sha256,
        imported_at=row.recorded_at.astimezone(UTC),
        rows=row.rows,
        rows_revised=row.revised,
    )


def import_detail(row: ImportedRow) -> MarketImportDetail:
    """Return an import with its report."""
    report = None if row.report is None else msgspec.convert(row.report, MarketImportReport)
    return MarketImportDetail(import_=import_summary(row), report=report)
