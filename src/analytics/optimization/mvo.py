"""The highest Sharpe ratio: max (μ'w − r_f 1'w) / √(w'Σw) within the limits, less trading costs.

The tangency portfolio, by the substitution of Charnes and Cooper (see `core.homogeneous`). What is not invested earns
the risk-free return, so weights that add up to 0 have nothing but their own return in the numerator. With a budget
alone the optimum is Σ⁻¹(μ − r_f 1), scaled.

Traps: the risk-free return is that of one period; with all expected returns below it there is no highest ratio (the
best of them would be the one with the most risk). Means estimated from a few years are mostly noise, and this method
believes every digit of them.

References
----------
J. Tobin, "Liquidity preference as behavior towards risk", Review of Economic Studies 25 (1958), 65-86.
R. C. Merton, "An analytic derivation of the efficient portfolio frontier", Journal of Financial and Quantitative
Analysis 7 (1972), 1851-1872.
"""

from typing import Any, Final, Literal

from analytics.optimization import min_vol
from analytics.optimization.core import efficient, homogeneous
from analytics.optimization.core.keeping import without_dust
from analytics.optimization.fit import CannotFit, Fit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample

POINTS: Final = 20
"""Points of the frontier, which is sampled; CriticalLineAlgorithm has it exactly."""
_CELLS: Final = 2_000
_FEWEST: Final = 5


def fit(
    sample: Sample,
    limits: Limits,
    *,
    target: Literal["max_sharpe", "min_vol", "both"] = "max_sharpe",
    points: int = POINTS,
) -> Fit:
    """Return the weights with the highest Sharpe ratio, or with the least variance for the target `min_vol`.

    Extras: `frontier`, weights, expected return and volatility per period, highest return first (not with a number of
    names, where it takes a search for every point; fewer points for more than a hundred assets); `min_vol` for the
    target `both`.

    Raises
    ------
    CannotFit
        Code `no_excess_return`: nothing within the limits is expected to return more than the risk-free rate.
    Infeasible
        Nothing keeps to all limits.
    """
    chosen = (
        min_vol.fit(sample, limits)
        if target == "min_vol"
        else highest_ratio(sample, limits, sample.risk_free)
    )
    extras: dict[str, Any] = dict(chosen.extras)
    if target == "both":
        extras["min_vol"] = _described(min_vol.fit(sample, limits).weights, sample, limits)
    if points and limits.max_names is None:
        extras["frontier"] = efficient.frontier(
            sample, limits, points=min(points, max(_FEWEST, _CELLS // sample.size))
        )
    return Fit(
        weights=chosen.weights,
        solver=chosen.solver,
        status=chosen.status,
        fallbacks=chosen.fallbacks,
        notes=chosen.notes,
        extras=extras,
    )


def highest_ratio(sample: Sample, limits: Limits, rate: float, *, gross_price: float = 0.0) -> Fit:
    """Return the weights with the highest expected return above a rate per unit of volatility.

    gross_price : taken off the expected return for each unit of absolute weight

    Raises
    ------
    CannotFit, Infeasible
        As `fit` does.
    """
    try:
        solved = homogeneous.maximise(
            sample.mean - rate, sample.covariance, limits, sample, charge=1.0, gross_price=gross_price
        )
    except CannotFit as refusal:
        if refusal.code != "no_gain":
            raise
        year = sample.periods_per_year
        raise CannotFit(
            "no_excess_return",
            "nothing within the limits is expected to return more than the risk-free rate "
            f"({rate * year:.4%} a {'period' if year == 1 else 'year'}), so there is no highest Sharpe ratio",
        ) from refusal
    return solved.as_fit()


def _described(weights: Floats, sample: Sample, limits: Limits) -> dict[str, Any]:
    clean = without_dust(weights, limits)
    return {
        "weights": dict(zip(sample.assets, clean.tolist(), strict=True)),
        "expected_return": float(sample.mean @ clean),
        "volatility": efficient.volatility(clean, sample),
    }
