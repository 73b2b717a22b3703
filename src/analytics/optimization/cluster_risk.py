"""How risky a cluster is, and how two risks share out what is above them."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np

from analytics.optimization.fit import CannotFit
from analytics.optimization.sample import Floats, Ints, Sample

BETA = 0.95
NOTHING = 1e-14
"""A variance, relative to that of the same weights without any hedging, below which it is rounding."""


@dataclass(frozen=True, slots=True)
class Risk:
    """A measure of risk that is not negative: of each asset, and of some assets with weights."""

    of_assets: Floats
    of_portfolio: Callable[[Ints, Floats], float]


def risk_named(name: str, sample: Sample, *, option: str) -> Risk:
    """Return the variance, or the CVaR at 95 %, of a sample's assets.

    option : the field of the request that named it

    Raises
    ------
    CannotFit
        `needs_returns` for CVaR of moments, `no_tail_loss` where an asset gains even in its worst periods.
    """
    if name == "variance":
        covariance = sample.covariance
        return Risk(
            np.diag(covariance), lambda group, weights: variance_of(covariance[np.ix_(group, group)], weights)
        )
    if sample.returns is None:
        raise CannotFit("needs_returns", "CVaR is computed from returns, not from moments.", field=option)
    returns = sample.returns
    of_assets = cvar(returns)
    if of_assets.min() <= 0:
        name = sample.assets[int(of_assets.argmin())]
        raise CannotFit(
            "no_tail_loss",
            f"Weights inverse to CVaR need losses: {name} gains even in its worst periods.",
            field=option,
        )
    return Risk(of_assets, lambda group, weights: max(float(cvar(returns[:, group] @ weights)), 0.0))


def variance_of(covariance: Floats, weights: Floats) -> float:
    """Return w'Σw, and 0 where nothing but rounding is left of it."""
    variance = float(weights @ covariance @ weights)
    unhedged = float(weights @ np.sqrt(covariance.diagonal())) ** 2
    return variance if variance > NOTHING * unhedged else 0.0


def cvar(returns: Floats, beta: float = BETA) -> Floats:
    """Return the mean loss of the worst (1 − beta) share of the periods, of which the last may count in part.

    returns : shape (n_periods,) or (n_periods, n); the answer has no periods
    """
    tail = (1 - beta) * len(returns)
    whole = max(ceil(tail) - 1, 0)
    worst = np.partition(returns, whole, axis=0)
    losses: Floats = -(worst[:whole].sum(axis=0) + (tail - whole) * worst[whole]) / tail
    return losses


def inverse(risks: Floats) -> Floats:
    """Return weights inverse to risks, which sum to 1."""
    weights: Floats = risks.min() / risks  # the least risk first, so that nothing overflows
    weights /= weights.sum()
    return weights


def share_of_first(first: float, second: float) -> float:
    """Return the weight of the first of two risks, inverse to them; the same to both where there is none."""
    return second / (first + second) if first + second > 0 else 0.5
