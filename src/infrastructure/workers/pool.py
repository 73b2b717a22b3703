"""A pool of warm processes: work is done in the order it comes, and whatever it does, it does to a process."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Final

from infrastructure.workers.process import Crashed, Worker
from infrastructure.workers.wire import Answered, Exhausted, Failed, Ready, Refusal, Reply, Request, frame

ATTEMPTS: Final = 2
RESTART_PAUSE_SECONDS: Final = 1.0


class Overloaded(Exception):
    """So much work waits already that more would not be done in reasonable time."""


class TooSlow(Exception):
    """The work took longer than it may."""


class TooMuchMemory(Exception):
    """The work needed more memory than it may have."""


class WorkRefused(Exception):
    """The work was refused for the reason in `refusal`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


class WorkFailed(Exception):
    """The work raised what nobody foresaw; the message is the traceback of the worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLimits:
    """What a piece of work may cost, and how many may wait for a worker, and how long (seconds, bytes)."""

    max_seconds: float = 30.0
    max_memory_bytes: int = 2 * 1024**3
    max_waiting: int = 64
    max_waiting_seconds: float = 30.0


@dataclass(slots=True, eq=False)
class _Job:
    request: bytes
    reply: "asyncio.Future[Reply]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self, outcome: Reply | Exception) -> None:
        """Tell the caller, unless it went away."""
        if self.reply.done():
            return
        if isinstance(outcome, Exception):
            self.reply.set_exception(outcome)
        else:
            self.reply.set_result(outcome)


class WorkerPool:
    """Runs work in `workers` processes of `module`, each under a time and a memory limit.

    A process that crashes, hangs or outgrows its memory is replaced at once, and so is one whose caller went
    away: nobody wants what it computes. A crash is tried once more, because the process may have been killed
    by something other than its work.

    warm_after : seconds after which the processes start even when nothing was asked; they load for a second or
        so, and whoever starts the pool may have something more urgent to do with the processor. Before that, each
        piece of work starts one process at most.
    """

    def __init__(
        self, module: str, *, limits: WorkLimits | None = None, workers: int = 1, warm_after: float = 0.0
    ) -> None:
        self.limits = limits or WorkLimits()
        self._module = module
        self._count = workers
        self._warm_after = warm_after
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._waiting = self._at_work = 0
        self._wanted = asyncio.Semaphore(0)
        self._attendants: list[asyncio.Task[None]] = []
        self._workers: dict[int, Worker] = {}

    @property
    def pids(self) -> list[int]:
        """The processes that are ready or at work."""
        return [worker.pid for worker in self._workers.values()]

    @property
    def waiting(self) -> int:
        """How much work waits for a process."""
        return self._waiting

    @property
    def at_work(self) -> int:
        """How many processes are at work."""
        return self._at_work

    async def start(self) -> None:
        """Let the processes start; they load while the service does other things."""
        self._attendants = [asyncio.create_task(self._attend(place)) for place in range(self._count)]

    async def close(self) -> None:
        """End the processes, whatever they do."""
        attendants, self._attendants = self._attendants, []
        for attendant in attendants:
            attendant.cancel()
        await asyncio.gather(*attendants, return_exceptions=True)
        while not self._jobs.empty():
            job = self._jobs.get_nowait()
            job.settle(Crashed())
            job.begun.set()

    async def ask(self, task: str, content: bytes, *, tenant: str = "", attachment: bytes = b"") -> bytes:
        """Return the answer to one piece of work, encoded as the worker encodes it.

        Raises Overloaded, TooSlow, TooMuchMemory, Crashed, WorkRefused or WorkFailed.
        """
        if self._waiting >= self.limits.max_waiting:
            raise Overloaded
        job = _Job(frame(Request(task, tenant, content, attachment)))
        await self._until_begun(job)
        try:
            return _answer(await job.reply)
        finally:
            job.reply.cancel()

    async def _until_begun(self, job: _Job) -> None:
        self._waiting += 1
        self._wanted.release()
        self._jobs.put_nowait(job)
        try:
            async with asyncio.timeout(self.limits.max_waiting_seconds):
                await job.begun.wait()
        except BaseException as error:
            job.reply.cancel()
            if isinstance(error, TimeoutError):
                raise Overloaded from None
            raise
        finally:
            self._waiting -= 1

    async def _attend(self, place: int) -> None:
        """Keep one process alive and give it one piece of work after the other."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.acquire(), self._warm_after)
        try:
            while True:
                if place not in self._workers and not await self._started(place):
                    await self._refuse_one()
                    continue
                job = await self._jobs.get()
                if job.reply.done():
                    continue
                await self._work_at(job, place)
        finally:
            await self._stop(place)

    async def _work_at(self, job: _Job, place: int) -> None:
        self._at_work += 1
        job.begun.set()
        try:
            await self._do(job, place)
        finally:
            job.settle(Crashed())
            self._at_work -= 1

    async def _do(self, job: _Job, place: int) -> None:
        for _ in range(ATTEMPTS):
            if place not in self._workers and not await self._started(place):
                return
            if not await self._attempt(job, self._workers[place]):
                await self._stop(place)
            if job.reply.done():
                return

    async def _attempt(self, job: _Job, worker: Worker) -> bool:
        """Try once; False when the process is of no further use."""
        asking = asyncio.create_task(worker.ask(job.request, seconds=self.limits.max_seconds))
        try:
            await asyncio.wait((asking, job.reply), return_when=asyncio.FIRST_COMPLETED)
            if job.reply.done():  # the caller went away
                return False
            reply = await asking
        except Crashed:
            return False
        except TimeoutError:
            job.settle(TooSlow())
            return False
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        job.settle(reply)
        return not isinstance(reply, Exhausted)

    async def _started(self, place: int) -> bool:
        with contextlib.suppress(Crashed):
            self._workers[place] = await Worker.started(
                self._module, max_memory_bytes=self.limits.max_memory_bytes
            )
            return True
        return False

    async def _stop(self, place: int) -> None:
        if worker := self._workers.pop(place, None):
            await worker.stop()

    async def _refuse_one(self) -> None:
        """A process that cannot even start must leave nobody waiting, nor be started without a pause."""
        with contextlib.suppress(TimeoutError):
            job = await asyncio.wait_for(self._jobs.get(), RESTART_PAUSE_SECONDS)
            job.settle(Crashed())
            job.begun.set()


def _answer(reply: Reply) -> bytes:
    match reply:
        case Answered(content):
            return content
        case Refusal():
            raise WorkRefused(reply)
        case Failed(traceback):
            raise WorkFailed(traceback)
        case Exhausted():
            raise TooMuchMemory
        case Ready():
            raise Crashed
