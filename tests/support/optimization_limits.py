"""Portfolios to compare an optimum with: none that keeps to the same limits may be better."""

from collections.abc import Callable

import numpy as np

from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats


def random_portfolios(limits: Limits, seed: int, count: int = 200) -> Floats:
    """Return portfolios that keep to a box and a budget, concentrated ones and spread ones: one a row."""
    chance = np.random.default_rng(seed)
    size = len(limits.lower)
    spread = chance.choice([0.1, 1.0, 10.0], count)
    drawn = np.array([chance.dirichlet(np.full(size, how)) for how in spread]) * limits.budget
    for _ in range(100):  # alternately into the box and back to the budget
        drawn = np.clip(drawn, limits.lower, limits.upper)
        drawn += (limits.budget - drawn.sum(axis=1, keepdims=True)) / size
    keeps = (drawn >= limits.lower - 1e-9) & (drawn <= limits.upper + 1e-9)
    return np.asarray(drawn[keeps.all(axis=1)])


def best_of(risk: Callable[[Floats], float], portfolios: Floats) -> float:
    """Return the least risk of some portfolios."""
    assert len(portfolios) > 5
    return min(risk(weights) for weights in portfolios)
