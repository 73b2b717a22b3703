"""The highest quadratic utility: max μ'w − ½ λ w'Σw, less trading costs, within the limits.

λ, the risk aversion, is the price of variance, in the units of the sample: whoever thinks in annual figures thinks of
the same λ, since mean and variance both grow with the period. With a budget alone the optimum is Σ⁻¹(μ − γ1) / λ.

Trap: other software leaves the ½ away, and means half of this λ by the same number.

References
----------
H. Markowitz, "Mean-variance analysis in portfolio choice and capital markets" (1987), chapter 3; R. Grinold, R. Kahn,
"Active portfolio management" (2000), chapter 4.
"""

from analytics.optimization.core import quadratic
from analytics.optimization.fit import Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


def fit(sample: Sample, limits: Limits, *, risk_aversion: float = 1.0) -> Fit:
    """Return the weights with the highest utility.

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    CannotFit
        Code `solver_failed`: every solver of the chain failed.
    """
    return quadratic.minimise(
        risk_aversion * sample.covariance, -sample.mean, limits, sample, charge=1.0
    ).as_fit()
