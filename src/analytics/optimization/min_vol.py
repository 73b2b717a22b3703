"""The least variance: min w'Σw within the limits.

The left end of the efficient frontier. Expected returns do not enter, unless a limit asks for one. Σ has to be
estimated well: with few periods per asset the optimiser finds the errors in it, and a shrunk estimate is the safer one.

References
----------
H. Markowitz, "Portfolio selection", Journal of Finance 7 (1952), 77-91.
"""

import numpy as np

from analytics.optimization.core import quadratic
from analytics.optimization.fit import Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


def fit(sample: Sample, limits: Limits) -> Fit:
    """Return the weights with the least variance.

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    CannotFit
        Code `solver_failed`: every solver of the chain failed.
    """
    return quadratic.minimise(sample.covariance, np.zeros(sample.size), limits, sample).as_fit()
