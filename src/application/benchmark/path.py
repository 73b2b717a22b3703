"""The path of a benchmark: its return on each day, and what it consisted of, in a portfolio's currency."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

import numpy as np

from application.benchmark.constituents import Uncovered, constituents_path
from application.benchmark.levels import ENDED, level_path
from application.benchmark.structure import BenchmarkPath, Member
from application.market.history import Days, MarketHistory
from domain.errors import Refused, Violation

__all__ = ["BenchmarkPath", "Member", "NoBenchmark", "NoConstituents", "benchmark_path", "unknown"]


class NoBenchmark(Refused):
    """What would be measured against is not known; the sentence says what to import."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, violations=[Violation("benchmark_ticker", code, detail)])


class NoConstituents(NoBenchmark):
    """A benchmark's levels are known, but not what it consists of."""


async def benchmark_path(
    history: MarketHistory,
    tenant: str,
    ticker: str,
    currency: str,
    days: Days,
    *,
    known_at: datetime | None = None,
    needs: Literal["returns", "constituents"] = "returns",
) -> BenchmarkPath:
    """Return a benchmark's path on ascending days: from its constituents where they cover them, else its levels.

    Where neither tells every day, what the constituents tell is returned, unless they are needed.

    Raises NoBenchmark where neither is known, and NoConstituents where the constituents are needed and are not.
    """
    data = await history.benchmark(tenant, ticker, known_at=known_at)
    if data is None:
        raise NoBenchmark("benchmark_not_found", unknown(ticker))
    found = await constituents_path(history, tenant, data, currency, days, known_at)
    partial = None
    if not isinstance(found, Uncovered):
        first_unknown = found.unknown_from()
        if first_unknown is None:
            return replace(found, ticker=ticker)
        partial, found = replace(found, ticker=ticker), _ended(found, first_unknown)
    if needs == "constituents":
        raise NoConstituents("benchmark_without_constituents", _without_constituents(ticker, found, days))
    levels = await level_path(history, tenant, data, currency, days, known_at)
    if partial is not None and (levels is None or levels.unknown_from() is not None):
        return partial
    if levels is None:
        raise NoBenchmark("benchmark_without_prices", _without_prices(ticker, found, currency, days))
    return replace(levels, ticker=ticker)


def _ended(path: BenchmarkPath, day: np.datetime64) -> Uncovered:
    tickers = tuple(sorted(flag.ticker for flag in path.flags if flag.code == "stale"))
    return Uncovered(
        f"prices of its constituents end more than {ENDED.astype(int)} days before {day}", tickers
    )


def unknown(ticker: str) -> str:
    """Say that a benchmark is not known, and what to import."""
    return (
        f"No benchmark {ticker} is known. Import its levels with POST /v1/market/prices/import (ticker {ticker}) "
        f"or its constituents with PUT /v1/market/benchmarks/{ticker}/constituents."
    )


def _without_constituents(ticker: str, found: Uncovered, days: Days) -> str:
    said = f"Attribution needs to know what {ticker} consists of, and {found.why}."
    if found.missing:
        return f"{said} Import prices of {', '.join(found.missing)} with POST /v1/market/prices/import."
    return f"{said} Import them with PUT /v1/market/benchmarks/{ticker}/constituents for {days[0]} or a day before."


def _without_prices(ticker: str, found: Uncovered, currency: str, days: Days) -> str:
    said = f"No level of {ticker} in {currency} is known from {days[0]} to {days[-1]}, and {found.why}."
    return f"{said} Import its levels with POST /v1/market/prices/import."
