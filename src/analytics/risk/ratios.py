"""Volatility, ratios to it, beta and drawdown of one series of returns per period.

A figure whose denominator is 0 is None: there is nothing to divide by.
"""

from math import sqrt

import numpy as np

from analytics.risk.arrays import Floats

DUST = 1e-14


def volatility(returns: Floats, periods_per_year: float, *, ddof: int = 1) -> float:
    """Return the standard deviation per year; at least `ddof` + 1 returns."""
    return float(returns.std(ddof=ddof)) * sqrt(periods_per_year)


def ratio(excess: Floats, periods_per_year: float, *, ddof: int = 1) -> float | None:
    """Return mean over standard deviation per year: of returns less the risk-free rate the Sharpe ratio, of
    returns less a benchmark's the information ratio.
    """
    deviation = float(excess.std(ddof=ddof))
    mean = float(excess.mean())
    return None if deviation <= DUST * max(1.0, abs(mean)) else mean / deviation * sqrt(periods_per_year)


def sortino_ratio(excess: Floats, periods_per_year: float) -> float | None:
    """Return mean over downside deviation per year; the downside is measured over all periods, below 0."""
    downside = sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)))
    return None if downside <= DUST else float(excess.mean()) / downside * sqrt(periods_per_year)


def beta(returns: Floats, benchmark: Floats) -> float | None:
    """Return the slope of returns on the benchmark's."""
    off = benchmark - benchmark.mean()
    spread = float(off @ off)
    return None if spread <= len(off) * DUST**2 else float(off @ returns) / spread


def max_drawdown(returns: Floats) -> float:
    """Return the worst fall from a peak of the compounded returns, a fraction of 0 or less; the start is a peak."""
    levels = np.concatenate(([1.0], np.cumprod(1.0 + returns)))
    return float(np.min(levels / np.maximum.accumulate(levels) - 1.0))


def correlation(returns: Floats) -> Floats:
    """Return the correlations of the columns; NaN in row and column of one that never changes."""
    off = returns - returns.mean(axis=0)
    norms = np.sqrt(np.einsum("ij,ij->j", off, off))
    norms[norms <= DUST * sqrt(len(returns))] = np.nan
    scaled = off / norms
    matrix: Floats = np.clip(scaled.T @ scaled, -1.0, 1.0)
    np.fill_diagonal(matrix, np.where(np.isnan(norms), np.nan, 1.0))
    return matrix
