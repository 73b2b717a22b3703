"""Following the efficient frontier from one turning point to the next: a pivot of a symmetric tableau each.

What is known (bounds of held weights, gradients of free ones) and what follows from it change places asset by asset, so
that a point costs one rank-one update instead of a factorisation.

References
----------
Markowitz and Todd, "Mean-Variance Analysis in Portfolio Choice and Capital Markets", 2000, chapter 13.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import dger  # type: ignore[import-untyped]

from analytics.optimization.sample import Floats

FLAT = 1e-13
"""Slope below which a weight or multiplier does not move, where returns and variances are of the order of 1."""
PIVOT_MIN = 1e-12
STEPS_PER_ASSET = 20


class NoPath(Exception):
    """The frontier could not be followed to its end; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """min ½w′Σw − λμ′w, the sum of w equal to `budget`, lower ≤ w ≤ upper; which some w keep to."""

    mean: Floats
    covariance: Floats
    lower: Floats
    upper: Floats
    budget: float


class Path:
    """Where the frontier has got to.

    Rows and columns of the tableau are the assets and, last, the budget. `known` are the gradients of free weights and
    the bounds of others, as functions level + λ·slope; the tableau takes them to `level` and `slope` of what follows:
    free weights and the gradients of others.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        size = len(problem.mean)
        self.steps_max = STEPS_PER_ASSET * size + 100
        start, free = _highest(problem)
        self.weights, self.free = start.copy(), np.zeros(size, dtype=bool)
        self.at_upper = start > (problem.lower + problem.upper) / 2
        self.fixed = problem.lower == problem.upper
        self.tableau = np.zeros((size + 1, size + 1), order="F")
        self.tableau[:size, :size] = problem.covariance
        self.tableau[:size, size] = self.tableau[size, :size] = 1.0
        self.level = self.slope = np.zeros(size + 1)
        self._admit_first(free)
        self.price = np.inf
        self.points, self.prices = [start], [np.inf]

    def follow(self) -> None:
        """Go from turning point to turning point until variance alone counts."""
        for _ in range(self.steps_max):
            turned, price = self._next()
            if price <= 0:
                self._record(0.0)
                return
            if price < self.price:
                self._record(price)
            self.price = price
            if self.free[turned]:
                self._hold(turned)
            else:
                self._admit(turned)
        raise NoPath(f"no end after {self.steps_max} steps")

    def _next(self) -> tuple[int, float]:
        """Return which asset turns next, and at which λ."""
        at, size = self.problem, len(self.free)
        level, slope = self.level[:size].copy(), self.slope[:size].copy()
        # A free weight falls with λ onto its lower bound if its slope is positive, else it climbs onto its upper one.
        bound = np.where(slope > 0, at.lower, at.upper)
        level = np.where(self.free, level - bound, level)
        slope = np.where(self.free, slope, slope - at.mean)
        # A gradient that holds a weight at its upper bound is negative, and must have been rising towards 0.
        waits = ~self.free & ~self.fixed & (np.where(self.at_upper, -slope, slope) > FLAT)
        moving = (self.free & (np.abs(slope) > FLAT)) | waits
        prices = np.full(size, -np.inf)
        prices[moving] = -level[moving] / slope[moving]
        turned = int(np.argmax(np.minimum(prices, self.price)))
        return turned, float(min(prices[turned], self.price))

    def _record(self, price: float) -> None:
        size = len(self.free)
        moved = self.level[:size] + price * self.slope[:size]
        self.weights = np.where(self.free, moved, self.weights)
        self.points.append(np.clip(self.weights, self.problem.lower, self.problem.upper))
        self.prices.append(price)

    def _admit_first(self, asset: int) -> None:
        """Free one asset, whose weight then follows from the budget; the two are exchanged together."""
        size = len(self.free)
        spread = float(self.tableau[asset, asset])
        columns = self.tableau[:, [asset, size]].copy()
        inverse = np.array([[0.0, 1.0], [1.0, -spread]])
        rows = self.tableau[[asset, size]].copy()
        self.tableau -= columns @ inverse @ rows
        self.tableau[:, [asset, size]] = columns @ inverse
        self.tableau[[asset, size]] = -inverse @ rows
        self.tableau[np.ix_([asset, size], [asset, size])] = inverse
        self.free[asset] = True
        self._recompute()

    def _recompute(self) -> None:
        """Work out level and slope from what is known."""
        known_level = np.append(np.where(self.free, 0.0, self.weights), self.problem.budget)
        known_slope = np.append(np.where(self.free, self.problem.mean, 0.0), 0.0)
        self.level, self.slope = self.tableau @ known_level, self.tableau @ known_slope

    def _admit(self, asset: int) -> None:
        """Let a weight leave its bound: its gradient is known now to be λ times its mean."""
        self.free[asset] = True
        self._exchange(
            asset, known_level=0.0, known_slope=float(self.problem.mean[asset]), was=self.weights[asset]
        )

    def _hold(self, asset: int) -> None:
        """Keep a weight at the bound that it has met."""
        at = self.problem
        self.free[asset] = False
        self.at_upper[asset] = self.slope[asset] < 0
        self.weights[asset] = at.upper[asset] if self.at_upper[asset] else at.lower[asset]
        self._exchange(asset, known_level=float(self.weights[asset]), known_slope=0.0, was=None)

    def _exchange(self, asset: int, *, known_level: float, known_slope: float, was: float | None) -> None:
        """Exchange what is known of an asset for what followed, and set what is known of it from now on.

        was : the weight it was held at; None for one that was free
        """
        pivot = float(self.tableau[asset, asset])
        if pivot < PIVOT_MIN:
            raise NoPath("the covariance matrix is singular")
        row, column = self.tableau[asset].copy(), self.tableau[:, asset] / pivot
        dger(-1.0, column, row, a=self.tableau, overwrite_a=1)
        self.tableau[asset] = -row / pivot
        self.tableau[:, asset] = column
        self.tableau[asset, asset] = 1 / pivot
        # What followed is known now: the rest stays as it was but for the difference to what it is set to.
        change_level, change_slope = known_level - self.level[asset], known_slope - self.slope[asset]
        known_before = (0.0, float(self.problem.mean[asset])) if was is None else (was, 0.0)
        self.level[asset], self.slope[asset] = known_before
        self.level += self.tableau[:, asset] * change_level
        self.slope += self.tableau[:, asset] * change_slope


def _highest(problem: Problem) -> tuple[Floats, int]:
    """Return the weights of highest return, and which of them the budget leaves off its bounds."""
    weights = problem.lower.copy()
    left = problem.budget - float(weights.sum())
    order = np.argsort(-problem.mean, kind="stable")
    marginal = int(order[0])
    for asset in order:
        room = float(problem.upper[asset] - weights[asset])
        if room <= 0:
            continue
        marginal = int(asset)
        weights[asset] += min(room, max(left, 0.0))
        left -= room
        if left <= 0:
            break
    return weights, marginal
