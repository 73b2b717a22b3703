"""Cancel an optimisation."""

from dataclasses import dataclass
from uuid import UUID

from application.caller import Caller
from application.ledger import Done, Ledger, retried


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOptimization:
    """Nobody wants its results any more."""

    caller: Caller
    optimization_id: UUID


@retried
async def cancel_optimization(command: CancelOptimization, *, ledger: Ledger) -> Done[UUID]:
    """Record that it is cancelled; the agent that computes it sees that within a moment, and stops.

    Raises
    ------
    OptimizationNotFound
        If the tenant has no such job.
    OptimizationEnded
        If it came to its end before.
    """
    async with ledger.unit(command.caller) as unit:
        job = await unit.optimization(command.optimization_id)
        job.cancel(at=unit.now)
        return await unit.commit(job.id)
