"""Weights in proportion to one over volatility: w ∝ 1 / σ.

Every position has the same risk if taken alone; equal to equal risk contributions where all correlations are the same.
Correlations are ignored, so ten near copies of one asset get ten times its share.

References
----------
S. Maillard, T. Roncalli, J. Teiletche, "The properties of equally weighted risk contribution portfolios", Journal of
Portfolio Management 36 (2010), 60-70.
"""

from typing import Final

from analytics.optimization.fit import CannotFit, Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample

_STILL: Final = 1e-9
"""A volatility below this share of the highest is rounding."""


def fit(sample: Sample, limits: Limits) -> Fit:
    """Return weights that make each position equally risky; limits are kept afterwards, by the nearest weights.

    Raises
    ------
    CannotFit
        Code `no_volatility`: an asset does not move, and would take everything.
    """
    volatility = sample.volatility
    least = _STILL * float(volatility.max(initial=0.0))
    still = [asset for asset, moves in zip(sample.assets, volatility, strict=True) if not moves > least]
    if still:
        raise CannotFit("no_volatility", f"{', '.join(still[:5])} has no volatility to divide by")
    inverse = 1.0 / volatility
    return Fit(weights=limits.budget * inverse / inverse.sum(), solver="closed form")
