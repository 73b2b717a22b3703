"""Return per unit of risk, from simple returns per period (fractions); NaN where the risk is zero.

`annualisation` is `arithmetic` (mean times periods per year) or `geometric` (compounded mean rate).
"""

from typing import Literal

import numpy as np

from analytics.performance.arrays import NAN, Floats, mean, quotient
from analytics.performance.dispersion import annual_volatility, downside_risk
from analytics.performance.growth import annual_return, max_drawdown

Annualisation = Literal["arithmetic", "geometric"]


def mean_rate(returns: Floats, periods_per_year: float, annualisation: Annualisation) -> float:
    """Rate per year, a fraction; the geometric one is NaN where wealth would turn negative."""
    if annualisation == "geometric":
        return annual_return(returns, periods_per_year)
    return mean(returns) * periods_per_year


def sharpe_ratio(
    returns: Floats,
    periods_per_year: float,
    *,
    risk_free: Floats | float = 0.0,
    ddof: int = 1,
    annualisation: Annualisation = "arithmetic",
) -> float:
    """Excess return over the risk-free rate (per period) per unit of its volatility, annualised.

    References: W. Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21 (1994).
    """
    excess = returns - risk_free
    rate = mean_rate(excess, periods_per_year, annualisation)
    return quotient(rate, annual_volatility(excess, periods_per_year, ddof=ddof))


def sortino_ratio(returns: Floats, periods_per_year: float, *, mar: float = 0.0) -> float:
    """Mean return above `mar` (per period), annualised, per unit of downside risk."""
    risk = downside_risk(returns, periods_per_year, mar=mar)
    return quotient(mean(returns - mar) * periods_per_year, risk)


def calmar_ratio(returns: Floats, periods_per_year: float) -> float:
    """Compounded annual return over the size of the deepest drawdown."""
    return quotient(annual_return(returns, periods_per_year), -max_drawdown(returns))


def omega_ratio(returns: Floats, *, mar: float = 0.0) -> float:
    """Sum of the returns above `mar` (per period) over the sum of those below it.

    References: C. Keating, W. Shadwick, "A Universal Performance Measure" (2002).
    """
    above = returns - mar
    return quotient(float(above[above > 0].sum()), -float(above[above < 0].sum()))


def share_of_gains(returns: Floats) -> float:
    """Share of periods with a return above zero."""
    return float(np.mean(returns > 0)) if len(returns) else NAN
