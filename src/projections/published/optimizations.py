"""The content of published events about optimisations: what happened, not what came out, which may be megabytes."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import msgspec

from domain.optimization import JobFailure
from projections.published.content import Moment


class OptimizationContent(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of every event of an optimisation."""

    optimization_id: UUID
    effective_at: Moment

    @classmethod
    def of(cls, event: Any, effective_at: datetime) -> Self:
        """Return what is told of an event."""
        return cls(optimization_id=event.originator_id, effective_at=effective_at, **cls._further(event))

    @classmethod
    def _further(cls, event: Any) -> dict[str, Any]:
        return {}


class OptimizationRequested(OptimizationContent, frozen=True, kw_only=True):
    """An optimisation was asked for; the same inputs have the same hash."""

    portfolio_id: UUID | None
    methods: list[str]
    inputs_hash: str
    code_version: str

    @classmethod
    def _further(cls, event: Any) -> dict[str, Any]:
        return {name: getattr(event, name) for name in OptimizationRequested.__annotations__}


class OptimizationStarted(OptimizationContent, frozen=True, kw_only=True):
    """An optimisation began."""


class OptimizationMethodFinished(OptimizationContent, frozen=True, kw_only=True):
    """A method is done: `status` is completed or failed, and then `error` says why."""

    method: str
    status: str
    error: JobFailure | None

    @classmethod
    def _further(cls, event: Any) -> dict[str, Any]:
        error = event.outcome.get("error")
        return {
            "method": event.method,
            "status": event.outcome["status"],
            "error": msgspec.convert(error, JobFailure) if error else None,
        }


class OptimizationCompleted(OptimizationContent, frozen=True, kw_only=True):
    """Every method was tried."""


class OptimizationFailed(OptimizationContent, frozen=True, kw_only=True):
    """The whole of it could not be computed."""

    error: JobFailure

    @classmethod
    def _further(cls, event: Any) -> dict[str, Any]:
        return {"error": event.error}


class OptimizationCancelled(OptimizationContent, frozen=True, kw_only=True):
    """It was cancelled."""
