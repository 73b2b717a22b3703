"""Figures over a moving window of simple returns per period (fractions).

Every function returns shape (n - window + 1,): the first figure belongs to period window - 1.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.performance.arrays import Floats


def rolling_return(returns: Floats, window: int) -> Floats:
    """Compounded return over each window, a fraction."""
    return np.asarray(np.prod(1.0 + _windows(returns, window), axis=1) - 1.0, dtype=np.float64)


def rolling_volatility(returns: Floats, window: int, periods_per_year: float, *, ddof: int = 1) -> Floats:
    """Annualised standard deviation over each window, a positive fraction."""
    spread = np.std(_windows(returns, window), axis=1, ddof=ddof)
    return np.asarray(spread * math.sqrt(periods_per_year), dtype=np.float64)


def rolling_sharpe(
    returns: Floats, window: int, periods_per_year: float, *, risk_free: float = 0.0, ddof: int = 1
) -> Floats:
    """Arithmetic Sharpe ratio over each window; NaN where nothing moved."""
    excess = _windows(returns - risk_free, window)
    spread = np.std(excess, axis=1, ddof=ddof)
    spread = np.where(spread <= 1e-15, np.nan, spread)
    return np.asarray(excess.mean(axis=1) / spread * math.sqrt(periods_per_year), dtype=np.float64)


def rolling_beta(returns: Floats, benchmark: Floats, window: int) -> Floats:
    """Slope on the benchmark over each window; NaN where the benchmark did not move."""
    own, market = _windows(returns, window), _windows(benchmark, window)
    centred = market - market.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", centred, centred)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.einsum("ij,ij->i", centred, own) / variance
    return np.where(variance > 1e-30, slope, np.nan)


def rolling_tracking_error(
    returns: Floats, benchmark: Floats, window: int, periods_per_year: float, *, ddof: int = 1
) -> Floats:
    """Annualised standard deviation of active returns over each window."""
    return rolling_volatility(returns - benchmark, window, periods_per_year, ddof=ddof)


def _windows(values: Floats, window: int) -> Floats:
    if len(values) < window:
        return np.empty((0, window))
    return sliding_window_view(values, window)
