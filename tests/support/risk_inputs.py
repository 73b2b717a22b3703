"""What risk is measured from, as small as a test is about."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid5

import numpy as np

from application.benchmark.path import BenchmarkPath
from application.market.history import Floats, RiskFreeRate
from application.risk.inputs import IndexLevels, RiskInputs
from application.valuation.book import Book, BookPosition
from application.valuation.current_returns import CurrentReturns
from domain.unavailable import Missing

SPACE = UUID("9a3ff5b1-0000-4000-8000-000000000001")
LAST = date(2022, 12, 28)
NO_BENCHMARK = Missing(code="no_benchmark", detail="The portfolio has no benchmark.")


def trading_days(count: int) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
    """The last `count` weekdays up to the last day."""
    return np.busday_offset(np.datetime64(LAST), np.arange(1 - count, 1)).astype("datetime64[D]")


def a_position(ticker: str, *, sector: str | None = None, listing_id: int | None = 1) -> BookPosition:
    return BookPosition(
        position_id=uuid5(SPACE, f"position {ticker}"),
        instrument_id=uuid5(SPACE, ticker),
        ticker=ticker,
        account="",
        currency="USD",
        asset_class="equity",
        sector=sector,
        geography=None,
        isin=None,
        listing_id=listing_id,
    )


def a_book(
    positions: Sequence[BookPosition],
    values: Sequence[float],
    *,
    cash: float = 0.0,
    benchmark: str | None = None,
) -> Book:
    """A book of one day; every price is 10."""
    units, ones = np.array([values], dtype=float) / 10, np.ones((1, len(values)))
    balance = np.array([[cash]])
    return Book(
        portfolio_id=SPACE,
        currency="USD",
        benchmark_ticker=benchmark,
        inception=LAST,
        positions=tuple(positions),
        cash_currencies=("USD",),
        days=trading_days(1),
        quantity=units,
        before=units,
        price=10 * ones,
        rate=ones,
        income=0 * ones,
        cash=balance,
        cash_before=balance,
        cash_rate=np.ones((1, 1)),
    )


def inputs_for(
    book: Book,
    returns: Floats,
    *,
    known: Sequence[int] | None = None,
    benchmark: Floats | Missing = NO_BENCHMARK,
    index: Floats | None = None,
    volume: Floats | None = None,
    rate: float = 0.0,
    cash_returns: Floats | None = None,
) -> RiskInputs:
    """Inputs in which the positions at `known` (all by default) have these returns."""
    columns = list(range(len(book.positions))) if known is None else list(known)
    days, total = trading_days(len(returns)), float(book.total[-1])
    weights = book.value[-1] / total if total > 0 else np.full(len(book.positions), np.nan)
    others = np.abs(np.delete(weights, columns)).sum()
    return RiskInputs(
        window=2520,
        as_of=LAST,
        current=CurrentReturns(
            since=trading_days(len(returns) + 1)[:1],
            days=days,
            positions=tuple(book.positions[at] for at in columns),
            weights=weights[columns],
            gross=float(np.abs(weights[columns]).sum() + others),
            returns=returns,
            cash_currencies=book.cash_currencies,
            cash_weights=book.cash[-1] / total if total > 0 else np.full(1, np.nan),
            cash_returns=np.zeros((len(days), 1)) if cash_returns is None else cash_returns,
            total=total,
            excluded=tuple(
                (one.ticker, "no_listing") for at, one in enumerate(book.positions) if at not in columns
            ),
        ),
        quantity=book.quantity[-1, columns],
        volume=np.full(len(columns), np.nan) if volume is None else volume,
        benchmark=benchmark if isinstance(benchmark, Missing) else a_path(days, benchmark),
        index=None
        if index is None
        else IndexLevels(ticker="SP500", days=trading_days(len(index)), levels=index),
        risk_free=RiskFreeRate(currency="USD", value=rate),
        yields=None,
        flags=(),
    )


def a_path(days: "np.ndarray[tuple[int], np.dtype[np.datetime64]]", returns: Floats) -> BenchmarkPath:
    nothing = np.zeros((len(days), 0))
    return BenchmarkPath(
        ticker="SPY",
        series="levels",
        level_ticker="SP500",
        source="a test",
        note=None,
        currency="USD",
        days=days,
        returns=returns,
        members=(),
        weights=nothing,
        member_returns=nothing,
        local_returns=nothing,
    )
