"""The least tracking error: min Var(Rw − b) within the limits, b being the benchmark's returns.

Var(Rw − b) = w'Sw − 2 s'w + const, with S the sample covariance of the assets and s their covariances with the
benchmark. The variance of the difference is made small, not its mean: a tracker may lag or lead by a constant. Variance
is that of the sample itself, whatever estimator was chosen, since only the sample says how assets and benchmark move
together.

References
----------
R. Roll, "A mean/variance analysis of tracking error", Journal of Portfolio Management 18 (1992), 13-22.
"""

import numpy as np

from analytics.optimization.core import quadratic
from analytics.optimization.fit import CannotFit, Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


def fit(sample: Sample, limits: Limits) -> Fit:
    """Return the weights that follow the benchmark most closely; extras: `tracking_error` per period.

    Raises
    ------
    CannotFit
        Code `needs_benchmark` or `needs_returns`: there is nothing to track, or nothing to track with.
    Infeasible
        Nothing keeps to all limits.
    """
    if sample.returns is None:
        raise CannotFit("needs_returns", "tracking needs returns; moments alone do not say how assets moved")
    if sample.benchmark is None:
        raise CannotFit("needs_benchmark", "tracking needs a benchmark", field="benchmark")
    assets = sample.returns - sample.returns.mean(axis=0)
    benchmark = sample.benchmark - sample.benchmark.mean()
    degrees = max(1, len(assets) - 1)
    solved = quadratic.minimise(assets.T @ assets / degrees, -(benchmark @ assets) / degrees, limits, sample)
    error = float(np.sqrt(((assets @ solved.weights - benchmark) ** 2).sum() / degrees))
    return solved.as_fit(tracking_error=error)
