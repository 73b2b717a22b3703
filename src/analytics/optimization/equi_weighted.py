"""The same weight for every asset: w = budget / n.

Nothing is estimated, so nothing can be estimated wrongly; out of sample it is hard to beat.

References
----------
V. DeMiguel, L. Garlappi, R. Uppal, "Optimal versus naive diversification", Review of Financial Studies 22 (2009),
1915-1953.
"""

import numpy as np

from analytics.optimization.fit import Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


def fit(sample: Sample, limits: Limits) -> Fit:
    """Return equal weights; limits are kept afterwards, by the nearest weights within them."""
    return Fit(weights=np.full(sample.size, limits.budget / sample.size), solver="closed form")
