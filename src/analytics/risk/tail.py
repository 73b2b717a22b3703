"""Value at risk and expected shortfall of one series of returns."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics.risk.arrays import Floats
from analytics.risk.cornish_fisher import NORMAL, Moments, expansion, expected_shortfall, normal_density
from analytics.risk.monte_carlo import standard_scenarios
from analytics.risk.quantile import empirical_tail, tail_probability

Method = Literal["historical", "parametric", "cornish_fisher", "monte_carlo"]


@dataclass(frozen=True, slots=True)
class TailRisk:
    """Losses of one period as positive fractions; negative where even the tail gains."""

    var: float
    cvar: float


def tail_risk(
    returns: Floats, confidence: float, method: Method = "historical", *, ddof: int = 1, seed: int = 0
) -> TailRisk:
    """Return value at risk and expected shortfall at a confidence such as 0.95.

    returns : array of shape (n_observations,), at least 2 (more than `ddof`).
    ddof : degrees of freedom taken off in the variance; no part of the historical method.
    seed : of the Monte Carlo method.

    historical : type-7 quantile, and the mean of the returns at or below it.
    parametric : normal distribution with the sample's mean and variance.
    cornish_fisher : the normal quantile corrected for skewness and kurtosis.
    monte_carlo : the historical estimators on 100,000 simulated normal returns.

    References
    ----------
    Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996 (type 7); Boudt, Peterson and Croux,
    "Estimation and decomposition of downside risk for portfolios with non-normal returns", 2008.
    """
    tail = tail_probability(confidence)
    if method == "historical":
        return _historical(returns, tail)
    moments = moments_of(returns, ddof=ddof)
    if moments.m2 <= 0:
        return TailRisk(0.0 - moments.mean, 0.0 - moments.mean)
    if method == "monte_carlo":
        return _historical(moments.mean + moments.deviation * standard_scenarios(seed), tail)
    return _normal(moments, tail) if method == "parametric" else _corrected(moments, tail)


def moments_of(returns: Floats, *, ddof: int) -> Moments:
    """Return the moments of a series; the third and fourth are those of the population whatever `ddof`.

    A variance that is only rounding error of the mean, or too small to divide by, counts as 0.
    """
    mean = float(returns.mean())
    off = returns - mean
    squared = off * off
    m2 = float(squared.sum()) / (len(returns) - ddof)
    if m2 <= max((1e-14 * mean) ** 2, 1e-60):
        m2 = 0.0
    return Moments(mean, m2, float((squared * off).mean()), float((squared * squared).mean()))


def _historical(returns: Floats, tail: float) -> TailRisk:
    found = empirical_tail(returns, tail)
    # 0 less what is gained: the sign alone would turn no gain into -0.
    return TailRisk(0.0 - found.quantile, 0.0 - float(np.mean(returns[found.members])))


def _normal(moments: Moments, tail: float) -> TailRisk:
    z = NORMAL.inv_cdf(tail)
    deviation = moments.deviation
    return TailRisk(-moments.mean - z * deviation, -moments.mean + deviation * normal_density(z) / tail)


def _corrected(moments: Moments, tail: float) -> TailRisk:
    skewness, kurtosis = moments.skewness, moments.excess_kurtosis
    h = expansion(tail, skewness, kurtosis).quantile
    shortfall = expected_shortfall(tail, skewness, kurtosis).value
    return TailRisk(-moments.mean - h * moments.deviation, -moments.mean + moments.deviation * shortfall)
