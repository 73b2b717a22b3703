"""Monte Carlo in a process of its own, one thread: JSON in (which kernel, and how often), seconds out."""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before numpy is there

import sys

import msgspec
import numpy as np
from tests.bench.computing import Asked, in_turns
from tests.bench.measuring import Measured

from analytics.risk.stress_monte_carlo import PAIRS, held, rebalanced_daily
from analytics.risk.stress_scenarios import Market
from analytics.risk.stress_tail import stress_of

PATHS = 100_000
DAYS = 252
ASSETS = 20


def main() -> None:
    """Answer on standard output."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    kernel, numbers = {
        "held": (held, PATHS * DAYS * ASSETS),
        "rebalanced": (rebalanced_daily, PATHS * DAYS),
    }[asked.what]
    weights, market = np.full(ASSETS, 1 / ASSETS), _market()

    def ours() -> object:
        return stress_of(kernel(weights, market, days=DAYS, count=PATHS, seed=1))

    sys.stdout.buffer.write(
        msgspec.json.encode(Measured(*in_turns(ours, lambda: _draw(numbers), asked.turns)))
    )


def _draw(numbers: int) -> None:
    """Draw so many standard normal numbers by the fastest generator of numpy, into memory that stays in the cache."""
    random = np.random.Generator(np.random.SFC64(1))
    buffer = np.empty(PAIRS, np.float32)
    for _ in range(numbers // PAIRS):
        random.standard_normal(out=buffer, dtype=np.float32)


def _market() -> Market:
    """Twenty stocks: 16 to 32 % a year, correlated by 0.3."""
    correlation = np.full((ASSETS, ASSETS), 0.3)
    np.fill_diagonal(correlation, 1.0)
    return Market(np.full(ASSETS, 0.0003), np.linspace(0.01, 0.02, ASSETS), correlation)


if __name__ == "__main__":
    main()
