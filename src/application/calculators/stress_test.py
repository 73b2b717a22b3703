"""A portfolio in the bad times of the past, simulated."""

from collections.abc import Iterator
from itertools import chain, islice

import numpy as np

from analytics.risk.stress_monte_carlo import held, rebalanced_daily
from analytics.risk.stress_scenarios import SHOCKS, Market, shocked
from analytics.risk.stress_tail import stress_of
from application.calculators.stress_test_request import (
    INDEFINITE,
    QUICKLY,
    SAME,
    Scenario,
    ScenarioResult,
    StressTestAnswer,
    StressTestRequest,
)
from domain.errors import Refused, Violation

VIOLATIONS_MAX = 100


def calculate(request: StressTestRequest) -> StressTestAnswer:
    """Return drawdown, value at risk and expected shortfall in each scenario.

    Raises
    ------
    Refused
        With every violation: weights, names, the correlation matrix.
    """
    violations = list(islice(chain(request.violations(), _indefinite(request)), VIOLATIONS_MAX))
    if violations:
        raise Refused("The portfolio cannot be simulated.", violations=violations)
    return StressTestAnswer(
        scenarios=[_result(request, name) for name in request.scenarios],
        simulations=request.simulations,
        seed=request.seed,
        rebalancing=request.rebalancing,
    )


def _indefinite(request: StressTestRequest) -> Iterator[Violation]:
    """Yield that a matrix is not positive semi-definite where it is too large for the request to have seen it."""
    rows = request.correlation_matrix
    if len(rows) <= QUICKLY or not request.is_square():
        return
    try:
        np.linalg.cholesky(np.array(rows, dtype=np.float64) + SAME * np.eye(len(rows)))
    except np.linalg.LinAlgError:
        yield INDEFINITE


def _result(request: StressTestRequest, name: Scenario) -> ScenarioResult:
    shock = SHOCKS[name]
    simulate = rebalanced_daily if request.rebalancing == "daily" else held
    paths = simulate(
        _in_order(request, request.weights),
        shocked(_calm(request), shock),
        days=shock.days,
        count=request.simulations,
        seed=request.seed,
    )
    stress = stress_of(paths)
    return ScenarioResult(
        name=name,
        duration_days=shock.days,
        max_drawdown=stress.drawdown,
        var95=stress.var,
        cvar95=stress.cvar,
        expected_drawdown=stress.expected_drawdown,
    )


def _calm(request: StressTestRequest) -> Market:
    correlation = np.array(request.correlation_matrix, dtype=np.float64)
    return Market(
        mean=_in_order(request, request.expected_returns),
        volatility=_in_order(request, request.daily_vols),
        correlation=(correlation + correlation.T) / 2,
    )


def _in_order(
    request: StressTestRequest, figures: dict[str, float]
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    return np.array([figures[name] for name in request.asset_order], dtype=np.float64)
