"""What each holding adds to the risk of the whole: Euler's theorem, so that the parts sum to the total.

Value at risk, expected shortfall and volatility are homogeneous of degree one in the weights: each is the sum of
weight times slope. The slope is the marginal figure, weight times slope the component.
"""

from dataclasses import dataclass

import numpy as np

from analytics.risk.arrays import Floats
from analytics.risk.cornish_fisher import (
    NORMAL,
    Moments,
    expansion,
    expected_shortfall,
    normal_density,
)
from analytics.risk.monte_carlo import standard_scenarios
from analytics.risk.quantile import empirical_tail, tail_probability
from analytics.risk.tail import Method, moments_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Marginals:
    """Slopes by weight, each of shape (n_assets,): losses of one period positive, volatility per period.

    `volatility` is None where the portfolio's return never changes.
    """

    var: Floats
    cvar: Floats
    volatility: Floats | None


@dataclass(frozen=True, slots=True)
class _Slopes:
    """Slopes of mean and variance by weight; the portfolio's own moments beside them."""

    moments: Moments
    mean: Floats
    covariance: Floats

    @property
    def deviation(self) -> Floats:
        slope: Floats = self.covariance / self.moments.deviation
        return slope


def marginals(
    returns: Floats,
    weights: Floats,
    confidence: float,
    method: Method = "historical",
    *,
    ddof: int = 1,
    seed: int = 0,
) -> Marginals:
    """Return how value at risk, expected shortfall and volatility change with each weight.

    returns : array of shape (n_observations, n_assets). weights : shape (n_assets,), signed, any sum.

    Weights times these slopes sum to the figures of `tail_risk` on `returns @ weights` with the same `ddof`.
    historical : the value at risk lies between two observations; a slope is what the asset lost on those two,
    interpolated alike, and for the shortfall its mean loss over the tail. monte_carlo : what the asset loses where
    the portfolio loses this much, by regression on the portfolio.

    References
    ----------
    Tasche, "Risk contributions and performance measurement", 1999; Boudt, Peterson and Croux 2008, section 3.
    """
    portfolio = returns @ weights
    moments = moments_of(portfolio, ddof=ddof)
    off = portfolio - moments.mean
    covariance = (off @ returns) / (len(portfolio) - ddof)
    volatility = covariance / moments.deviation if moments.m2 > 0 else None
    tail = tail_probability(confidence)
    if method == "historical":
        var, cvar = _historical(returns, portfolio, tail)
        return Marginals(var=var, cvar=cvar, volatility=volatility)
    slopes = _Slopes(moments, returns.mean(axis=0), covariance)
    if moments.m2 <= 0:
        return Marginals(var=-slopes.mean, cvar=-slopes.mean, volatility=None)
    if method == "monte_carlo":
        var, cvar = _simulated(slopes, tail, seed)
    elif method == "parametric":
        var, cvar = _normal(slopes, tail)
    else:
        var, cvar = _corrected(returns, off, slopes, tail)
    return Marginals(var=var, cvar=cvar, volatility=volatility)


def _historical(returns: Floats, portfolio: Floats, tail: float) -> tuple[Floats, Floats]:
    found = empirical_tail(portfolio, tail)
    low, high = returns[found.lower], returns[found.upper]
    return -(low + (high - low) * found.share), -returns[found.members].mean(axis=0)


def _normal(slopes: _Slopes, tail: float) -> tuple[Floats, Floats]:
    z = NORMAL.inv_cdf(tail)
    by_weight = slopes.deviation
    return -slopes.mean - z * by_weight, -slopes.mean + by_weight * (normal_density(z) / tail)


def _simulated(slopes: _Slopes, tail: float, seed: int) -> tuple[Floats, Floats]:
    scenarios = standard_scenarios(seed)
    found = empirical_tail(scenarios, tail)
    by_weight = slopes.deviation
    return (
        -slopes.mean - by_weight * found.quantile,
        -slopes.mean - by_weight * float(scenarios[found.members].mean()),
    )


def _corrected(returns: Floats, off: Floats, slopes: _Slopes, tail: float) -> tuple[Floats, Floats]:
    moments, count = slopes.moments, len(off)
    squared = off * off
    # Slopes of the third and fourth moments: co-moments of each asset with the portfolio.
    third = 3 * ((squared @ returns) / count - slopes.mean * squared.mean())
    cubed = squared * off
    fourth = 4 * ((cubed @ returns) / count - slopes.mean * cubed.mean())
    second = 2 * slopes.covariance
    by_skewness = third / moments.m2**1.5 - 1.5 * moments.m3 * second / moments.m2**2.5
    by_kurtosis = fourth / moments.m2**2 - 2 * moments.m4 * second / moments.m2**3
    deviation, by_deviation = moments.deviation, slopes.deviation
    skewness, kurtosis = moments.skewness, moments.excess_kurtosis
    quantile = expansion(tail, skewness, kurtosis)
    by_quantile = quantile.by_skewness * by_skewness + quantile.by_kurtosis * by_kurtosis
    shortfall = expected_shortfall(tail, skewness, kurtosis)
    by_shortfall = shortfall.by_skewness * by_skewness + shortfall.by_kurtosis * by_kurtosis
    return (
        -slopes.mean - by_deviation * quantile.quantile - deviation * by_quantile,
        -slopes.mean + by_deviation * shortfall.value + deviation * by_shortfall,
    )


def components(weights: Floats, slopes: Floats) -> Floats:
    """Return what each weight adds: the parts of a homogeneous figure."""
    parts: Floats = np.asarray(weights * slopes, dtype=np.float64)
    return parts
