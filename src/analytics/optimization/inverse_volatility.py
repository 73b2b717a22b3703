"""Weights in proportion to one over volatility: w ∝ 1 / σ.

Every position has the same risk if taken alone; equal to equal risk contributions where all correlations are the same.
Correlations are ignored, so ten near copies of one asset get ten times its share.

References
----------
S. Maillard, T. Roncalli, J. Teiletche, "The properties of equally weighted risk contribution portfolios", Journal of
Portfolio Management 36 (2010), 60-70.
"""

from analytics.optimization.fit import CannotFit, Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


def fit(sample: Sample, limits: Limits) -> Fit:
    """Return weights that make each position equally risky; limits are kept afterwards, by the nearest weights.

    Raises
    ------
    CannotFit
        Code `no_volatility`: an asset does not move, and would take everything.
    """
    volatility = sample.volatility
    still = [asset for asset, moves in zip(sample.assets, volatility, strict=True) if not moves > 0]
    if still:
        raise CannotFit("no_volatility", f"{', '.join(still[:5])} has no volatility to divide by")
    inverse = 1.0 / volatility
    return Fit(weights=limits.budget * inverse / inverse.sum(), solver="closed form")
