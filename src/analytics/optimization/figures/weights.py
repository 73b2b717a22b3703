"""Figures of weights, from moments per period."""

import math

import numpy as np

from analytics.optimization.sample import Floats


def variance(weights: Floats, covariance: Floats) -> float:
    """Return w'Σw, 0 where rounding would make it negative."""
    return max(float(weights @ covariance @ weights), 0.0)


def diversification_ratio(weights: Floats, covariance: Floats) -> float:
    """Return Σ|wᵢ|σᵢ / √(w'Σw): 1 for one asset, √n for n uncorrelated ones alike; NaN without risk.

    References: Y. Choueifaty, Y. Coignard, "Toward Maximum Diversification", Journal of Portfolio Management 35 (2008).
    """
    spread = math.sqrt(variance(weights, covariance))
    own = float(np.abs(weights) @ np.sqrt(np.maximum(np.diag(covariance), 0.0)))
    return own / spread if spread > 0 else math.nan


def effective_number(weights: Floats) -> float:
    """Return 1 / Σwᵢ², the n whose equal weights are as concentrated (Herfindahl); NaN where nothing is held."""
    squares = float(weights @ weights)
    return 1.0 / squares if squares > 0 else math.nan


def risk_contributions(weights: Floats, covariance: Floats) -> Floats | None:
    """Return wᵢ(Σw)ᵢ / w'Σw: what share of the variance each weight brings, summing to 1; None without risk.

    References: S. Maillard, T. Roncalli, J. Teïletche, "The Properties of Equally Weighted Risk Contribution
    Portfolios", Journal of Portfolio Management 36 (2010).
    """
    parts: Floats = weights * (covariance @ weights)
    whole = float(parts.sum())
    return parts / whole if whole > 0 else None


def turnover(weights: Floats, current: Floats) -> float:
    """Return half the sum of absolute changes: what is bought where as much is sold (one-way)."""
    return 0.5 * float(np.abs(weights - current).sum())
