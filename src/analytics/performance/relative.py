"""Returns against a benchmark's: arrays of equal length, simple returns per period (fractions)."""

import math

import numpy as np

from analytics.performance.arrays import (
    NAN,
    Floats,
    covariation,
    mean,
    over_time,
    quotient,
    standard_deviation,
)
from analytics.performance.dispersion import annual_volatility
from analytics.performance.growth import annual_return, total_return
from analytics.performance.ratios import Annualisation, mean_rate


def beta(returns: Floats, benchmark: Floats, *, risk_free: Floats | float = 0.0) -> float:
    """Slope of excess returns on the benchmark's excess returns; NaN where the benchmark never moves."""
    if len(returns) < 2:
        return NAN
    excess, market = returns - risk_free, benchmark - risk_free
    if not standard_deviation(market, ddof=0) > 0:
        return NAN
    centred = market - market.mean()
    return covariation(centred, excess) / float(centred @ centred)


def alpha(
    returns: Floats, benchmark: Floats, periods_per_year: float, *, risk_free: Floats | float = 0.0
) -> float:
    """Mean excess return that beta does not explain, compounded over a year, a fraction.

    (1 + a)^periods_per_year - 1 with a = mean((r - rf) - beta (b - rf)).
    References: M. Jensen, "The Performance of Mutual Funds in the Period 1945-1964", Journal of Finance 23 (1968).
    """
    slope = beta(returns, benchmark, risk_free=risk_free)
    each = mean((returns - risk_free) - slope * (benchmark - risk_free))
    return float(np.power(1.0 + each, periods_per_year)) - 1.0 if each >= -1 else NAN


def tracking_error(returns: Floats, benchmark: Floats, periods_per_year: float, *, ddof: int = 1) -> float:
    """Annualised standard deviation of the active returns, a positive fraction."""
    return annual_volatility(returns - benchmark, periods_per_year, ddof=ddof)


def information_ratio(
    returns: Floats,
    benchmark: Floats,
    periods_per_year: float,
    *,
    ddof: int = 1,
    annualisation: Annualisation = "arithmetic",
) -> float:
    """Active return per year over the tracking error.

    arithmetic: mean active return times periods per year; geometric: difference of the compounded annual
    returns (the active premium of PerformanceAnalytics).
    """
    if annualisation == "geometric":
        active = annual_return(returns, periods_per_year) - annual_return(benchmark, periods_per_year)
    else:
        active = mean(returns - benchmark) * periods_per_year
    return quotient(active, tracking_error(returns, benchmark, periods_per_year, ddof=ddof))


def treynor_ratio(
    returns: Floats,
    benchmark: Floats,
    periods_per_year: float,
    *,
    risk_free: Floats | float = 0.0,
    annualisation: Annualisation = "arithmetic",
) -> float:
    """Excess return per year over beta.

    References: J. Treynor, "How to Rate Management of Investment Funds", Harvard Business Review 43 (1965).
    """
    rate = mean_rate(returns - risk_free, periods_per_year, annualisation)
    return quotient(rate, beta(returns, benchmark, risk_free=risk_free))


def capture(returns: Floats, benchmark: Floats, *, up: bool) -> float:
    """Compounded return over the benchmark's, in its periods above zero (`up`) or at and below zero.

    1.2 is a fifth more than the benchmark made (or lost).
    """
    chosen = benchmark > 0 if up else benchmark <= 0
    return quotient(total_return(returns[chosen]), total_return(benchmark[chosen]))


def correlation(returns: Floats, benchmark: Floats) -> float:
    """Pearson's correlation, -1 to 1; NaN where either never moves."""
    spread, market = standard_deviation(returns, ddof=0), standard_deviation(benchmark, ddof=0)
    if not (spread > 0 and market > 0):
        return NAN
    products = (returns - returns.mean()) * (benchmark - benchmark.mean())
    return min(1.0, max(-1.0, mean(products) / (spread * market)))


def batting_average(returns: Floats, benchmark: Floats) -> float:
    """Share of periods that beat the benchmark."""
    return float(np.mean(returns > benchmark)) if len(returns) else NAN


def m_squared(
    returns: Floats,
    benchmark: Floats,
    periods_per_year: float,
    *,
    risk_free: Floats | float = 0.0,
    ddof: int = 1,
) -> float:
    """Annual return the portfolio would have had at the benchmark's volatility, a fraction.

    References: F. and L. Modigliani, "Risk-Adjusted Performance", Journal of Portfolio Management 23 (1997).
    """
    free = mean(np.broadcast_to(np.asarray(risk_free, dtype=np.float64), returns.shape))
    annual_free = over_time(free, periods_per_year)
    if math.isinf(annual_free):
        return annual_free
    scale = quotient(standard_deviation(benchmark, ddof=ddof), standard_deviation(returns, ddof=ddof))
    return (annual_return(returns, periods_per_year) - annual_free) * scale + annual_free
