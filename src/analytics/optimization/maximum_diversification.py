"""The highest diversification ratio: max σ'w / √(w'Σw) within the limits.

σ'w is the volatility that the positions would have if they did not offset each other. The optimum is that of the
highest Sharpe ratio if every asset is expected to earn in proportion to its own volatility; leverage changes nothing,
and all assets held are equally correlated with the portfolio.

References
----------
Y. Choueifaty, Y. Coignard, "Toward maximum diversification", Journal of Portfolio Management 35 (2008), 40-51.
"""

from analytics.optimization.core import homogeneous
from analytics.optimization.fit import CannotFit, Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


def fit(sample: Sample, limits: Limits) -> Fit:
    """Return the most diversified weights.

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    CannotFit
        Code `no_volatility`: nothing within the limits has any volatility to diversify.
    """
    try:
        return homogeneous.maximise(sample.volatility, sample.covariance, limits, sample).as_fit()
    except CannotFit as refusal:
        if refusal.code != "no_gain":
            raise
        raise CannotFit(
            "no_volatility", "nothing within the limits has a volatility to diversify"
        ) from refusal
