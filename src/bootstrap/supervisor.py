"""Keeps a service running: servers first, then the workers on top of them, and back in the opposite order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from signal import SIGHUP, SIGINT, SIGTERM

from bootstrap.child import Child, Patience, Program
from bootstrap.home import RunningProcess

TRIES_AT_THE_START = 3
HEAD_START_SECONDS = 3.0


class StartFailed(RuntimeError):
    """The service did not come up; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run.

    `servers` start together and come first. `workers` start once `before_workers` is done; those that start
    first have the machine to themselves until they are ready, since loading programs keeps every core busy; those
    that start last wait for all others in the same way.
    Workers end in their order, one after the other, and the servers end after them in theirs.
    """

    servers: Sequence[Program]
    workers: Sequence[Program]
    before_workers: Callable[[], Awaitable[None]]
    after_start: Callable[[], Awaitable[None]]
    on_line: Callable[[str, str], None]
    on_change: Callable[[str, str], None]
    on_processes: Callable[[Sequence[RunningProcess]], None]
    server_addresses: Callable[[], tuple[str, ...]] = tuple
    patience: Patience = field(default_factory=Patience)


class Supervisor:
    """Runs a plan until it is told to stop."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._servers = [self._child(program) for program in plan.servers]
        self._workers = [self._child(program) for program in plan.workers]
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._addresses: tuple[str, ...] = ()

    async def run(self) -> None:
        """Start everything, keep it running until SIGINT or SIGTERM, end everything.

        Raises StartFailed or whatever `before_workers` raises, after ending what had started.
        """
        self._listen_to_signals()
        try:
            await self._unless_stopped(self._start())
            await self._stop.wait()
        finally:
            await self._end()

    def request_stop(self) -> None:
        """End everything in order; asked a second time, at once."""
        if self._stop.is_set():
            for child in (*self._workers, *self._servers):
                child.kill()
        else:
            self._plan.on_change("everything", "ends in order; Ctrl-C again ends it at once")
        self._stop.set()

    async def _start(self) -> None:
        await self._start_servers()
        await self._plan.before_workers()
        self._addresses = self._plan.server_addresses()
        first = [child for child in self._workers if child.program.starts_first]
        last = [child for child in self._workers if child.program.starts_last]
        others = [child for child in self._workers if child not in (*first, *last)]
        for children in (first, others):
            self._keep_running(children)
            await _head_start(children)
        self._keep_running(last)
        await self._plan.after_start()

    async def _start_servers(self) -> None:
        await asyncio.gather(*(asyncio.to_thread(child.program.prepare) for child in self._servers))
        self._keep_running(self._servers)
        await asyncio.gather(*(_first_ready(child) for child in self._servers))

    def _keep_running(self, children: Sequence[Child]) -> None:
        self._tasks += [asyncio.create_task(child.keep_running()) for child in children]

    async def _unless_stopped(self, work: Awaitable[None]) -> None:
        """Wait for `work`, or for the request to stop, which ends it."""
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not working.done():
            working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    async def _end(self) -> None:
        for child in (*self._workers, *self._servers):
            await child.stop()
        await asyncio.gather(*self._tasks)

    def _child(self, program: Program) -> Child:
        plan = self._plan
        return Child(program, on_line=plan.on_line, on_change=self._changed, patience=plan.patience)

    def _changed(self, name: str, what: str) -> None:
        self._plan.on_change(name, what)
        children = (*self._servers, *self._workers)
        self._plan.on_processes([child.running for child in children if child.running])
        self._follow_moved_servers()

    def _follow_moved_servers(self) -> None:
        """A server that had to take another port: the workers start again, with its new address."""
        if self._addresses and self._addresses != (now := self._plan.server_addresses()):
            self._addresses = now
            for child in self._workers:
                child.signal(child.program.stop_signal)

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for signal in (SIGINT, SIGTERM, SIGHUP):
            loop.add_signal_handler(signal, self.request_stop)


async def _head_start(children: Sequence[Child]) -> None:
    """Wait until they are ready, but not for long: the others must start even where one of these cannot."""
    with suppress(TimeoutError):
        async with asyncio.timeout(HEAD_START_SECONDS):
            for child in children:
                await child.ready.wait()


async def _first_ready(child: Child) -> None:
    """Wait until a server answers for the first time; StartFailed when it keeps ending instead."""
    while not child.ready.is_set():
        if child.failures >= TRIES_AT_THE_START:
            raise StartFailed(f"{child.name} does not start: its last lines above say why.")
        with suppress(TimeoutError):
            await asyncio.wait_for(child.ready.wait(), 0.05)
