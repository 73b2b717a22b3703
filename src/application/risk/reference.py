"""What instruments are compared with where the portfolio has no benchmark of its own."""

from datetime import datetime

from application.benchmark.path import BenchmarkPath, NoBenchmark, benchmark_path
from application.market.history import Days, MarketHistory
from application.risk.inputs import STANDARD_INDEX


async def reference_path(
    history: MarketHistory,
    tenant: str,
    ticker: str | None,
    currency: str,
    days: Days,
    *,
    known_at: datetime | None = None,
) -> BenchmarkPath | None:
    """Return the path of a benchmark, else of the standard index; None where neither is known on these days."""
    for name in dict.fromkeys(filter(None, (ticker, STANDARD_INDEX))):
        try:
            return await benchmark_path(history, tenant, name, currency, days, known_at=known_at)
        except NoBenchmark:
            continue
    return None
