"""Samples for tests of optimisation methods: estimated from returns as they are, long-only and fully invested."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from analytics.optimization.estimators import estimator
from analytics.optimization.sample import Sample


def a_sample(returns: NDArray[np.float64], **others: Any) -> Sample:
    """Return the sample of some returns, assets called A0, A1 and so on."""
    names = tuple(f"A{at}" for at in range(returns.shape[1]))
    moments = estimator()
    mean, covariance = moments(returns)
    known = {
        "assets": names,
        "mean": mean,
        "covariance": covariance,
        "returns": returns,
        "estimator": moments,
    }
    return Sample(**(known | others))


def normal_returns(seed: int, assets: int, periods: int = 60) -> NDArray[np.float64]:
    """Return correlated normal returns with volatilities of one to three percent."""
    chance = np.random.default_rng(seed)
    mixed = chance.normal(size=(periods, assets)) @ chance.normal(size=(assets, assets))
    spread: NDArray[np.float64] = mixed / mixed.std(axis=0) * chance.uniform(0.01, 0.03, assets)
    return spread + 0.0005


samples = st.builds(
    lambda seed, assets: a_sample(normal_returns(seed, assets)), st.integers(0, 10_000), st.integers(2, 12)
)
"""Samples of two to twelve assets."""
