"""How much of a portfolio lies in few positions."""

import numpy as np

from analytics.risk.arrays import Floats


def herfindahl(weights: Floats) -> float:
    """Return the sum of squared weights: 1/n for n equal positions, 1 for one."""
    return float(weights @ weights)


def top_weight(weights: Floats, count: int) -> float:
    """Return the weight of the `count` largest positions by absolute size, each counted without its sign."""
    sizes = np.abs(weights)
    if len(sizes) <= count:
        return float(sizes.sum())
    return float(np.partition(sizes, len(sizes) - count)[-count:].sum())
