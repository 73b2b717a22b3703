"""What returns of market data are measured against: a benchmark in their periods, and the risk-free rate."""

from datetime import date
from typing import Final

import numpy as np

from application.benchmark.path import NoBenchmark, benchmark_path
from application.market.history import Days, Floats, MarketHistory
from application.market.risk_free import rate_flags
from application.optimization.dataset import RiskFree, UsedBenchmark, Warned
from application.optimization.request import OptimizationRequest
from application.optimization.universe import Universe, refused
from domain.errors import Violation

WAY_OUT: Final = "Import one with POST /v1/market/rates/import."


async def benchmark_on(
    history: MarketHistory,
    tenant: str,
    request: OptimizationRequest,
    universe: Universe,
    currency: str,
    days: Days,
) -> tuple[UsedBenchmark | None, Floats | None, tuple[Warned, ...]]:
    """Return the benchmark asked for, or the portfolio's own, which may be missing; its returns, and what is doubtful.

    Raises Refused for one that was asked for and is not known in every period.
    """
    ticker = request.benchmark or universe.benchmark
    if ticker is None:
        return None, None, ()
    try:
        path = await benchmark_path(history, tenant, ticker, currency, days)
    except NoBenchmark as refusal:
        missing = refusal.violations[0]
        return _without(request, missing.code, missing.detail)
    returns = path.returns[1:]
    unknown = np.isnan(returns)
    if unknown.any():
        last = days[1:][unknown][-1]
        detail = (
            f"{ticker} is not known in {int(unknown.sum())} of {len(returns)} periods, the last of them on {last}; "
            "import its levels with POST /v1/market/prices/import, or choose another window."
        )
        return _without(request, "incomplete_benchmark", detail)
    series = path.series if path.level_ticker is None else path.level_ticker
    used = UsedBenchmark(ticker=ticker, series=series, source=path.source, note=path.note)
    return used, returns, tuple(Warned(code=one.code, detail=one.detail) for one in path.flags)


def _without(
    request: OptimizationRequest, code: str, detail: str
) -> tuple[UsedBenchmark | None, Floats | None, tuple[Warned, ...]]:
    """Refuse a benchmark that was asked for; go without one that the portfolio only happens to name."""
    if request.benchmark is not None:
        raise refused([Violation("benchmark", code, detail)])
    return None, None, (Warned(code=code, detail=detail),)


async def risk_free_on(
    history: MarketHistory, tenant: str, currency: str, on: date
) -> tuple[RiskFree, tuple[Warned, ...]]:
    """Return the newest rate of a currency on or before a day, and what is doubtful about it."""
    rate = await history.risk_free(tenant, currency, on)
    found = RiskFree(
        value=float(rate.value), currency=currency, source=rate.source, tenor=rate.tenor, date=rate.day
    )
    doubts = rate_flags(rate, on)
    return found, tuple(Warned(code=one.code, detail=f"{one.detail} {WAY_OUT}") for one in doubts)
