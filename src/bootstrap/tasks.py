"""What calculator processes can be asked to do: names, and where the function is that does it.

Functions are imported by name, in a calculator process only. The request type of a task is what its parameter
`request` is annotated with.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final, get_type_hints

import msgspec

from bootstrap.toolbox import Toolbox

CALCULATORS: Final[dict[str, str]] = {
    "calculators.performance": "application.calculators.performance:calculate",
    "calculators.returns": "application.calculators.returns:calculate",
    "calculators.risk": "application.calculators.risk:calculate",
    "calculators.attribution": "application.calculators.attribution:calculate",
    "calculators.factors": "application.calculators.factors:calculate",
    "calculators.rebalance": "application.calculators.rebalance:calculate",
    "calculators.size-position": "application.calculators.size_position:calculate",
    "calculators.factor-score": "application.calculators.factor_score:calculate",
    "calculators.stress-test": "application.calculators.stress_test:calculate",
    "calculators.optimize-portfolio": "application.calculators.hrp:calculate",
    "export.workbook": "infrastructure.exports.workbook:write",
}
"""Work on what is sent, `calculate(request) -> answer`; it needs no database."""

OPTIMIZERS: Final[dict[str, str]] = {"optimization.method": "application.optimization.compute:compute"}
"""The same, for the processes of the optimisation agent alone: it may take a while."""

TASKS: Final[dict[str, str]] = {
    "market.import": "bootstrap.market_tasks:import_market_data",
    "performance": "bootstrap.performance_tasks:performance",
    "explain": "bootstrap.performance_tasks:explain",
    "attribution": "bootstrap.attribution_tasks:attribution",
    "factors": "bootstrap.attribution_tasks:factors",
    "risk": "bootstrap.risk_tasks:risk",
    "risk.var": "bootstrap.risk_tasks:value_at_risk",
    "risk.stress": "bootstrap.risk_tasks:stress",
    "optimization.prepare": "bootstrap.optimization_tasks:prepare",
    "optimization.what_if": "bootstrap.optimization_actions:what_if",
    "optimization.report": "bootstrap.optimization_actions:report",
    "report": "bootstrap.report_tasks:report",
}
"""Tasks on a tenant's data, `async task(toolbox, tenant, request, attachment) -> answer`."""


@dataclass(frozen=True, slots=True)
class Task:
    """A function that answers requests of type `request`."""

    request: type[msgspec.Struct]
    run: Callable[[Toolbox, str, Any, bytes], Awaitable[msgspec.Struct]]


@cache
def task_named(name: str) -> Task:
    """Return the task of that name, imported; KeyError for a name nobody registered."""
    if place := CALCULATORS.get(name) or OPTIMIZERS.get(name):
        calculate = _function(place)
        return Task(_request_type(calculate), _stateless(calculate))
    task = _function(TASKS[name])
    return Task(_request_type(task), _on_data(task))


def _function(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def _request_type(function: Callable[..., Any]) -> type[msgspec.Struct]:
    annotated: type[msgspec.Struct] = get_type_hints(function)["request"]
    return annotated


def _stateless(calculate: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def run(toolbox: Toolbox, tenant: str, request: Any, attachment: bytes) -> Any:
        return calculate(request)

    return run


def _on_data(task: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def run(toolbox: Toolbox, tenant: str, request: Any, attachment: bytes) -> Any:
        await toolbox.ready()
        return await task(toolbox, tenant, request, attachment)

    return run
