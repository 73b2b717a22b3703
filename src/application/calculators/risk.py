"""The risk calculator: value at risk, shortfall and volatility of sent returns, and what each asset adds."""

from itertools import islice
from typing import Final

import numpy as np

from analytics.risk.arrays import Floats
from analytics.risk.components import Marginals, marginals
from analytics.risk.monte_carlo import SCENARIOS
from analytics.risk.tail import TailRisk, moments_of, tail_risk
from application.calculators.risk_request import (
    AssetRisk,
    RiskAnswer,
    RiskConventions,
    RiskRequest,
)
from domain.errors import Refused, Violation
from domain.unavailable import Missing

VIOLATIONS_MAX = 100
SEED: Final = 20221228
"""One seed for all: what differs between two answers then comes from their returns and weights alone."""
NO_SHARE: Final = Missing(code="no_risk", detail="The value at risk is 0, so that it has no shares.")
NO_VOLATILITY: Final = Missing(
    code="no_dispersion",
    detail="The return of the whole never changes, so that no weight changes its volatility.",
)


def calculate(request: RiskRequest) -> RiskAnswer:
    """Return the risk of one period.

    Raises
    ------
    Refused
        With every violation: rows of different lengths, too few periods, weights or names that do not match.
    """
    violations = list(islice(request.violations(), VIOLATIONS_MAX))
    if violations:
        raise Refused(_sentence(violations), violations=violations)
    single = not isinstance(request.returns[0], list)
    returns = np.array(request.returns, dtype=np.float64).reshape(len(request.returns), -1)
    weights = _weights(request, returns.shape[1])
    ddof = (0 if single else 1) if request.ddof is None else request.ddof
    tail = tail_risk(returns @ weights, request.confidence, request.method, ddof=ddof, seed=SEED)
    slopes = marginals(returns, weights, request.confidence, request.method, ddof=ddof, seed=SEED)
    simulated = request.method == "monte_carlo"
    return RiskAnswer(
        var=_unsigned_zero(tail.var),
        cvar=_unsigned_zero(tail.cvar),
        volatility=moments_of(returns @ weights, ddof=ddof).deviation,
        components=_components(request.assets, weights, slopes, tail.var),
        n_observations=len(returns),
        conventions=RiskConventions(
            method=request.method,
            confidence=request.confidence,
            ddof=ddof,
            scenarios=SCENARIOS if simulated else None,
            seed=f"{SEED:016x}" if simulated else None,
        ),
        unavailable=_unavailable(tail, slopes),
    )


def _sentence(violations: list[Violation]) -> str:
    return (
        violations[0].detail
        if len(violations) == 1
        else f"{len(violations)} fields of the request were refused."
    )


def _weights(request: RiskRequest, count: int) -> Floats:
    if request.weights is None:
        return np.full(count, 1 / count)
    return np.array(request.weights, dtype=np.float64)


def _components(names: list[str] | None, weights: Floats, slopes: Marginals, var: float) -> list[AssetRisk]:
    volatility = [None] * len(weights) if slopes.volatility is None else slopes.volatility.tolist()
    rows = zip(weights.tolist(), slopes.var.tolist(), slopes.cvar.tolist(), volatility, strict=True)
    return [
        AssetRisk(
            asset=names[at] if names is not None else str(at + 1),
            weight=weight,
            marginal=_unsigned_zero(in_var),
            component=_unsigned_zero(weight * in_var),
            share=weight * in_var / var if var else None,
            marginal_cvar=_unsigned_zero(in_cvar),
            component_cvar=_unsigned_zero(weight * in_cvar),
            marginal_volatility=in_volatility,
            component_volatility=None if in_volatility is None else weight * in_volatility,
        )
        for at, (weight, in_var, in_cvar, in_volatility) in enumerate(rows)
    ]


def _unavailable(tail: TailRisk, slopes: Marginals) -> dict[str, Missing]:
    missing = {} if tail.var else {"share": NO_SHARE}
    if slopes.volatility is None:
        missing |= {"marginal_volatility": NO_VOLATILITY, "component_volatility": NO_VOLATILITY}
    return missing


def _unsigned_zero(figure: float) -> float:
    """A loss is a return with its sign turned, and -0.0 is no way to tell a client that nothing is lost."""
    return figure + 0.0
