"""Risk shared out as told: the weights whose contributions to risk are in proportion to budgets, equal ones by default.

The contribution of asset i to a risk R that grows in proportion with the weights (standard deviation, CVaR) is
wᵢ·∂R/∂wᵢ; contributions add up to R. With budgets b, Σb = 1, the weights are x/Σx for the x > 0 that minimises

    R(x) − Σ bᵢ ln xᵢ            (½x'Σx for the variance)

which is convex and has one minimum, where each contribution is bᵢ. Equal budgets are risk parity.

Limits: if the weights above keep to them they are the answer. If not, the same function is minimised over all x whose
proportions keep to the limits, which is to say that R(w)/Πwᵢ^bᵢ is made as small as the limits allow. Assets at a limit
then get less or more than their budget, the others keep their proportions, and a note tells how far budgets are missed.
Only a number of names is not part of this: it takes weights to zero, where no share of risk is.

Long-only by nature: with short weights budgets have many solutions, or none. Every asset gets a weight, however bad; an
asset that no limit lets in has no budget, the others share it. CVaR has to be a loss: where some mix of assets gained
even in its worst periods there is nothing to share out.

References
----------
S. Maillard, T. Roncalli, J. Teïletche, "The properties of equally weighted risk contribution portfolios", Journal of
Portfolio Management 36/4 (2010), 60-70; B. Bruder, T. Roncalli, "Managing risk exposures using the risk budgeting
approach", 2012 (ssrn 2009778); J.-C. Richard, T. Roncalli, "Constrained risk budgeting portfolios", 2019
(arXiv:1902.05710), whose penalised form differs in how limits are scaled.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from analytics.optimization.core import feasible, linear
from analytics.optimization.core.infeasible import holds
from analytics.optimization.core.keeping import missed
from analytics.optimization.core.polyhedron import Extra
from analytics.optimization.core.programme import NoPoint
from analytics.optimization.fit import CannotFit, Fit, Note
from analytics.optimization.limits import SLACK, Limits
from analytics.optimization.risk_shares import Measure, contributions, shared, shared_within
from analytics.optimization.sample import Floats, Sample

ROOM: Final = 1e-9
"""The least weight that can carry a share of risk."""


def fit(
    sample: Sample,
    limits: Limits,
    *,
    risk_budget: Mapping[str, float] | None = None,
    risk_measure: Measure = "variance",
) -> Fit:
    """Return the weights whose contributions to risk are in proportion to budgets.

    risk_budget : positive number by asset, scaled to sum to 1; one that names none of the assets counts as none
    risk_measure : `variance`, or `cvar` at 0.95

    Raises
    ------
    Infeasible
        Nothing keeps to all limits.
    CannotFit
        Codes `no_risk` (an asset does not vary), `no_loss` (CVaR is a gain), `not_long_only` (limits ask for negative
        weights), `no_share` (limits keep an asset with a budget at 0), `incomplete_budget`, `needs_returns`,
        `solver_failed`.
    """
    allowed = _long_only(limits)
    budgets = _budgets(sample, allowed, risk_budget)
    free = shared(sample, budgets, limits.budget, risk_measure)
    if missed(free.weights, allowed, sample) <= SLACK:
        return free.as_fit()
    try:
        near = shared_within(sample, allowed, budgets, risk_measure)
    except NoPoint:
        _require_room(sample, limits, allowed, budgets)
        raise CannotFit("solver_failed", "no solver found an optimum") from None
    except CannotFit:
        # To solvers, a cone of nothing may look like any difficult one.
        _require_room(sample, limits, allowed, budgets)
        raise
    off = np.abs(contributions(sample, near.weights, risk_measure) - budgets)
    return near.as_fit(_approximated(sample, off))


def _require_room(sample: Sample, asked: Limits, limits: Limits, budgets: Floats) -> None:
    """Raise if nothing keeps to the limits, nothing without short weights, or nothing with all weights that share."""
    feasible.require(asked, sample)
    if not holds(limits, sample):
        raise _not_long_only()
    shared = np.flatnonzero(budgets > 0)
    above = np.hstack([np.eye(sample.size)[shared], -np.ones((len(shared), 1))])
    rows = Extra(rows=above, lower=np.zeros(len(shared)), upper=np.full(len(shared), np.inf))
    smallest = linear.minimise(np.append(np.zeros(sample.size), -1.0), limits, sample, rows=rows)
    if -smallest.value <= ROOM:
        raise CannotFit("no_share", "the limits leave an asset with a risk budget no weight")


def _approximated(sample: Sample, off: Floats) -> Note:
    worst = int(off.argmax())
    return Note(
        code="budgets_approximated",
        detail=(
            f"the limits leave no room for the risk budgets: shares of risk come as near as they get, "
            f"{sample.assets[worst]} is off by {off[worst]:.4f}"
        ),
    )


def _long_only(limits: Limits) -> Limits:
    if limits.budget <= 0 or (limits.upper < 0).any():
        raise _not_long_only()
    return replace(limits, lower=np.maximum(limits.lower, 0.0), max_names=None)


def _not_long_only() -> CannotFit:
    detail = "risk budgets are for long-only portfolios; the limits ask for short ones"
    return CannotFit("not_long_only", detail)


def _budgets(sample: Sample, limits: Limits, given: Mapping[str, float] | None) -> Floats:
    """Return budgets by asset, shape (n,), that add up to 1; 0 for assets that no limit lets in."""
    told = {asset: given[asset] for asset in sample.assets if asset in given} if given else {}
    left_out = [asset for asset in sample.assets if asset not in told] if told else []
    if left_out:
        raise CannotFit(
            "incomplete_budget",
            f"the risk budget leaves out {', '.join(left_out[:5])}{' and others' if len(left_out) > 5 else ''}",
            field="options.RiskBudgeting.risk_budget",
        )
    shares = np.array([told.get(asset, 1.0) for asset in sample.assets])
    shares = np.where(limits.upper > 0, shares, 0.0)
    if not shares.any():
        feasible.require(limits, sample)
    return np.asarray(shares / shares.sum(), dtype=np.float64)
