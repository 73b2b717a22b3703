"""Figures over a moving window of simple returns per period (fractions).

Every function returns shape (n - window + 1,): the first figure belongs to period window - 1. Windows are looked at
some at a time: all of them at once would be n times window numbers.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.performance.arrays import Floats

NUMBERS_AT_ONCE = 1 << 20


def rolling_return(returns: Floats, window: int) -> Floats:
    """Compounded return over each window, a fraction."""
    return _over_windows(lambda own: np.prod(1.0 + own, axis=1) - 1.0, window, returns)


def rolling_volatility(returns: Floats, window: int, periods_per_year: float, *, ddof: int = 1) -> Floats:
    """Annualised standard deviation over each window, a positive fraction."""
    spread = _over_windows(lambda own: np.std(own, axis=1, ddof=ddof), window, returns)
    return np.asarray(spread * math.sqrt(periods_per_year), dtype=np.float64)


def rolling_sharpe(
    returns: Floats, window: int, periods_per_year: float, *, risk_free: float = 0.0, ddof: int = 1
) -> Floats:
    """Arithmetic Sharpe ratio over each window; NaN where nothing moved."""

    def sharpe(excess: Floats) -> Floats:
        spread = np.std(excess, axis=1, ddof=ddof)
        return np.asarray(excess.mean(axis=1) / np.where(spread <= 1e-15, np.nan, spread), dtype=np.float64)

    ratios = _over_windows(sharpe, window, returns - risk_free)
    return np.asarray(ratios * math.sqrt(periods_per_year), dtype=np.float64)


def rolling_beta(returns: Floats, benchmark: Floats, window: int) -> Floats:
    """Slope on the benchmark over each window; NaN where the benchmark did not move or is not known."""

    def beta(own: Floats, market: Floats) -> Floats:
        centred = market - market.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", centred, centred)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.einsum("ij,ij->i", centred, own) / variance
        return np.where(variance > 1e-30, slope, np.nan)

    return _over_windows(beta, window, returns, benchmark)


def rolling_tracking_error(
    returns: Floats, benchmark: Floats, window: int, periods_per_year: float, *, ddof: int = 1
) -> Floats:
    """Annualised standard deviation of active returns over each window."""
    return rolling_volatility(returns - benchmark, window, periods_per_year, ddof=ddof)


def _over_windows(figure: Callable[..., Floats], window: int, *series: Floats) -> Floats:
    """Apply a function of windows, one per row, to so many of them that they fit into the cache."""
    count = len(series[0]) - window + 1
    if count <= 0:
        return np.empty(0)
    views = [sliding_window_view(one, window) for one in series]
    rows = max(1, NUMBERS_AT_ONCE // window)
    parts = [figure(*(view[at : at + rows] for view in views)) for at in range(0, count, rows)]
    return np.concatenate(parts)
