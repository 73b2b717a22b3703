"""Weights that share out variance as told, without other limits.

Minimise F(y) = ½ y'Cy − Σ bᵢ ln yᵢ over y > 0, C the correlations and b the budgets, Σb = 1. F is convex, and where its
gradient is zero yᵢ(Cy)ᵢ = bᵢ: the budgets are met. Weights are yᵢ/σᵢ, scaled to sum to 1.

F. Spinu, "An algorithm for computing risk parity weights", 2013 (ssrn 2297383);
T. Griveau-Billion, J.-C. Richard, T. Roncalli, "A fast algorithm for computing high-dimensional risk parity
portfolios", 2013 (arXiv:1311.4057), for the iteration that takes over where Newton's method stalls.
"""

from typing import Final

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve  # type: ignore[import-untyped]

from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats

STEPS: Final = 100
SWEEPS: Final = 2_000
TOLERANCE: Final = 1e-12
"""By how much a contribution may miss its budget, as a fraction of the portfolio's variance."""
ACCEPTED: Final = 1e-8
NOTHING: Final = 1e-10
"""A volatility below this share of the largest is rounding."""


class NoParity(Exception):
    """The contributions stay off their budgets."""


def parity_by_newton(correlation: Floats, budgets: Floats) -> Floats:
    """Return y, shape (n,), by Newton's method with a line search.

    Raises
    ------
    NoParity
        A step could not be computed, or the steps ran out.
    """
    y = np.sqrt(budgets) / np.sqrt(max(float(np.sqrt(budgets) @ correlation @ np.sqrt(budgets)), TOLERANCE))
    best = np.inf
    for _ in range(STEPS):
        missed = y * (correlation @ y) - budgets
        worst = float(np.abs(missed).max())
        if worst <= TOLERANCE or (worst <= ACCEPTED and worst >= 0.5 * best):
            return np.asarray(y, dtype=np.float64)
        best = min(best, worst)
        y = _stepped(y, missed / y, correlation, budgets)
    raise NoParity(f"newton: off by {best:.1e} after {STEPS} steps")


def _stepped(y: Floats, gradient: Floats, correlation: Floats, budgets: Floats) -> Floats:
    try:
        factor = cho_factor(correlation + np.diag(budgets / y**2), check_finite=False)
    except LinAlgError as error:
        raise NoParity(f"newton: {error}") from error
    direction = -cho_solve(factor, gradient, check_finite=False)
    length = min(1.0, 0.99 / max(float((-direction / y).max()), 1e-300))  # no weight may reach zero
    slope, value = float(gradient @ direction), _value(y, correlation, budgets)
    while length > 1e-12:
        tried = y + length * direction
        if _value(tried, correlation, budgets) <= value + 1e-4 * length * slope + 1e-15 * abs(value):
            return np.asarray(tried, dtype=np.float64)
        length /= 2
    raise NoParity("newton: no step goes down")


def _value(y: Floats, correlation: Floats, budgets: Floats) -> float:
    return 0.5 * float(y @ correlation @ y) - float(budgets @ np.log(y))


def parity_by_coordinates(correlation: Floats, budgets: Floats) -> Floats:
    """Return y, shape (n,), setting one after the other to its best value while the others stay.

    Raises
    ------
    NoParity
        The contributions are still off by more than 1e-8 after 2,000 sweeps.
    """
    y = np.sqrt(budgets).copy()
    for _ in range(SWEEPS):
        for at in range(len(y)):
            rest = float(correlation[at] @ y) - correlation[at, at] * y[at]
            root = np.sqrt(rest**2 + 4 * correlation[at, at] * budgets[at])
            # The difference of two large numbers would lose all digits.
            y[at] = 2 * budgets[at] / (rest + root) if rest > 0 else (root - rest) / (2 * correlation[at, at])
        if float(np.abs(y * (correlation @ y) - budgets).max()) <= ACCEPTED:
            return y
    raise NoParity(f"coordinate descent: contributions still off after {SWEEPS} sweeps")


def correlations(covariance: Floats) -> tuple[Floats, Floats]:
    """Return the correlation matrix and the volatilities.

    Raises
    ------
    CannotFit
        An asset does not vary: it has no risk to share.
    """
    volatility = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
    if not (volatility > NOTHING * volatility.max(initial=0.0)).all():
        raise CannotFit("no_risk", "an asset without variance has no share of the risk")
    correlation: Floats = covariance / np.outer(volatility, volatility)
    return correlation, volatility
