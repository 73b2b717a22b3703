"""BlackLitterman: equilibrium returns, blended with views by how sure they are.

Formula: market weights w are best for π = δΣw. With views Pμ = q ± Ω, Ω = τ·diag(PΣP′)(1 − c)/c for confidence c,

    μ̄ = π + τΣP′(τPΣP′ + Ω)⁻¹(q − Pπ),    M⁻¹ = τΣ − τΣP′(τPΣP′ + Ω)⁻¹τPΣ.

Weights have the highest utility μ̄′w − ½δw′Σw within the limits. With a convention they are the closed form (δΣ̄)⁻¹μ̄
without limits and not normalised: Σ̄ = Σ + M⁻¹ (He and Litterman) or Σ (Idzorek).

Assumptions: the market is in equilibrium but for the views; views are independent of each other. π, q and μ̄ are excess
returns inside; the answer's have the risk-free return added, as views have it when they come in.
Traps: with Σ + M⁻¹ even no views lead away from the market (w/(1 + τ) and the rest elsewhere), hence Σ within limits.
Printed equilibrium returns are rounded: weights from them are off by points.

References
----------
He and Litterman, "The Intuition Behind Black-Litterman Model Portfolios", 1999;
Idzorek, "A Step-by-Step Guide to the Black-Litterman Model", 2005;
Walters, "The Black-Litterman Model in Detail", 2014 (confidence).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from analytics.optimization.core import quadratic
from analytics.optimization.core.keeping import missed
from analytics.optimization.fit import CannotFit, Fit, Note
from analytics.optimization.limits import SLACK, Limits
from analytics.optimization.sample import Floats, Sample
from analytics.optimization.views import View, Views, momentum, stated


def fit(
    sample: Sample,
    limits: Limits,
    *,
    market_weights: Mapping[str, float] | None = None,
    risk_aversion: float = 2.5,
    tau: float = 0.05,
    views: Sequence[View] | None = None,
    convention: str | None = None,
) -> Fit:
    """Return weights for the returns that equilibrium and views agree on.

    market_weights : by asset, 0 for those not named; scaled to sum to 1 unless there is a convention; None is 1/n
    risk_aversion : δ
    tau : τ, how uncertain equilibrium is
    views : returns per period; None takes momentum views where there is a year of returns, an empty list takes none
    convention : he_litterman or idzorek

    Raises
    ------
    CannotFit
        `unknown_asset` for a view on none of the assets, `no_market` for market weights of nothing,
        `singular_covariance` where the closed form or the views need an inverse that there is not.
    Infeasible
        Nothing keeps to the limits.
    """
    market = _market(market_weights, sample, normalised=convention is None)
    equilibrium = risk_aversion * (sample.covariance @ market)
    held, notes = _views(views, sample, equilibrium)
    blended, doubt = _posterior(equilibrium, sample.covariance, held, tau)
    if convention is None:
        solved = quadratic.minimise(
            risk_aversion * sample.covariance, -blended, limits, sample, charge=1.0
        ).as_fit()
    else:
        believed = sample.covariance + doubt if convention == "he_litterman" else sample.covariance
        solved = _unlimited(_inverse_times(risk_aversion * believed, blended), limits, sample)
    extras = {
        "equilibrium_returns": _by_asset(equilibrium, sample),
        "posterior_returns": _by_asset(blended, sample),
    }
    return replace(solved, notes=(*notes, *solved.notes), extras=extras)


def _unlimited(weights: Floats, limits: Limits, sample: Sample) -> Fit:
    """Return the closed form, with a note where it does not keep to the limits."""
    if missed(weights, limits, sample) <= SLACK:
        return Fit(weights=weights, solver="closed form")
    detail = (
        f"With a convention there are no limits and no budget: weights add up to {100 * weights.sum():.6g} %."
    )
    return Fit(weights=weights, solver="closed form", notes=(Note(code="unlimited", detail=detail),))


def _market(weights: Mapping[str, float] | None, sample: Sample, *, normalised: bool) -> Floats:
    if weights is None:
        return np.full(sample.size, 1 / sample.size)
    named = np.array([weights.get(asset, 0.0) for asset in sample.assets])
    if not named.any():
        raise CannotFit(
            "no_market",
            "Market weights are zero for every asset.",
            field="options.BlackLitterman.market_weights",
        )
    return named / named.sum() if normalised else named


def _views(
    views: Sequence[View] | None, sample: Sample, equilibrium: Floats
) -> tuple[Views, tuple[Note, ...]]:
    if views is not None:
        return stated(views, sample), ()
    found = momentum(sample, equilibrium)
    if found is None:
        detail = "There is no year of differing returns to form momentum views from, so there are no views."
        return stated((), sample), (Note(code="no_views", detail=detail),)
    detail = "No views were sent: each asset's is its equilibrium return, changed by its 12-1 month momentum."
    return found, (Note(code="momentum_views", detail=detail),)


def _posterior(prior: Floats, covariance: Floats, views: Views, tau: float) -> tuple[Floats, Floats]:
    """Return expected excess returns, and how uncertain they are: μ̄ and M⁻¹."""
    spread = tau * covariance
    if not len(views):
        return prior, spread
    loaded = spread @ views.picks.T
    among = views.picks @ loaded
    doubt = np.diag(among) * (1 - views.confidence) / views.confidence
    surprise = views.returns - views.picks @ prior
    pulled = _inverse_times(among + np.diag(doubt), np.column_stack((surprise, loaded.T)))
    blended: Floats = prior + loaded @ pulled[:, 0]
    return blended, spread - loaded @ pulled[:, 1:]


def _inverse_times(matrix: Floats, columns: Floats) -> Floats:
    solved: Floats = np.full_like(columns, np.nan)
    with suppress(np.linalg.LinAlgError):
        solved = np.asarray(np.linalg.solve(matrix, columns), dtype=np.float64)
    if not np.isfinite(solved).all():
        raise CannotFit(
            "singular_covariance",
            "The covariance matrix has no inverse: leave out assets that repeat others, or estimate it by ledoit_wolf.",
        )
    return solved


def _by_asset(excess: Floats, sample: Sample) -> dict[str, float]:
    return dict(zip(sample.assets, (excess + sample.risk_free).tolist(), strict=True))
