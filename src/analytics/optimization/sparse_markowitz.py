"""Few names, by a price on each unit of absolute weight.

Two forms, and the answer says which one was used (extras `form` and `price`):

`hurdle`, for long-only weights or where `hurdle` is given: max (μ'w − r_f 1'w − t ‖w‖₁) / √(w'Σw). It is the
mean-variance problem ½γ w'Σw − (μ − r_f 1)'w + t ‖w‖₁ without a budget, scaled to the budget afterwards: γ only scales.
An asset enters if it earns more than the hurdle t for the risk that it adds. t is the share `hurdle` of the highest
expected excess return, plus `l1`; what may be sold short earns what it is expected to lose.

`l1`, where short positions are allowed: min w'Σw + t ‖w‖₁ within the limits, t = `l1`. The price falls on short
positions, since ‖w‖₁ is the budget plus twice what is sold short.

Trap: with long-only weights and a budget ‖w‖₁ is a constant, and the `l1` form changes nothing whatever t is; software
that takes it there anyway answers the same weights for every t.

References
----------
J. Brodie, I. Daubechies, C. De Mol, D. Giannone, I. Loris, "Sparse and stable Markowitz portfolios", Proceedings of the
National Academy of Sciences 106 (2009), 12267-12272.
V. DeMiguel, L. Garlappi, F. J. Nogales, R. Uppal, "A generalized approach to portfolio optimization: improving
performance by constraining portfolio norms", Management Science 55 (2009), 798-812.
"""

from typing import Final

import numpy as np

from analytics.optimization.core import quadratic
from analytics.optimization.fit import CannotFit, Fit, Note
from analytics.optimization.limits import Limits
from analytics.optimization.mvo import highest_ratio
from analytics.optimization.sample import Sample

HURDLE: Final = 0.3
"""Share of the highest expected excess return that is asked for if nothing is said."""
SHARE: Final = 0.1
"""The price of a unit of absolute weight if nothing is said: a tenth of the least variance there is."""


def fit(sample: Sample, limits: Limits, *, hurdle: float | None = None, l1: float | None = None) -> Fit:
    """Return sparse weights; extras: `form` (`hurdle` or `l1`) and `price`, t per period.

    Raises
    ------
    CannotFit
        Code `no_excess_return`: nothing is expected to return more than the risk-free rate and the price.
    Infeasible
        Nothing keeps to all limits.
    """
    if hurdle is None and not limits.is_long_only:
        return _least_variance(sample, limits, l1)
    return _above_hurdle(sample, limits, hurdle, l1)


def _above_hurdle(sample: Sample, limits: Limits, hurdle: float | None, l1: float | None) -> Fit:
    excess = sample.mean - sample.risk_free
    highest = float(
        max(excess[limits.upper > 0].max(initial=0.0), -excess[limits.lower < 0].min(initial=0.0))
    )
    if highest <= 0:
        raise CannotFit("no_excess_return", "no asset is expected to return more than the risk-free rate")
    share = HURDLE if hurdle is None and l1 is None else hurdle or 0.0
    price = share * highest + (l1 or 0.0)
    chosen = highest_ratio(sample, limits, sample.risk_free, gross_price=price)
    return _with_form(
        chosen, "hurdle", price, f"an asset has to earn {price:.3g} a period above the risk-free rate"
    )


def _least_variance(sample: Sample, limits: Limits, l1: float | None) -> Fit:
    still = np.zeros(sample.size)
    price = l1
    if price is None:
        least = quadratic.minimise(sample.covariance, still, limits, sample)
        price = SHARE * 2 * least.value
    solved = quadratic.minimise(2 * sample.covariance, still, limits, sample, gross_price=price)
    return _with_form(
        solved.as_fit(), "l1", price, f"variance plus {price:.3g} for each unit of absolute weight"
    )


def _with_form(chosen: Fit, form: str, price: float, meaning: str) -> Fit:
    return Fit(
        weights=chosen.weights,
        solver=chosen.solver,
        status=chosen.status,
        fallbacks=chosen.fallbacks,
        notes=(*chosen.notes, Note(code=f"{form}_form", detail=meaning)),
        extras={"form": form, "price": price},
    )
