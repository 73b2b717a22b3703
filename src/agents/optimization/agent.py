"""The agent that computes optimisations, method by method, in processes of their own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from traceback import format_exception
from typing import Any, Final, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

import structlog

from agents.acting import acting
from agents.optimization.lanes import in_lanes
from agents.optimization.outcomes import Computer, NotUnderstood, comparison_of, terms_of
from application.calculations import Calculations
from application.caller import Caller
from application.inbox import Message
from application.ledger import Ledger, retried
from application.optimization.ports import Datasets
from domain.errors import Unavailable
from domain.optimization import JobFailure, OptimizationJob
from projections.published.catalogue import type_of

ACTOR: Final = "OptimizationAgent"
REQUESTED: Final = type_of(OptimizationJob.Requested)
LOOK_SECONDS: Final = 0.25
"""How often a job is asked whether it was cancelled."""
GONE: Final = JobFailure(
    code="dataset_gone",
    detail="The figures it was to be computed on are not kept any more. Ask for it again.",
)
FOREIGN: Final = JobFailure(
    code="not_understood",
    detail="It was asked for in words that this version does not know. Ask for it again.",
)
INCOMPARABLE: Final = JobFailure(
    code="internal_server_error", detail="Its methods are computed, but comparing them failed."
)
T = TypeVar("T")
log = structlog.get_logger()


class Interrupted(Unavailable):
    """The process is to end; what is not recorded by then is for whoever takes over."""

    code = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What is left to do of a job: nothing where it has ended."""

    ended: bool
    dataset_hash: str
    asked: Mapping[str, Any]
    methods: Sequence[str]


class OptimizationAgent:
    """Computes what was asked for, and records each method as soon as it is done.

    A job that comes again goes on where it was left: what is recorded is not computed again. One that was cancelled
    is let go of within a moment, and the process that computes for it is ended.

    at_once : methods of one job that are computed side by side.
    stop : set when the process is to end; jobs in hand are then left to others.
    """

    name = "optimization"

    def __init__(
        self,
        ledger: Ledger,
        datasets: Datasets,
        calculations: Calculations,
        *,
        at_once: int,
        stop: asyncio.Event,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._ledger, self._datasets, self._computer = ledger, datasets, Computer(calculations)
        self._at_once, self._stop, self._look_seconds = at_once, stop, look_seconds
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def handle(self, messages: Sequence[Message]) -> None:
        """Compute the jobs that the messages ask for."""
        for message in messages:
            if message.event_type == REQUESTED:
                job_id = message.optimization_id
                # The same message may come twice at once, as when Redis lost what it knew of the first time.
                async with self._turns.setdefault(job_id, asyncio.Lock()):
                    await self._compute_unless_unwanted(acting(ACTOR, message), job_id)

    async def _compute_unless_unwanted(self, caller: Caller, job_id: UUID) -> None:
        computing = asyncio.create_task(self._compute(caller, job_id))
        unwanted = asyncio.create_task(self._until_ended(caller, job_id))
        stopping = asyncio.create_task(self._stop.wait())
        tasks = (computing, unwanted, stopping)
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if stopping in done and computing not in done:
                raise Interrupted("The agent is to end.")
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_ended(self, caller: Caller, job_id: UUID) -> None:
        while True:
            if await self._recorded(caller, job_id, lambda job, _: job.has_ended):
                return
            await asyncio.sleep(self._look_seconds)

    async def _compute(self, caller: Caller, job_id: UUID) -> None:
        todo = await self._recorded(caller, job_id, begun)
        if todo.ended:
            return
        content = await self._datasets.read(caller.tenant, todo.dataset_hash)
        if content is None:
            await self._fail(caller, job_id, GONE)
            return
        try:
            terms = terms_of(todo.asked)
        except NotUnderstood:
            await self._fail(caller, job_id, FOREIGN)
            return

        async def one(method: str) -> None:
            outcome = await self._computer.outcome_of(method, content, terms, caller.tenant)
            await self._finish(caller, job_id, method, outcome)

        await in_lanes(one, todo.methods, lanes=self._at_once)
        await self._complete(caller, job_id)

    async def _finish(self, caller: Caller, job_id: UUID, method: str, outcome: Mapping[str, Any]) -> None:
        await self._recorded(caller, job_id, lambda job, at: job.finish(method, outcome, at=at))

    async def _fail(self, caller: Caller, job_id: UUID, why: JobFailure) -> None:
        await self._recorded(caller, job_id, lambda job, at: job.fail(why, at=at))

    async def _complete(self, caller: Caller, job_id: UUID) -> None:
        def compared(job: OptimizationJob, at: datetime) -> None:
            if job.has_ended:
                return
            try:
                comparison = comparison_of({method: job.outcomes[method] for method in job.methods})
            except Exception as failure:  # whatever it is, the job must not stay without an end
                traceback = "".join(format_exception(failure))
                log.error("cannot compare methods", optimization=str(job_id), traceback=traceback)
                job.fail(INCOMPARABLE, at=at)
            else:
                job.complete(comparison, at=at)

        await self._recorded(caller, job_id, compared)

    async def _recorded(
        self, caller: Caller, job_id: UUID, decide: Callable[[OptimizationJob, datetime], T]
    ) -> T:
        """Let the job decide, record what it decided, and return what it answered."""

        @retried
        async def attempt() -> T:
            async with self._ledger.unit(caller) as unit:
                answer = decide(await unit.optimization(job_id), unit.now)
                await unit.commit(None)
                return answer

        return await attempt()


def begun(job: OptimizationJob, at: datetime) -> Assignment:
    """Begin a job, or go on with it, and return what is left to do."""
    job.begin(at=at)
    return Assignment(
        ended=job.has_ended, dataset_hash=job.dataset_hash, asked=job.asked, methods=job.unfinished
    )
