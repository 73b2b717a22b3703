"""Optimisations: how far each has come, and what came out method by method."""

from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import msgspec

from domain.optimization import ENDED, JobFailure, OptimizationJob, Status

OPTIMIZATION_TOPICS: Final = frozenset(
    {
        OptimizationJob.Requested.TOPIC,
        OptimizationJob.Started.TOPIC,
        OptimizationJob.MethodFinished.TOPIC,
        OptimizationJob.Completed.TOPIC,
        OptimizationJob.Failed.TOPIC,
        OptimizationJob.Cancelled.TOPIC,
    }
)


class JobProgress(msgspec.Struct, kw_only=True):
    """How far a job has come.

    progress : share of methods that are done, 0 to 1.
    finished : what became of the methods that are done: `completed` or `failed`.
    position : place of the newest of its events that is seen here; `version` counts them.
    """

    optimization_id: UUID
    portfolio_id: UUID | None
    status: Status
    progress: float
    methods: list[str]
    finished: dict[str, str]
    inputs_hash: str
    code_version: str
    error: JobFailure | None
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    version: int
    position: int
    projected_at: datetime

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED


class OptimizationRow(JobProgress, kw_only=True):
    """A job with everything that came out so far, as it was recorded.

    request, facts : see `domain.optimization.OptimizationAsked`.
    results : by method, in the order in which methods were asked for; `comparison` is JSON, too: null before the end.
    """

    tenant_id: str
    request: msgspec.Raw
    facts: msgspec.Raw
    dataset_hash: str
    results: dict[str, msgspec.Raw]
    comparison: msgspec.Raw


class OptimizationView(Protocol):
    """Answers questions about optimisations, each within one tenant."""

    async def page(
        self,
        tenant: str,
        *,
        status: str | None,
        method: str | None,
        portfolio_id: UUID | None,
        limit: int,
        offset: int,
    ) -> tuple[list[JobProgress], int]:
        """Return a page of jobs, the newest first, and how many fit."""

    async def progress(self, tenant: str, optimization_id: UUID) -> JobProgress | None:
        """Return how far one job has come."""

    async def one(self, tenant: str, optimization_id: UUID) -> OptimizationRow | None:
        """Return one job with its results."""
