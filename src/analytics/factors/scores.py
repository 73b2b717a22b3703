"""Assets beside each other: what a factor says of each, on a scale from 0 to 1, and in which order.

Every function takes arrays of shape (n_assets,) in which more is better and NaN is what is not known; NaN stays NaN
and has no part in the mean, the spread or the order of the others.

References
----------
MSCI, "MSCI Quality Indexes Methodology" (z-scores of each descriptor, winsorised at 3, then averaged) and N. Jegadeesh
and S. Titman, "Returns to Buying Winners and Selling Losers", 1993 (momentum). The scale is the standard normal
distribution function of the z-score.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr  # type: ignore[import-untyped]

Floats = NDArray[np.float64]

TRADING_DAYS_PER_YEAR: Final = 252
WINSORISED_AT: Final = 3.0
"""Standard deviations: farther out, one asset would decide where all others are."""
DIGITS: Final = 12
"""Returns that differ by less are the same but for rounding, and assets with the same return share a rank."""
NO_SPREAD: Final = 1e-12
"""Share of the largest figure; a standard deviation below it is rounding."""


def trailing_return(prices: Floats, lookback: int) -> float:
    """Return what was earned over the last `lookback` periods; NaN with fewer than lookback + 1 prices."""
    if len(prices) <= lookback:
        return float("nan")
    return round(float(prices[-1] / prices[-1 - lookback]) - 1, DIGITS)


def trailing_volatility(prices: Floats, lookback: int) -> float:
    """Return the sample deviation of the last `lookback` daily returns a year; NaN with fewer, or with only one."""
    if len(prices) <= lookback or lookback < 2:
        return float("nan")
    window = prices[-1 - lookback :]
    daily = float(np.std(window[1:] / window[:-1] - 1, ddof=1))
    return round(daily * float(np.sqrt(TRADING_DAYS_PER_YEAR)), DIGITS)


def z_scores(values: Floats) -> Floats:
    """Return (x − mean)/deviation with the deviation of the population; 0 for all where nothing differs."""
    known = ~np.isnan(values)
    standard = np.full(values.shape, np.nan)
    if not known.any():
        return standard
    off = values[known] - values[known].mean()
    spread = float(np.sqrt(np.mean(off * off)))
    largest = float(np.abs(values[known]).max())
    standard[known] = off / spread if spread > NO_SPREAD * largest else 0.0
    return standard


def winsorised(standard: Floats) -> Floats:
    """Return z-scores brought to at most three deviations."""
    brought: Floats = np.clip(standard, -WINSORISED_AT, WINSORISED_AT)
    return brought


def scores(values: Floats) -> Floats:
    """Return Φ of the winsorised z-scores: 0.5 is the mean, one asset alone has 0.5."""
    scaled: Floats = np.asarray(ndtr(winsorised(z_scores(values))), dtype=np.float64)
    return scaled


def ranks(values: Floats) -> Floats:
    """Return places from 1 for the largest; who is equal shares the better place, and the next one is skipped."""
    places = np.full(values.shape, np.nan)
    known = ~np.isnan(values)
    ascending = np.sort(values[known])
    places[known] = 1 + known.sum() - np.searchsorted(ascending, values[known], side="right")
    return places


def quality(return_on_equity: Floats, debt_to_equity: Floats) -> Floats:
    """Return the mean of two winsorised z-scores, that of return on equity and the negative one of debt to equity.

    An asset that lacks either has none. With negative debt to equity there is no equity, and nothing on it is told:
    such assets have none either.
    """
    known = ~np.isnan(return_on_equity) & (debt_to_equity >= 0)
    earns = np.where(known, return_on_equity, np.nan)
    owes = np.where(known, debt_to_equity, np.nan)
    mean: Floats = (winsorised(z_scores(earns)) - winsorised(z_scores(owes))) / 2
    return mean
