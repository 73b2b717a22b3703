"""Libraries that tests compare with: they warn while they are imported, and warnings are errors here."""

import warnings
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray


def reference(name: str) -> Any:
    """Return a module of skfolio, scikit-learn, PyPortfolioOpt or cvxpy without the warnings of its import."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(name)


def sp500_returns(periods: int = 1_256) -> NDArray[np.float64]:
    """Return daily returns of 20 S&P 500 stocks up to 2022-12-28, oldest first: five years unless said otherwise."""
    prices = reference("skfolio.datasets").load_sp500_dataset().to_numpy()[-periods - 1 :]
    returns: NDArray[np.float64] = prices[1:] / prices[:-1] - 1
    return returns


def sp500_index_returns(periods: int = 1_256) -> NDArray[np.float64]:
    """Return daily returns of the S&P 500 in the same periods."""
    prices = reference("skfolio.datasets").load_sp500_index().to_numpy()[-periods - 1 :, 0]
    returns: NDArray[np.float64] = prices[1:] / prices[:-1] - 1
    return returns


def min_variance() -> Any:
    """Return skfolio's minimum variance with tolerances that leave nothing of its solver in the weights."""
    return reference("skfolio.optimization").MeanRisk(
        solver_params={"tol_gap_abs": 1e-14, "tol_gap_rel": 1e-12}
    )


def weights_by(optimizer: Any, returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of an optimiser of skfolio for which the unit of returns does not matter.

    In percent its solver, whose tolerances are absolute, comes nearer; it warns where it cannot reach them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: NDArray[np.float64] = optimizer.fit(100 * returns).weights_
    return found
