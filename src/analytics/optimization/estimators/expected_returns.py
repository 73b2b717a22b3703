"""Expected simple returns per period from returns of shape (n_periods, n_assets), oldest first, without NaN."""

import numpy as np
from scipy.linalg import solve_triangular  # type: ignore[import-untyped]

from analytics.optimization.estimators.covariance import decay
from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats

PIVOT_MIN = 1e-7
"""Smallest pivot of a Cholesky factor, relative to the largest, at which a matrix still counts as regular."""


def empirical(returns: Floats) -> Floats:
    """Return the mean of all periods."""
    mean: Floats = returns.mean(axis=0)
    return mean


def ewm(returns: Floats, *, half_life: float) -> Floats:
    """Return the mean in which a period counts half as much as the one `half_life` periods later."""
    return decay(len(returns), half_life) @ returns


def shrunk(returns: Floats, covariance: Floats) -> Floats:
    """Return means pulled towards the return of the minimum-variance portfolio, the more the less they tell apart.

    μ₀ = 1′Σ⁻¹μ / 1′Σ⁻¹1, and its share is (n + 2) / (n + 2 + T (μ − μ₀)′Σ⁻¹(μ − μ₀)).

    Raises
    ------
    CannotFit
        `singular_covariance` where Σ has no inverse, as with fewer periods than assets.

    References
    ----------
    Jorion, "Bayes-Stein Estimation for Portfolio Analysis", 1986, equations 14 to 17.
    """
    mean = empirical(returns)
    n_periods, n_assets = returns.shape
    ones, scaled = _whitened(covariance, np.column_stack((np.ones(n_assets), mean))).T
    target = float(ones @ scaled / (ones @ ones))
    apart = float(((scaled - target * ones) ** 2).sum())
    share = (n_assets + 2) / (n_assets + 2 + n_periods * apart)
    pulled: Floats = (1 - share) * mean + share * target
    return pulled


def equilibrium(
    covariance: Floats, market_weights: Floats, *, risk_aversion: float, risk_free: float = 0.0
) -> Floats:
    """Return what assets have to return for the market portfolio to be best: the risk-free return plus δΣw.

    With the same covariance, the unconstrained optimum at risk aversion δ is w.
    """
    implied: Floats = risk_free + risk_aversion * (covariance @ market_weights)
    return implied


def _whitened(covariance: Floats, columns: Floats) -> Floats:
    """Return L⁻¹ columns with LL′ = covariance."""
    try:
        factor = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        raise _singular() from None
    pivots = np.diag(factor)
    if pivots.min() < PIVOT_MIN * pivots.max():
        raise _singular()
    whitened: Floats = solve_triangular(factor, columns, lower=True)
    return whitened


def _singular() -> CannotFit:
    return CannotFit(
        "singular_covariance",
        "Shrinking expected returns needs a covariance matrix that has an inverse: take more periods than assets, "
        "leave out assets that repeat others, or estimate the covariance by ledoit_wolf or shrunk.",
        field="estimators.expected_returns",
    )
