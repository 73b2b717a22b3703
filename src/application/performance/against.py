"""A portfolio's benchmark over the days of its book."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from application.benchmark.kept import PathOf
from application.benchmark.path import BenchmarkPath, NoBenchmark, benchmark_path
from application.market.history import Floats, MarketHistory
from application.performance.track import Track
from application.valuation.book import Book
from domain.unavailable import Missing

NO_BENCHMARK = Missing(code="no_benchmark", detail="The portfolio names no benchmark.")
INCOMPLETE = Missing(
    code="incomplete_benchmark", detail="The benchmark is not known on every day of the period."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """The path of a benchmark on a book's days, or why there is none."""

    path: BenchmarkPath | None
    missing: Missing | None = None


async def benchmark_of(
    book: Book,
    history: MarketHistory,
    tenant: str,
    *,
    known_at: datetime | None = None,
    path_of: PathOf = benchmark_path,
) -> Benchmark:
    """Return the benchmark that a portfolio names, in its currency."""
    if book.benchmark_ticker is None:
        return Benchmark(path=None, missing=NO_BENCHMARK)
    try:
        path = await path_of(
            history, tenant, book.benchmark_ticker, book.currency, book.days, known_at=known_at
        )
    except NoBenchmark as refusal:
        return Benchmark(path=None, missing=Missing(code=refusal.violations[0].code, detail=str(refusal)))
    return Benchmark(path=path)


def returns_on(track: Track, path: BenchmarkPath | None) -> Floats:
    """The benchmark's return since the row before, NaN in the first row and where a day of it is not known.

    path : on the same days as the book that the track was made of.
    """
    if path is None or len(track.rows) < 2:
        return np.full(len(track.rows), np.nan)
    growth = np.multiply.reduceat(1.0 + path.returns[1:], track.rows[:-1])
    return np.concatenate(([np.nan], growth - 1.0))
