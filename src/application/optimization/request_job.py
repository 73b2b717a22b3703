"""Ask for an optimisation whose figures are gathered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from application.caller import Caller
from application.ledger import Done, Ledger, Remember, forget
from application.optimization.answer import Prepared
from application.optimization.request import OptimizationRequest
from domain.optimization import OptimizationAsked, OptimizationJob

INLINE: Final = ("returns", "prices", "expected_returns", "covariance", "benchmark_returns")
"""Figures that a request may bring; they are in the dataset, and in no event."""
APART: Final = ("dataset_hash", "inputs_hash", "code_version")
"""What a job keeps of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptimization:
    """Compute methods on figures that are kept under the hash in `prepared`."""

    caller: Caller
    request: OptimizationRequest
    prepared: Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedOptimization:
    """A job that waits for an agent."""

    id: UUID
    asked: OptimizationAsked
    created_at: datetime
    created_by: str


async def request_optimization(
    command: RequestOptimization,
    *,
    ledger: Ledger,
    remember: Remember[RequestedOptimization] = forget,
) -> Done[RequestedOptimization]:
    """Record the job; an agent that reads the streams computes it."""
    asked = asked_of(command.request, command.prepared)
    async with ledger.unit(command.caller) as unit:
        job = OptimizationJob.request_one(command.caller.tenant, asked, id=uuid4(), at=unit.now)
        unit.start(job)
        requested = RequestedOptimization(
            id=job.id, asked=asked, created_at=unit.now, created_by=command.caller.actor
        )
        return await unit.commit(requested, remember)


def asked_of(request: OptimizationRequest, prepared: Prepared) -> OptimizationAsked:
    """Return what a job is to do."""
    return OptimizationAsked(
        portfolio_id=request.portfolio_id,
        methods=request.methods,
        request=_without(request, INLINE),
        facts=_without(prepared, APART),
        dataset_hash=prepared.dataset_hash,
        inputs_hash=prepared.inputs_hash,
        code_version=prepared.code_version,
    )


def _without(told: msgspec.Struct, names: tuple[str, ...]) -> Mapping[str, Any]:
    shorter = msgspec.structs.asdict(told)
    return {name: msgspec.to_builtins(value) for name, value in shorter.items() if name not in names}
