"""What weights are computed from: returns of assets, and what is expected of them."""

from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.intp]


class Estimator(Protocol):
    """Turns returns into expected returns and a covariance matrix."""

    def __call__(self, returns: Floats) -> tuple[Floats, Floats]:
        """Return mean, shape (n_assets,), and covariance, shape (n_assets, n_assets), per period, of returns of shape
        (n_periods, n_assets).
        """
        ...

    def of_assets(self, chosen: Ints) -> "Estimator":
        """Return the estimator for some of the assets."""
        ...

    def of_portfolios(self) -> "Estimator":
        """Return the estimator for series that are portfolios of the assets, no matter how many."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """n assets over some periods; every figure is per period, and a fraction.

    mean, covariance : arrays of shape (n,) and (n, n)
        Expected simple returns and their covariance (symmetric, positive semi-definite).
    returns : array of shape (n_periods, n), oldest first, without NaN; None where only moments were given
    benchmark : array of shape (n_periods,), simple returns in the same periods; None without a benchmark
    risk_free : the risk-free return of one period
    periods_per_year : how many periods a year has, to annualise figures; 1 leaves them as they are
    estimator : what `mean` and `covariance` came from; None where they were given
    current : weights held now, shape (n,), which turnover is measured from; None where nothing is held
    seed : for methods that draw random numbers
    """

    assets: tuple[str, ...]
    mean: Floats
    covariance: Floats
    returns: Floats | None = None
    benchmark: Floats | None = None
    risk_free: float = 0.0
    periods_per_year: float = 1.0
    estimator: Estimator | None = None
    current: Floats | None = None
    seed: int = 0

    @property
    def size(self) -> int:
        """How many assets there are."""
        return len(self.assets)

    @property
    def volatility(self) -> Floats:
        """Standard deviation of each asset per period, shape (n,)."""
        spread: Floats = np.sqrt(np.diag(self.covariance))
        return spread

    @property
    def history(self) -> Floats:
        """The returns, for methods that cannot do without."""
        assert self.returns is not None, "the request was to be refused"
        return self.returns

    def during(self, rows: slice | Ints) -> "Sample":
        """Return what was known from some of the periods, estimated anew from them alone."""
        assert self.estimator is not None
        returns = np.ascontiguousarray(self.history[rows])
        mean, covariance = self.estimator(returns)
        benchmark = None if self.benchmark is None else self.benchmark[rows]
        return replace(self, returns=returns, benchmark=benchmark, mean=mean, covariance=covariance)

    def of_assets(self, chosen: Ints) -> "Sample":
        """Return the sample of some assets, in the order chosen."""
        return replace(
            self,
            assets=tuple(self.assets[at] for at in chosen),
            mean=self.mean[chosen],
            covariance=self.covariance[np.ix_(chosen, chosen)],
            returns=None if self.returns is None else np.ascontiguousarray(self.returns[:, chosen]),
            estimator=None if self.estimator is None else self.estimator.of_assets(chosen),
            current=None if self.current is None else self.current[chosen],
        )
