"""One estimator of expected returns and one of covariance, as the pair that a sample carries."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from analytics.optimization.estimators import covariance as covariances
from analytics.optimization.estimators import expected_returns as means
from analytics.optimization.estimators.denoising import denoised
from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """How expected returns and covariance come out of returns; `estimator` makes one by the names of the request.

    half_life : of both `ewm`, in periods
    shrinkage : share of the mean variance in the covariance `shrunk`
    market_weights : shape (n_assets,), for `equilibrium`, scaled to sum to 1; None is 1/n
    risk_aversion : δ of `equilibrium`
    risk_free : return of one period, to which `equilibrium` adds
    """

    expected_returns: str
    covariance: str
    half_life: float
    shrinkage: float
    market_weights: Floats | None
    risk_aversion: float
    risk_free: float

    def __call__(self, returns: Floats) -> tuple[Floats, Floats]:
        """Return mean and covariance per period, shapes (n_assets,) and (n_assets, n_assets).

        Raises
        ------
        CannotFit
            `short_history` for less than two periods, `singular_covariance` where `shrunk` returns need an inverse.
        """
        if len(returns) < 2:
            raise CannotFit("short_history", "Moments need at least two periods.")
        matrix = _COVARIANCES[self.covariance](self, returns)
        return _MEANS[self.expected_returns](self, returns, matrix), matrix

    def of_assets(self, chosen: Ints) -> "Moments":
        """Return the estimator for some of the assets; they make up the whole market then."""
        weights = self.market_weights
        return self if weights is None else replace(self, market_weights=weights[chosen])

    def of_portfolios(self) -> "Moments":
        """Return the estimator for portfolios of the assets; the market is made up of all alike then."""
        return replace(self, market_weights=None)

    def market(self, size: int) -> Floats:
        """Return the weights of the market portfolio, which sum to 1."""
        weights = self.market_weights
        if weights is None or weights.sum() <= 0:
            return np.full(size, 1 / size)
        scaled: Floats = weights / weights.sum()
        return scaled


def estimator(
    *,
    expected_returns: str = "empirical",
    covariance: str = "empirical",
    half_life: float = 63.0,
    shrinkage: float = 0.1,
    market_weights: Floats | None = None,
    risk_aversion: float = 2.5,
    risk_free: float = 0.0,
) -> Moments:
    """Return the estimator by the names of the request.

    expected_returns : empirical, ewm, shrunk or equilibrium
    covariance : empirical, ewm, shrunk, ledoit_wolf or denoised
    """
    assert expected_returns in _MEANS
    assert covariance in _COVARIANCES
    return Moments(
        expected_returns=expected_returns,
        covariance=covariance,
        half_life=half_life,
        shrinkage=shrinkage,
        market_weights=market_weights,
        risk_aversion=risk_aversion,
        risk_free=risk_free,
    )


_COVARIANCES: dict[str, Callable[[Moments, Floats], Floats]] = {
    "empirical": lambda of, returns: covariances.empirical(returns),
    "ewm": lambda of, returns: covariances.ewm(returns, half_life=of.half_life),
    "shrunk": lambda of, returns: covariances.shrunk(returns, share=of.shrinkage),
    "ledoit_wolf": lambda of, returns: covariances.ledoit_wolf(returns),
    "denoised": lambda of, returns: denoised(returns),
}
_MEANS: dict[str, Callable[[Moments, Floats, Floats], Floats]] = {
    "empirical": lambda of, returns, matrix: means.empirical(returns),
    "ewm": lambda of, returns, matrix: means.ewm(returns, half_life=of.half_life),
    "shrunk": lambda of, returns, matrix: means.shrunk(returns, matrix),
    "equilibrium": lambda of, returns, matrix: means.equilibrium(
        matrix, of.market(len(matrix)), risk_aversion=of.risk_aversion, risk_free=of.risk_free
    ),
}
