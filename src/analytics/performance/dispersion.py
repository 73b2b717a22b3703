"""How returns scatter: volatility, shape and tails of simple returns per period (fractions)."""

import math

import numpy as np

from analytics.performance.arrays import NAN, Floats, quotient, standard_deviation
from analytics.risk.quantile import empirical_tail, tail_probability


def annual_volatility(returns: Floats, periods_per_year: float, *, ddof: int = 1) -> float:
    """Standard deviation times the root of periods per year, a positive fraction per year."""
    return standard_deviation(returns, ddof=ddof) * math.sqrt(periods_per_year)


def downside_risk(returns: Floats, periods_per_year: float, *, mar: float = 0.0) -> float:
    """Root of the mean squared shortfall below `mar` (per period) over all periods, annualised by the root.

    References: F. Sortino, R. van der Meer, "Downside Risk", Journal of Portfolio Management 17 (1991).
    """
    if not len(returns):
        return NAN
    short = np.minimum(returns - mar, 0.0)
    return float(np.sqrt(np.mean(np.square(short)))) * math.sqrt(periods_per_year)


def skewness(returns: Floats) -> float:
    """Third standardised moment of the sample (divided by n); NaN without dispersion."""
    return _standardised_moment(returns, 3)


def kurtosis(returns: Floats) -> float:
    """Fourth standardised moment of the sample (divided by n) minus 3: zero of a normal distribution."""
    return _standardised_moment(returns, 4) - 3.0


def _standardised_moment(returns: Floats, order: int) -> float:
    spread = standard_deviation(returns, ddof=0)
    if not spread > 0:
        return NAN
    return float(np.mean(((returns - returns.mean()) / spread) ** order))


def value_at_risk(returns: Floats, *, confidence: float = 0.95) -> float:
    """Loss per period that is exceeded with probability 1 - confidence, positive; a gain is negative.

    The linearly interpolated quantile (type 7 of Hyndman and Fan) of the returns, sign turned.
    """
    return -empirical_tail(returns, tail_probability(confidence)).quantile if len(returns) else NAN


def conditional_value_at_risk(returns: Floats, *, confidence: float = 0.95) -> float:
    """Mean loss over the periods at or below the quantile of `value_at_risk`, positive."""
    if not len(returns):
        return NAN
    return -float(returns[empirical_tail(returns, tail_probability(confidence)).members].mean())


def tail_ratio(returns: Floats) -> float:
    """Size of the 95 % quantile over the size of the 5 % quantile."""
    if not len(returns):
        return NAN
    low, high = np.quantile(returns, [0.05, 0.95])
    return quotient(abs(float(high)), abs(float(low)))


def stability(returns: Floats) -> float:
    """R squared of cumulated log returns against time: 1 is steady growth or steady decline.

    NaN with fewer than two periods, after a total loss, and where nothing ever changes.
    """
    if len(returns) < 2 or returns.min() <= -1.0:
        return NAN
    grown = np.cumsum(np.log1p(returns))
    time = np.arange(len(grown), dtype=np.float64)
    time -= time.mean()
    grown -= grown.mean()
    return quotient(float(time @ grown) ** 2, float(time @ time) * float(grown @ grown))
