"""Benchmark paths kept between computations: portfolios of one benchmark share them."""

from collections.abc import Awaitable
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from application.benchmark.path import BenchmarkPath, benchmark_path
from application.market.history import Days, MarketHistory

KEPT = 64


class PathOf(Protocol):
    """How the path of a benchmark is found: computed, or one that was computed before."""

    def __call__(
        self,
        history: MarketHistory,
        tenant: str,
        ticker: str,
        currency: str,
        days: Days,
        *,
        known_at: datetime | None = None,
    ) -> Awaitable[BenchmarkPath]:
        """Return the path on ascending days; raise NoBenchmark where there is none."""
        ...


class KeptPaths:
    """The last paths by tenant, market version, benchmark, currency and days; the known past is not kept."""

    def __init__(self) -> None:
        self._paths: dict[tuple[str, int, str, str, bytes], BenchmarkPath] = {}

    async def __call__(
        self,
        history: MarketHistory,
        tenant: str,
        ticker: str,
        currency: str,
        days: Days,
        *,
        known_at: datetime | None = None,
    ) -> BenchmarkPath:
        """Return the path on ascending days, computed the first time; raise NoBenchmark where there is none."""
        if known_at is not None:
            return await benchmark_path(history, tenant, ticker, currency, days, known_at=known_at)
        version = await history.version(tenant)
        key = (tenant, version, ticker, currency, sha256(days.tobytes()).digest())
        if key not in self._paths:
            path = await benchmark_path(history, tenant, ticker, currency, days)
            while len(self._paths) >= KEPT:
                del self._paths[next(iter(self._paths))]
            self._paths[key] = path
        return self._paths[key]
