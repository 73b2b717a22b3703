"""Points of an efficient frontier that is known by its turning points."""

import numpy as np

from analytics.optimization.sample import Floats


def max_sharpe(weights: Floats, excess: Floats, covariance: Floats) -> Floats | None:
    """Return the weights of the highest ratio of excess return to volatility; None where no excess return is positive.

    weights : turning points, shape (n_points, n); between two of them weights are mixtures of both
    excess : expected returns less the risk-free one, shape (n,)

    On a mixture w + t·d the ratio (a + bt)/√(c + 2et + ft²) has one stationary point, t = (bc − ae)/(af − be): each
    segment is solved exactly, and no grid is searched.
    """
    start, step = weights[:-1], np.diff(weights, axis=0)
    a, b = start @ excess, step @ excess
    loaded = start @ covariance
    c, e = (loaded * start).sum(axis=1), (loaded * step).sum(axis=1)
    f = ((step @ covariance) * step).sum(axis=1)
    below = a * f - b * e
    share = np.divide(b * c - a * e, below, out=np.zeros_like(below), where=below != 0)
    candidates = np.vstack((weights, start + np.clip(share, 0, 1)[:, None] * step))
    ratios = sharpe_ratios(candidates, excess, covariance)
    best = int(np.argmax(ratios))
    return candidates[best] if ratios[best] > 0 else None


def sharpe_ratios(weights: Floats, excess: Floats, covariance: Floats) -> Floats:
    """Return excess return by volatility of each row; without volatility, infinite by the sign of the return."""
    returns = weights @ excess
    variances = ((weights @ covariance) * weights).sum(axis=1)
    spread = np.sqrt(np.maximum(variances, 0.0))
    without = np.copysign(np.inf, returns)
    without[returns == 0] = 0.0
    ratios: Floats = np.divide(returns, spread, out=without, where=spread > 0)
    return ratios
