"""A covariance matrix without the eigenvalues that independent returns would have had as well.

The eigenvalues of the correlations of independent returns with variance σ² follow, for many periods T and assets n, the
law of Marchenko and Pastur on σ²(1 ± √(n/T))². σ² is found by least squares between that density and the eigenvalues
smoothed by a normal kernel; eigenvalues below the upper edge are noise and become their mean, so that the trace stays.

Assumes independent periods; with few assets the law is an approximation, and often the first eigenvalue alone is left.

References
----------
López de Prado, "Machine Learning for Asset Managers", 2020, section 2 (constant residual eigenvalue).
"""

import numpy as np
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]

from analytics.optimization.estimators.covariance import empirical, symmetric
from analytics.optimization.sample import Floats

BANDWIDTH = 0.01
POINTS = 1_000
GRID = np.linspace(0.025, 0.975, 20)
SHARE_MIN = 1e-5


def denoised(returns: Floats) -> Floats:
    """Return the sample covariance of returns, shape (n_periods, n_assets), without its noise; volatilities stay."""
    sample = empirical(returns)
    spread = np.sqrt(np.diag(sample))
    scale = np.where(spread > 0, spread, 1.0)
    correlation = sample / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    cleaned = _with_unit_diagonal((vectors * _without_noise(values, len(returns))) @ vectors.T)
    return symmetric(cleaned * np.outer(spread, spread))


def _without_noise(values: Floats, n_periods: int) -> Floats:
    """Replace the eigenvalues, in ascending order, that are noise by their mean."""
    per_asset = n_periods / len(values)
    edge = noise_variance(values, per_asset) * (1 + per_asset**-0.5) ** 2
    noisy = int(np.searchsorted(values, edge))
    if noisy == 0:
        return values
    cleaned = values.copy()
    cleaned[:noisy] = values[:noisy].mean()
    return cleaned


def noise_variance(values: Floats, per_asset: float) -> float:
    """Return σ², in (0, 1), under which the law of Marchenko and Pastur is nearest to the eigenvalues.

    per_asset : periods per asset, T / n.
    """

    def miss(variance: float) -> float:
        return _squared_error(variance, values, per_asset)

    # The error has several valleys, hence the grid before the descent.
    start = int(np.argmin([miss(variance) for variance in GRID]))
    low = SHARE_MIN if start == 0 else float(GRID[start - 1])
    high = 1 - SHARE_MIN if start == len(GRID) - 1 else float(GRID[start + 1])
    return float(minimize_scalar(miss, bounds=(low, high), method="bounded", options={"xatol": 1e-6}).x)


def _squared_error(variance: float, values: Floats, per_asset: float) -> float:
    low, high = variance * (1 - per_asset**-0.5) ** 2, variance * (1 + per_asset**-0.5) ** 2
    at = np.linspace(low, high, POINTS)
    law = per_asset * np.sqrt((high - at) * (at - low)) / (2 * np.pi * variance * np.maximum(at, 1e-12))
    kernels = np.exp(-0.5 * ((at[:, None] - values) / BANDWIDTH) ** 2)
    smoothed = kernels.mean(axis=1) / (BANDWIDTH * np.sqrt(2 * np.pi))
    return float(((smoothed - law) ** 2).sum())


def _with_unit_diagonal(matrix: Floats) -> Floats:
    scale = np.sqrt(np.diag(matrix))
    scaled: Floats = matrix / np.outer(scale, scale)
    return scaled
