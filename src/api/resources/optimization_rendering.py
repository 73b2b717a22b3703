"""From jobs and rows to what goes out."""

from typing import Any

import msgspec

from api.resources.optimization_bodies import (
    Facts,
    JobError,
    MethodAnswer,
    MethodProgress,
    MethodStatus,
    OptimizationBody,
    OptimizationProgress,
)
from application.optimization.answer import Comparison
from application.optimization.request_job import RequestedOptimization
from domain.optimization import JobFailure, Status
from projections.optimizations import JobProgress, OptimizationRow

_RESULT = msgspec.json.Decoder(MethodAnswer)
_FACTS = msgspec.json.Decoder(Facts)
_COMPARISON = msgspec.json.Decoder(Comparison | None)


def progress_body(row: JobProgress) -> OptimizationProgress:
    """Return how far a job has come."""
    waits = _waits(row.status)
    return OptimizationProgress(
        id=row.optimization_id,
        status=row.status,
        progress=row.progress,
        methods=row.methods,  # type: ignore[arg-type]
        results={
            method: MethodProgress(status=row.finished.get(method, waits))  # type: ignore[arg-type]
            for method in row.methods
        },
        portfolio_id=row.portfolio_id,
        inputs_hash=row.inputs_hash,
        code_version=row.code_version,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=_error(row.error),
    )


def optimization_body(row: OptimizationRow) -> OptimizationBody:
    """Return a job with everything that came out so far."""
    waits = MethodAnswer(status=_waits(row.status))
    results = {method: _RESULT.decode(content) for method, content in row.results.items()}
    return OptimizationBody(
        id=row.optimization_id,
        status=row.status,
        progress=row.progress,
        methods=row.methods,  # type: ignore[arg-type]
        results={method: results.get(method, waits) for method in row.methods},
        comparison=_COMPARISON.decode(row.comparison),
        portfolio_id=row.portfolio_id,
        request=msgspec.json.decode(row.request),
        inputs_hash=row.inputs_hash,
        dataset_hash=row.dataset_hash,
        code_version=row.code_version,
        created_by=row.created_by,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=_error(row.error),
        **_told(_FACTS.decode(row.facts)),
    )


def requested_body(requested: RequestedOptimization) -> OptimizationBody:
    """Return a job that nobody has begun with."""
    asked = requested.asked
    return OptimizationBody(
        id=requested.id,
        status="queued",
        progress=0,
        methods=list(asked.methods),  # type: ignore[arg-type]
        results={method: MethodAnswer(status="queued") for method in asked.methods},
        comparison=None,
        portfolio_id=asked.portfolio_id,
        request=dict(asked.request),
        inputs_hash=asked.inputs_hash,
        dataset_hash=asked.dataset_hash,
        code_version=asked.code_version,
        created_by=requested.created_by,
        created_at=requested.created_at,
        started_at=None,
        finished_at=None,
        **_told(msgspec.convert(asked.facts, Facts)),
    )


def _told(facts: Facts) -> dict[str, Any]:
    told = msgspec.structs.asdict(facts)
    told["risk_free_rate"] = told.pop("risk_free")
    return told


def _waits(status: Status) -> MethodStatus:
    """Return the status of a method that was not computed, in a job of a status."""
    return status if status in ("failed", "cancelled") else "queued"


def _error(failure: JobFailure | None) -> JobError | None:
    return None if failure is None else JobError(code=failure.code, detail=failure.detail)
