"""The calculator of hierarchical risk parity."""

from itertools import islice
from typing import Final

import numpy as np

from analytics.optimization import hrp
from analytics.optimization.cluster_risk import variance_of
from analytics.optimization.collinear import Repetition, repetitions
from analytics.optimization.estimators import estimator
from analytics.optimization.fit import CannotFit
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Floats, Sample
from application.calculators.hrp_request import HrpAnswer, HrpRequest
from domain.errors import Refused, Violation

VIOLATIONS_MAX: Final = 100


def calculate(request: HrpRequest) -> HrpAnswer:
    """Return the weights of hierarchical risk parity, and the share of each asset in the variance.

    Raises
    ------
    Refused
        With every violation: rows of another width, names that come twice, assets that never move or repeat others,
        and a portfolio without risk.
    """
    _refuse(list(islice(request.violations(), VIOLATIONS_MAX)))
    sample = _sample(request)
    try:
        weights = hrp.fit(sample, Limits.long_only(sample.size)).weights
    except CannotFit as refusal:
        raise Refused(
            str(refusal), violations=[Violation("returns", refusal.code, str(refusal))]
        ) from refusal
    return HrpAnswer(
        weights=_by_asset(sample, weights),
        risk_contributions=_by_asset(sample, _shares_of_risk(weights, sample.covariance)),
    )


def _sample(request: HrpRequest) -> Sample:
    returns = np.array(request.returns, dtype=np.float64)
    if not request.use_shrinkage:  # shrinking tells copies apart, HRP cannot
        _refuse([_collinear(one, request.asset_names) for one in repetitions(returns)])
    moments = estimator(covariance="ledoit_wolf" if request.use_shrinkage else "empirical")
    mean, covariance = moments(returns)
    return Sample(assets=tuple(request.asset_names), mean=mean, covariance=covariance, returns=returns)


def _collinear(one: Repetition, names: list[str]) -> Violation:
    *most, last = (names[other] for other in one.others)
    made_of = f"{', '.join(most)} and {last}" if most else last
    detail = f"The returns of {names[one.column]} follow from those of {made_of}; leave it out, or set useShrinkage."
    return Violation(f"returns.0.{one.column}", "collinear", detail)


def _shares_of_risk(weights: Floats, covariance: Floats) -> Floats:
    if not variance_of(covariance, weights):
        detail = "The assets hedge each other completely: there is no risk to be told by asset."
        raise Refused(detail, violations=[Violation("returns", "no_risk", detail)])
    marginal = covariance @ weights
    shares: Floats = weights * marginal / (weights @ marginal)
    return shares


def _by_asset(sample: Sample, figures: Floats) -> dict[str, float]:
    return dict(zip(sample.assets, figures.tolist(), strict=True))


def _refuse(violations: list[Violation]) -> None:
    if violations:
        more = "" if len(violations) == 1 else f" And {len(violations) - 1} more."
        raise Refused(violations[0].detail + more, violations=violations)
