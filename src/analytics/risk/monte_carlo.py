"""Simulated normal returns of a portfolio, the same for the same seed."""

import numpy as np

from analytics.risk.arrays import Floats

SCENARIOS = 100_000


def standard_scenarios(seed: int) -> Floats:
    """Return 100,000 standard normal draws in pairs of opposite sign, so that their mean is exactly 0.

    A linear combination of jointly normal returns is normal itself: the portfolio is simulated in one dimension,
    and what each asset does in a scenario follows by regression, so nothing is lost by not simulating it.
    """
    half = np.random.Generator(np.random.PCG64(seed)).standard_normal(SCENARIOS // 2)
    return np.concatenate((half, -half))
