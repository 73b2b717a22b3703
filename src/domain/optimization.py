"""An optimisation as a job: asked for, computed method by method, and ended once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Self
from uuid import UUID

import msgspec
from eventsourcing.domain import event

from domain.aggregate import Aggregate, Opened
from domain.errors import Conflict, NotFound

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
ENDED: Final = frozenset({"completed", "failed", "cancelled"})


class OptimizationNotFound(NotFound):
    """No optimisation of this tenant has the id."""

    def __init__(self, optimization_id: UUID) -> None:
        super().__init__(f"There is no optimisation {optimization_id}.")


class OptimizationEnded(Conflict):
    """What has ended cannot be cancelled."""

    def __init__(self, optimization_id: UUID, status: str) -> None:
        super().__init__(f"Optimisation {optimization_id} is {status} already.")


class JobFailure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a whole job came to nothing."""

    code: str
    detail: str


class OptimizationAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What a job is to do.

    request : what was asked, without the figures that came with it: they are in the dataset.
    facts : what was found when the dataset was put together: assets, periods, warnings and the like.
    inputs_hash : the same for the same request on the same figures; `dataset_hash` is of the figures alone.
    """

    methods: Sequence[str]
    request: Mapping[str, Any]
    facts: Mapping[str, Any]
    dataset_hash: str
    inputs_hash: str
    code_version: str
    portfolio_id: UUID | None = None


class OptimizationJob(Aggregate):
    """One optimisation; after its end nothing more is taken in, so that late or repeated results do no harm."""

    TOPIC = "optimization"

    class Requested(Opened):
        TOPIC = "optimization.requested"
        tenant_id: str
        portfolio_id: UUID | None
        methods: list[str]
        request: dict[str, Any]
        facts: dict[str, Any]
        dataset_hash: str
        inputs_hash: str
        code_version: str

    class Started(Aggregate.Event):
        TOPIC = "optimization.started"

    class MethodFinished(Aggregate.Event):
        TOPIC = "optimization.method-finished"
        method: str
        outcome: dict[str, Any]

    class Completed(Aggregate.Event):
        TOPIC = "optimization.completed"
        comparison: dict[str, Any]

    class Failed(Aggregate.Event):
        TOPIC = "optimization.failed"
        error: JobFailure

    class Cancelled(Aggregate.Event):
        TOPIC = "optimization.cancelled"

    @classmethod
    def request_one(cls, tenant_id: str, asked: OptimizationAsked, *, id: UUID, at: datetime) -> Self:  # noqa: A002
        """Open a job."""
        return cls.start(
            cls.Requested,
            id=id,
            tenant_id=tenant_id,
            portfolio_id=asked.portfolio_id,
            methods=list(asked.methods),
            request=dict(asked.request),
            facts=dict(asked.facts),
            dataset_hash=asked.dataset_hash,
            inputs_hash=asked.inputs_hash,
            code_version=asked.code_version,
            effective_at=at,
        )

    @event(Requested)
    def __init__(
        self, tenant_id: str, methods: list[str], request: dict[str, Any], dataset_hash: str
    ) -> None:
        self.tenant_id = tenant_id
        self.methods = methods
        self.asked = request
        self.dataset_hash = dataset_hash
        self.status: Status = "queued"
        self.outcomes: dict[str, dict[str, Any]] = {}

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED

    @property
    def unfinished(self) -> list[str]:
        """The methods that are still to be computed, in the order in which they were asked for."""
        return [method for method in self.methods if method not in self.outcomes]

    def begin(self, *, at: datetime) -> None:
        """Say that it is being computed; once, whoever takes it over."""
        if self.status == "queued":
            self.trigger_event(self.Started, effective_at=at)

    @event(Started)
    def _apply_started(self) -> None:
        self.status = "running"

    def finish(self, method: str, outcome: Mapping[str, Any], *, at: datetime) -> None:
        """Take in what came of a method; the first outcome counts."""
        if not self.has_ended and method in self.unfinished:
            self.trigger_event(self.MethodFinished, method=method, outcome=dict(outcome), effective_at=at)

    @event(MethodFinished)
    def _apply_finished(self, method: str, outcome: dict[str, Any]) -> None:
        self.outcomes[method] = outcome

    def complete(self, comparison: Mapping[str, Any], *, at: datetime) -> None:
        """End it, with its methods compared."""
        if not self.has_ended:
            self.trigger_event(self.Completed, comparison=dict(comparison), effective_at=at)

    @event(Completed)
    def _apply_completed(self) -> None:
        self._end("completed")

    def fail(self, error: JobFailure, *, at: datetime) -> None:
        """End it without a result."""
        if not self.has_ended:
            self.trigger_event(self.Failed, error=error, effective_at=at)

    @event(Failed)
    def _apply_failed(self) -> None:
        self._end("failed")

    def cancel(self, *, at: datetime) -> None:
        """End it because nobody wants it any more; a second time changes nothing.

        Raises OptimizationEnded where it has come to its end by itself.
        """
        if self.status in ("completed", "failed"):
            raise OptimizationEnded(self.id, self.status)
        if not self.has_ended:
            self.trigger_event(self.Cancelled, effective_at=at)

    @event(Cancelled)
    def _apply_cancelled(self) -> None:
        self._end("cancelled")

    def _end(self, status: Status) -> None:
        self.status = status
        # They are in the log and in the read model; a process that keeps many streams need not keep them, too.
        self.outcomes, self.asked = {}, {}
