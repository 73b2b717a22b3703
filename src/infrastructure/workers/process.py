"""One worker process and the conversation with it."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Mapping
from typing import Final, TypeVar

from infrastructure.workers.wire import LENGTH, Ready, Reply, reply_in

T = TypeVar("T")
START_SECONDS: Final = 60.0
_BUFFER_BYTES: Final = 4 * 1024 * 1024
ONE_THREAD: Final[Mapping[str, str]] = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
"""A worker is one core's worth of work, and sums come out the same bit for bit whatever the machine."""
RESERVES_NOTHING: Final[Mapping[str, str]] = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
"""The limit is on address space, of which arrow's own allocator takes a gigabyte in advance."""


class Crashed(Exception):
    """The process ended without an answer."""


class Worker:
    """A process that runs `module` and has said that it is ready."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @classmethod
    async def started(cls, module: str, *, max_memory_bytes: int) -> "Worker":
        """Start a process and wait until it has loaded everything; raises Crashed when it never does."""
        worker = cls(await _spawned(module, max_memory_bytes))
        try:
            async with asyncio.timeout(START_SECONDS):
                if not isinstance(await worker._receive(), Ready):
                    raise Crashed
        except BaseException as error:
            await worker.stop()
            if isinstance(error, TimeoutError):
                raise Crashed from None
            raise
        return worker

    async def ask(self, request: bytes, *, seconds: float) -> Reply:
        """Send a framed request and wait for the reply.

        Raises Crashed, and TimeoutError after `seconds`; the process is of no use then, nor after a cancellation.
        """
        async with asyncio.timeout(seconds):
            await self._send(request)
            return await self._receive()

    async def stop(self) -> None:
        """Kill the process; it holds nothing worth saving."""
        await _to_its_end(self._stopped())

    async def _stopped(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        # asyncio would leave the pipes to the garbage collector, which complains about it.
        transport = getattr(self._process, "_transport", None)
        if transport is not None:
            transport.close()

    async def _send(self, request: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request)
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError, RuntimeError):  # uvloop: the handler is closed
            raise Crashed from None

    async def _receive(self) -> Reply:
        assert self._process.stdout is not None
        try:
            prefix = await self._process.stdout.readexactly(LENGTH.size)
            return reply_in(await self._process.stdout.readexactly(LENGTH.unpack(prefix)[0]))
        except (asyncio.IncompleteReadError, ConnectionResetError):
            raise Crashed from None


async def _spawned(module: str, max_memory_bytes: int) -> Process:
    starting = asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        module,
        str(max_memory_bytes),
        str(os.getpid()),
        stdin=PIPE,
        stdout=PIPE,
        limit=_BUFFER_BYTES,
        env={**os.environ, **ONE_THREAD, **RESERVES_NOTHING},
    )
    spawned = asyncio.ensure_future(starting)
    try:
        return await _to_its_end(spawned)
    except asyncio.CancelledError:
        await Worker(spawned.result()).stop()
        raise


async def _to_its_end(step: Awaitable[T]) -> T:
    """Await a step that a cancellation must not cut in two: half started or half ended, a process is nobody's."""
    whole = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(whole)
    except asyncio.CancelledError:
        await asyncio.wait((whole,))
        raise
