"""The benchmark that the risk of holdings is compared with, on the days of their returns."""

from dataclasses import replace
from datetime import datetime

import numpy as np

from application.benchmark.kept import PathOf
from application.benchmark.path import BenchmarkPath, NoBenchmark, benchmark_path
from application.market.history import Days, Flag, MarketHistory
from application.risk.proxies import ENOUGH_RETURNS
from application.valuation.current_returns import CurrentReturns
from domain.unavailable import Missing


async def compared_with(
    history: MarketHistory,
    tenant: str,
    ticker: str | None,
    currency: str,
    current: CurrentReturns,
    *,
    known_at: datetime | None = None,
    path_of: PathOf = benchmark_path,
) -> BenchmarkPath | Missing:
    """Return the benchmark's path on the days of the holdings' returns, or why there is none.

    Where neither levels nor constituents reach back as far as the holdings do, its returns are NaN before the first
    constituents are known, and a flag says so.
    """
    if ticker is None:
        return Missing(code="no_benchmark", detail="The portfolio has no benchmark.")
    if len(current.days) < 2:
        return Missing(code="too_few_observations", detail="There are no days to compare with a benchmark.")
    days = np.concatenate((current.since, current.days))
    try:
        path = await path_of(history, tenant, ticker, currency, days, known_at=known_at)
    except NoBenchmark as refusal:
        younger = await _younger(history, tenant, ticker, currency, days, known_at)
        return younger or Missing(code=refusal.violations[0].code, detail=str(refusal))
    return path.without_first_day()


async def _younger(
    history: MarketHistory, tenant: str, ticker: str, currency: str, days: Days, known_at: datetime | None
) -> BenchmarkPath | None:
    """A path from the first constituents on, where that is long enough to say anything; NaN before."""
    data = await history.benchmark(tenant, ticker, known_at=known_at)
    if data is None or not data.sets:
        return None
    first = np.datetime64(min(one.day for one in data.sets), "D")
    covered = days[days >= first]
    if len(covered) <= ENOUGH_RETURNS or len(covered) == len(days):
        return None
    try:
        path = await benchmark_path(history, tenant, ticker, currency, covered, known_at=known_at)
    except NoBenchmark:
        return None
    return _padded(path, days[1:])


def _padded(path: BenchmarkPath, days: Days) -> BenchmarkPath:
    """The returns of a path that begins within the days, NaN before; who its members were is not kept."""
    nobody = np.zeros((len(days), 0))
    detail = (
        f"What {path.ticker} consists of is known from {path.days[0]} on; relative figures cover these days."
    )
    return replace(
        path,
        days=days,
        returns=np.concatenate((np.full(len(days) - len(path.days), np.nan), path.returns)),
        members=(),
        weights=nobody,
        member_returns=nobody,
        local_returns=nobody,
        flags=(*path.flags, Flag(ticker=path.ticker, code="no_history", detail=detail)),
    )
