"""What a turbulent market does to the cost of capital, and that to the value of what is held."""

import numpy as np

from analytics.risk.arrays import Floats
from analytics.risk.ratios import beta
from analytics.risk.regime import RegimeModel

RISK_AVERSION = 2.5
PERIODS_PER_YEAR = 252


def equity_premium_delta(model: RegimeModel) -> float:
    """Return how much more than usual the market should pay for risk over the next year, per year as a fraction.

    Risk aversion times the variance expected over the next 252 days less that of the long run. The mean over the
    year counts, not today's variance: turbulence passes.

    References
    ----------
    Merton, "On Estimating the Expected Return on the Market", 1980: the premium is risk aversion times variance.
    """
    expected = model.mean_variance(model.expected_turbulence(PERIODS_PER_YEAR))
    usual = model.mean_variance(model.stationary)
    return RISK_AVERSION * (expected - usual) * PERIODS_PER_YEAR


def rate_sensitivity(returns: Floats, yield_changes: Floats) -> float | None:
    """Return the slope of returns on same-day changes of a yield (fractions): minus an empirical duration."""
    known = ~np.isnan(yield_changes)
    return beta(returns[known], yield_changes[known]) if known.sum() > 1 else None
