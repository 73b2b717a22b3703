"""The empirical tail: which observations a historical quantile is made of."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from analytics.risk.arrays import Floats

WHOLE = 1e-9


def tail_probability(confidence: float) -> float:
    """Return 1 - confidence as it is written: 0.05 for 0.95, not 0.05000000000000004; above 0 for all below 1."""
    return float(1 - Decimal(repr(confidence)))


@dataclass(frozen=True, slots=True)
class EmpiricalTail:
    """The order statistics below a quantile.

    quantile : linearly interpolated (type 7 of Hyndman and Fan 1996), as a return, so negative for a loss.
    lower, upper : positions of the two observations it lies between; share : how far towards the upper one.
    members : positions of all observations at or below it.
    """

    quantile: float
    lower: int
    upper: int
    share: float
    members: "np.ndarray[tuple[int], np.dtype[np.intp]]"


def empirical_tail(returns: Floats, tail: float) -> EmpiricalTail:
    """Find the `tail` quantile of returns and what lies at or below it.

    returns : array of shape (n_observations,), at least one. tail : between 0 and 1.

    Ties are taken in the order of time, so that the same input gives the same observations.
    """
    at = (len(returns) - 1) * tail
    nearest = round(at)
    at = float(nearest) if abs(at - nearest) < WHOLE else at
    low = int(at)
    high = min(low + 1, len(returns) - 1)
    order = _ascending(returns, high)
    share = at - low
    below, above = returns[order[low]], returns[order[high]]
    # Written so that equal neighbours give exactly their value.
    quantile = float(below + (above - below) * share)
    count = int(np.searchsorted(returns[order], quantile, side="right"))
    return EmpiricalTail(quantile, int(order[low]), int(order[high]), share, order[:count])


def _ascending(returns: Floats, last: int) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Positions of the smallest returns in ascending order, at least `last` + 1 of them and all that equal one."""
    smallest = np.flatnonzero(returns <= np.partition(returns, last)[last])
    return smallest[np.argsort(returns[smallest], kind="stable")]
