"""The efficient frontier within bounds and a budget, exactly: the points at which its set of free weights changes.

Weights of min ½w′Σw − λμ′w, 1′w = b, l ≤ w ≤ u are piecewise linear in λ. From λ = ∞ (highest return) down to λ = 0
(least variance) one weight at a time meets a bound or leaves one.

Equal means have no single highest point: they are tilted apart by less than matters, and points that share a return
but not the least variance are dropped. The conditions of optimality are checked at every point before anything is
answered.

References
----------
Bailey and López de Prado, "An Open-Source Implementation of the Critical-Line Algorithm", 2013.
"""

import numpy as np

from analytics.optimization.critical_path import NoPath, Path, Problem
from analytics.optimization.sample import Floats

TIE = 1e-11
TILT = 1e-9
"""Means nearer to each other than the first, relative to their size, are tilted apart by the second."""
OPTIMALITY = 1e-7
BUDGET = 1e-9
"""By how much gradients may differ, and sums of weights, before a point counts as off the frontier."""


def turning_points(problem: Problem) -> Floats:
    """Return weights at the turning points, shape (n_points, n), highest return first, the last of least variance.

    Raises
    ------
    NoPath
        Where the covariance is singular on the way, or ties go round in circles.
    """
    scaled = _scaled(problem)
    path = Path(scaled)
    path.follow()
    weights, prices = np.array(path.points), np.array(path.prices)
    _check(scaled, weights, prices)
    return efficient(problem, weights)


def _scaled(problem: Problem) -> Problem:
    """Measure returns from their middle and in units in which figures are of the order of 1; ties are tilted apart."""
    middle, half = (problem.mean.max() + problem.mean.min()) / 2, np.ptp(problem.mean) / 2
    flat = half <= TIE * np.abs(problem.mean).max()
    mean = np.zeros_like(problem.mean) if flat else (problem.mean - middle) / half
    if _tied(problem.mean):
        mean = mean + TILT * np.random.default_rng(0).permutation(np.linspace(-1, 1, len(mean)))
    unit = float(np.diag(problem.covariance).mean()) or 1.0
    return Problem(
        mean=mean,
        covariance=problem.covariance / unit,
        lower=problem.lower,
        upper=problem.upper,
        budget=problem.budget,
    )


def _check(problem: Problem, weights: Floats, prices: Floats) -> None:
    """Make sure that each point is the best at its price of return.

    The first has every price above the second's, and is checked there. The gradient of the best weights is the same
    for all that are off their bounds, no lower for those at their lower, no higher for those at their upper bound.
    """
    at = np.append(prices[1:2], prices[1:])
    gradient = weights @ problem.covariance - at[:, None] * problem.mean
    off_lower, off_upper = weights > problem.lower + 1e-9, weights < problem.upper - 1e-9
    highest = np.where(off_lower, gradient, -np.inf).max(axis=1)
    lowest = np.where(off_upper, gradient, np.inf).min(axis=1)
    if not (highest - lowest <= OPTIMALITY * (1 + at)).all():
        raise NoPath("rounding led off the frontier")


def efficient(problem: Problem, weights: Floats) -> Floats:
    """Return turning points without those that the next one matches in return at less variance, or repeats.

    Raises
    ------
    NoPath
        Where they miss the budget by more than rounding.
    """
    if np.abs(weights.sum(axis=1) - problem.budget).max() > BUDGET:
        raise NoPath("rounding led off the budget")
    returns = weights @ problem.mean
    tilted = 10 * TILT * float(np.ptp(problem.mean)) if _tied(problem.mean) else 0.0
    tolerance = tilted + 1e-14 * float(np.abs(problem.mean).max())
    same = returns[:-1] - returns[1:] <= tolerance
    still = np.abs(np.diff(weights, axis=0)).max(axis=1, initial=0.0) <= 1e-12
    kept: Floats = weights[~np.append(same | still, False)]
    return kept


def _tied(mean: Floats) -> bool:
    """Whether some means are equal for all that rounding lets one see."""
    spread = float(np.ptp(mean))
    return bool(np.diff(np.sort(mean)).min(initial=np.inf) <= TIE * max(spread, float(np.abs(mean).max())))
