"""Figures computed in a process of its own, one thread: JSON in (what, and how often), seconds out."""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before numpy is there

import sys
import time
from collections.abc import Callable
from uuid import UUID

import msgspec
import numpy as np
from tests.bench.measuring import Measured
from tests.support.risk_inputs import a_book, a_position, inputs_for, trading_days

from application.attribution.measure import attribute
from application.benchmark.structure import BenchmarkPath, Member
from application.market.history import Floats
from application.performance.track import track_of
from application.risk.measure import measure_risk
from application.risk.regimes import RegimeCache
from application.valuation.book import Book

POSITIONS = 500
SECTORS = 11
YEARS = 10
DAYS_PER_YEAR = 252
SPACE = UUID("9a3ff5b1-0000-4000-8000-000000000002")


class Asked(msgspec.Struct, frozen=True):
    """Which figures, and how many turns."""

    what: str
    turns: int


def main() -> None:
    """Answer on standard output."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    measured = {"risk": risk, "attribution": attribution}[asked.what](asked.turns)
    sys.stdout.buffer.write(msgspec.json.encode(measured))


def risk(turns: int) -> Measured:
    """A snapshot of 500 positions over ten years, against the same figures from empyrical."""
    from tests.bench.baselines.empyrical_risk import figures

    market, returns = _returns(YEARS * DAYS_PER_YEAR)
    rng = np.random.default_rng(2)
    positions = [a_position(f"T{at:03}", sector=f"sector {at % SECTORS}") for at in range(POSITIONS)]
    book = a_book(positions, rng.uniform(1_000, 9_000, POSITIONS).tolist(), cash=50_000, benchmark="SPY")
    inputs = inputs_for(book, returns, benchmark=market, index=_levels(market))
    models = RegimeCache()  # an agent keeps it: the model is fitted once a day, not once a portfolio
    ours = measure_risk(book, inputs, regimes=models)
    theirs = figures(returns, inputs.current.weights, market)
    assert ours.var_95_1d is not None
    assert abs(ours.var_95_1d - theirs.var_95) < 1e-12, "both have to compute the same"
    assert ours.volatility is not None
    assert abs(ours.volatility - theirs.volatility) < 1e-9
    seconds = in_turns(
        lambda: measure_risk(book, inputs, regimes=models),
        lambda: figures(returns, inputs.current.weights, market),
        turns,
    )
    return Measured(*seconds)


def attribution(turns: int) -> Measured:
    """A year of daily Brinson-Fachler over 500 securities in 11 sectors, linked."""
    book, path = _book_and_benchmark()
    track = track_of(book)

    def once() -> object:
        return attribute(book, track, path, period="1y", by="sector", linking="carino")

    once()
    return Measured([_seconds(once) for _ in range(turns)])


def _returns(days: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(1)
    market: Floats = rng.normal(0.0003, 0.01, days)
    own = market[:, None] * rng.uniform(0.5, 1.5, POSITIONS) + rng.normal(0, 0.015, (days, POSITIONS))
    return market, own


def _levels(returns: Floats) -> Floats:
    levels: Floats = np.asarray(100 * np.cumprod(1 + returns, axis=0), dtype=np.float64)
    return levels


def _book_and_benchmark() -> tuple[Book, BenchmarkPath]:
    days = trading_days(DAYS_PER_YEAR + 1)
    _, returns = _returns(len(days))
    returns[0] = 0.0
    rng = np.random.default_rng(3)
    prices = _levels(returns)
    units = np.broadcast_to(rng.uniform(10, 1_000, POSITIONS), prices.shape)
    cash, ones = np.full((len(days), 1), 50_000.0), np.ones(prices.shape)
    names = [(f"T{at:03}", f"sector {at % SECTORS}") for at in range(POSITIONS)]
    book = Book(
        portfolio_id=SPACE,
        currency="USD",
        benchmark_ticker="B",
        inception=days[0].item(),
        positions=tuple(
            a_position(ticker, sector=sector, listing_id=at) for at, (ticker, sector) in enumerate(names)
        ),
        cash_currencies=("USD",),
        days=days,
        quantity=units,
        before=units,
        price=prices,
        rate=ones,
        income=0 * ones,
        cash=cash,
        cash_before=cash,
        cash_rate=np.ones(cash.shape),
    )
    weights = rng.dirichlet(np.ones(POSITIONS), len(days))
    weights[0] = 0.0
    path = BenchmarkPath(
        ticker="B",
        series="constituents",
        level_ticker=None,
        source="bench",
        note=None,
        currency="USD",
        days=days,
        returns=np.concatenate(([np.nan], (weights * returns).sum(axis=1)[1:])),
        members=tuple(
            Member(
                ticker=ticker,
                listing_id=at,
                currency="USD",
                sector=sector,
                geography=None,
                asset_class="equity",
            )
            for at, (ticker, sector) in enumerate(names)
        ),
        weights=weights,
        member_returns=returns,
        local_returns=returns,
    )
    return book, path


def in_turns(
    ours: Callable[[], object], baseline: Callable[[], object], turns: int
) -> tuple[list[float], list[float]]:
    """Seconds of both, alternately, whoever goes first changing, so that a slow moment meets both."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(turns):
        for side in (0, 1) if turn % 2 else (1, 0):
            seconds[side].append(_seconds((ours, baseline)[side]))
    return seconds


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
