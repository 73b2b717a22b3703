"""Datasets of returns and moments, as a job works on them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from application.optimization.dataset import AssetFacts, Dataset, RiskFree, UsedBenchmark
from application.optimization.sampling import packed


def a_dataset(
    returns: NDArray[np.float64], *, benchmark: NDArray[np.float64] | None = None, **others: Any
) -> Dataset:
    """Return the dataset of daily returns that were sent."""
    known: dict[str, Any] = {
        "source": "returns",
        "assets": tuple(AssetFacts(name=f"A{at}") for at in range(returns.shape[1])),
        "periods": len(returns),
        "periods_per_year": 252.0,
        "risk_free": RiskFree(value=0.0),
        "returns": packed(returns),
    }
    if benchmark is not None:
        known["benchmark"] = UsedBenchmark(ticker="request", series="returns", source="request")
        known["benchmark_returns"] = packed(benchmark)
    return Dataset(**(known | others))


def of_moments(mean: NDArray[np.float64], covariance: NDArray[np.float64], **others: Any) -> Dataset:
    """Return the dataset of moments that were sent."""
    known: dict[str, Any] = {
        "source": "moments",
        "assets": tuple(AssetFacts(name=f"A{at}") for at in range(len(mean))),
        "periods": 0,
        "periods_per_year": 1.0,
        "risk_free": RiskFree(value=0.0),
        "expected_returns": packed(mean),
        "covariance": packed(covariance),
    }
    return Dataset(**(known | others))
