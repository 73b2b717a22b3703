"""How much of a portfolio's variance each factor accounts for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskShares:
    """Variances per observation: `factors` (shape (n_factors,)) and `specific` sum to `total`.

    A factor's may be negative where it hedges the others.
    """

    factors: Floats
    specific: float
    total: float


def risk_shares(loadings: Floats, factors: Floats, residuals: Floats) -> RiskShares:
    """Split the variance of a regression's dependent variable, Euler's way: b_i (Σ b)_i for each factor.

    loadings : shape (n_factors,). factors : shape (n, n_factors). residuals : shape (n,), of a regression with an
    intercept. All variances have the divisor n - 1, so that the parts sum to the variance of
    the dependent variable.
    """
    n = len(residuals)
    covariance = np.atleast_2d(np.cov(factors, rowvar=False))
    explained = loadings * (covariance @ loadings)
    specific = float(residuals @ residuals) / (n - 1)
    return RiskShares(factors=explained, specific=specific, total=float(explained.sum()) + specific)
