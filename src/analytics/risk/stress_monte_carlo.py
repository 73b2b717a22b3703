"""Simulated paths of a portfolio over some days: what it ends at, and how far it falls on the way.

Daily returns of the assets are jointly normal, with the same means, deviations and correlations on all days and no
memory. Paths come in pairs whose random numbers have opposite signs (antithetic variates): half of the numbers have to
be drawn, and means over paths vary less. A portfolio that has lost everything stays at nothing.

Single precision carries the paths: over 637 days its rounding is a few millionths, a thousandth of what differs between
two seeds. Chunks of paths fit into the processor's cache, so memory does not grow with them but for two figures each.

References
----------
P. Glasserman, *Monte Carlo Methods in Financial Engineering*, 2003, sections 3.2.3 and 4.2.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analytics.risk.arrays import Floats
from analytics.risk.stress_scenarios import Market

Singles: TypeAlias = NDArray[np.float32]

PAIRS: Final = 4_096
"""Pairs of paths at a time of one series."""
CELLS: Final = 20_480
"""Pairs times assets at a time where each asset has its own path."""
BEYOND: Final = 10.0
"""Deviations that no random number of single precision reaches."""
LARGEST: Final = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Paths:
    """Of each path, of shape (count,): the return over all days, and the deepest fall below a peak, 0 or negative."""

    returns: Singles
    drawdowns: Singles


def rebalanced_daily(weights: Floats, market: Market, *, days: int, count: int, seed: int) -> Paths:
    """Return paths of a portfolio that is brought back to its weights every day.

    Its daily return is a weighted sum of jointly normal returns with weights that do not change, and therefore normal
    itself with mean w'μ and variance w'Σw, independent from day to day. One random number a day is thus all there is to
    draw, whatever the number of assets, and the paths are distributed exactly as if each asset had been simulated.
    """
    scaled = weights * market.volatility
    variance = max(float(scaled @ market.correlation @ scaled), 0.0)
    walk = _Walk(float(weights @ market.mean), float(np.sqrt(variance)), days)
    return _simulated(walk.follow, PAIRS, count, seed)


def held(weights: Floats, market: Market, *, days: int, count: int, seed: int) -> Paths:
    """Return paths of a portfolio that is bought on the first day and left alone; each asset takes its own path.

    What an asset is worth cannot fall below nothing. Of a short position it can grow beyond what all others are worth.
    """
    together = _Together(weights, market, days)
    return _simulated(together.follow, max(CELLS // len(weights), 64), count, seed)


Follow: TypeAlias = Callable[[np.random.Generator, int], tuple[Singles, Singles]]
"""Takes pairs and yields what 2 · pairs paths are worth at the end, and how low they went as a share of their peak."""


def _simulated(follow: Follow, pairs_at_a_time: int, count: int, seed: int) -> Paths:
    random = np.random.Generator(np.random.SFC64(seed))
    worths, lows = np.empty(count, np.float32), np.empty(count, np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for first, size in _chunks(count, 2 * pairs_at_a_time):
            worth, low = follow(random, (size + 1) // 2)
            worths[first : first + size] = worth[:size]
            lows[first : first + size] = low[:size]
    # Beyond all numbers and then ruined: infinity times nothing is nothing.
    np.nan_to_num(worths, copy=False, nan=0.0, posinf=LARGEST)
    worths[lows <= 0] = 0.0
    worths -= 1
    lows -= 1
    return Paths(worths, lows)


def _chunks(count: int, largest: int) -> Iterator[tuple[int, int]]:
    for first in range(0, count, largest):
        yield first, min(largest, count - first)


@dataclass(frozen=True, slots=True)
class _Walk:
    """One normal series: what it is worth, and as what share of its peak, which needs no division to carry on."""

    mean: float
    deviation: float
    days: int

    def follow(self, random: np.random.Generator, pairs: int) -> tuple[Singles, Singles]:
        steps = np.empty(pairs, np.float32)
        growth, worth, share, low = (np.ones(2 * pairs, np.float32) for _ in range(4))
        up, down = growth[:pairs], growth[pairs:]
        mean, deviation = np.float32(1 + self.mean), np.float32(self.deviation)
        may_fall_below_nothing = 1 + self.mean < BEYOND * self.deviation
        for _ in range(self.days):
            random.standard_normal(out=steps, dtype=np.float32)
            steps *= deviation
            np.add(mean, steps, out=up)
            np.subtract(mean, steps, out=down)
            if may_fall_below_nothing:
                np.maximum(growth, 0, out=growth)
            worth *= growth
            share *= growth
            np.minimum(share, 1, out=share)
            np.minimum(low, share, out=low)
        return worth, low


class _Together:
    """Correlated series side by side, a row for each asset."""

    def __init__(self, weights: Floats, market: Market, days: int) -> None:
        self._weights, self._days = weights.astype(np.float32), days
        self._mean = (1 + market.mean).astype(np.float32)[:, None]
        self._root = (market.volatility[:, None] * _root(market.correlation)).astype(np.float32)
        self._may_fall_below_nothing = bool(np.any(1 + market.mean < BEYOND * market.volatility))

    def follow(self, random: np.random.Generator, pairs: int) -> tuple[Singles, Singles]:
        shape = (len(self._weights), pairs)
        draws, steps, growth = (np.empty(shape, np.float32) for _ in range(3))
        up, down = (np.repeat(self._weights[:, None], pairs, axis=1) for _ in range(2))
        worth, peak, low = (np.ones(2 * pairs, np.float32) for _ in range(3))
        for _ in range(self._days):
            random.standard_normal(out=draws, dtype=np.float32)
            np.matmul(self._root, draws, out=steps)
            self._grow(up, np.add(self._mean, steps, out=growth))
            self._grow(down, np.subtract(self._mean, steps, out=growth))
            up.sum(axis=0, out=worth[:pairs])
            down.sum(axis=0, out=worth[pairs:])
            np.fmax(peak, worth, out=peak)
            np.fmin(low, worth / peak, out=low)
        return worth, np.maximum(low, 0)

    def _grow(self, worths: Singles, growth: Singles) -> None:
        if self._may_fall_below_nothing:
            np.maximum(growth, 0, out=growth)
        worths *= growth


def _root(correlation: Floats) -> Floats:
    """Return a matrix A with AA' = C, for singular matrices too; eigenvalues below 0 are rounding."""
    values, vectors = np.linalg.eigh(correlation)
    root: Floats = vectors * np.sqrt(np.maximum(values, 0))
    return root
