"""A pool of warm processes that read files, so that no file can harm the service."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process

from application.positions.file import ColumnMapping, FileRefused, ImportLimits, ParsedFile
from infrastructure.imports.wire import LENGTH, Parsed, ParseRequest, Ready, Refused, Reply, frame, reply_in

_START_SECONDS = 30.0
_ATTEMPTS = 2
_BUFFER_BYTES = 4 * 1024 * 1024


class _Crashed(Exception):
    """The process ended without an answer."""


class FileParser:
    """Reads files of positions in processes of their own, each with a memory and a time limit.

    `workers` is how many files are read at the same time; further ones wait their turn. A process that
    crashes, hangs or outgrows its memory is replaced, and the file is refused. A crash is tried once more,
    because the process may have been killed by something other than the file.
    """

    def __init__(self, limits: ImportLimits | None = None, *, workers: int = 1) -> None:
        self.limits = limits or ImportLimits()
        self._workers = workers
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._all: list[_Worker] = []

    async def start(self) -> None:
        """Start the processes; they load while the service does other things."""
        for _ in range(self._workers):
            worker = _Worker(self.limits)
            await worker.start()
            self._all.append(worker)
            self._idle.put_nowait(worker)

    async def close(self) -> None:
        """End the processes, whatever they do."""
        for worker in self._all:
            await worker.stop()
        self._all.clear()
        self._idle = asyncio.Queue()

    async def parse(self, content: bytes, filename: str, mapping: ColumnMapping | None) -> ParsedFile:
        """Answer what the file holds.

        Raises
        ------
        FileRefused
            Whatever `parse_positions` refuses, 413 `too_slow` and `too_much_memory`, 422 `parser_crashed`.
        """
        if len(content) > self.limits.max_bytes:
            raise FileRefused(
                413,
                "file_too_large",
                f"The file has {len(content):,} bytes; at most {self.limits.max_bytes:,}.",
            )
        request = ParseRequest(content=content, filename=filename, limits=self.limits, mapping=mapping)
        worker = await self._idle.get()
        try:
            reply = await self._attempts(worker, frame(request))
        finally:
            self._idle.put_nowait(worker)
        if isinstance(reply, Refused):
            raise reply.exception()
        if isinstance(reply, Parsed):
            return reply.file
        raise _crash()

    async def _attempts(self, worker: "_Worker", request: bytes) -> Reply:
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(_Crashed):
                return await worker.ask(request)
        raise _crash()


def _crash() -> FileRefused:
    return FileRefused(
        422,
        "parser_crashed",
        "Reading the file failed in a way it should not. Save it as plain CSV and try again.",
    )


class _Worker:
    """One process and the conversation with it."""

    def __init__(self, limits: ImportLimits) -> None:
        self.limits = limits
        self.process: Process | None = None
        self.ready = False

    async def start(self) -> None:
        self.ready = False
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "infrastructure.imports.worker",
            str(self.limits.max_memory_bytes),
            str(os.getpid()),
            stdin=PIPE,
            stdout=PIPE,
            limit=_BUFFER_BYTES,
        )

    async def ask(self, request: bytes) -> Reply:
        """Send a request and wait for the reply; afterwards the process is either free or replaced."""
        try:
            return await self._ask(request)
        except BaseException:
            # Refused for time, crashed, or the caller went away: what the process is doing now is nobody's.
            await self.stop()
            raise

    async def _ask(self, request: bytes) -> Reply:
        if self.process is None or self.process.returncode is not None:
            await self.stop()
            await self.start()
        try:
            await self._until_ready()
            async with asyncio.timeout(self.limits.max_seconds):
                await self._send(request)
                return await self._receive()
        except TimeoutError:
            seconds = f"{self.limits.max_seconds:g}"
            raise FileRefused(
                413,
                "too_slow",
                f"Reading the file took longer than {seconds} s. Split it and send the parts.",
            ) from None

    async def _until_ready(self) -> None:
        if self.ready:
            return
        async with asyncio.timeout(_START_SECONDS):
            self.ready = isinstance(await self._receive(), Ready)

    async def _send(self, request: bytes) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(request)
            await self.process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise _Crashed from None

    async def _receive(self) -> Reply:
        assert self.process is not None
        assert self.process.stdout is not None
        try:
            prefix = await self.process.stdout.readexactly(LENGTH.size)
            return reply_in(await self.process.stdout.readexactly(LENGTH.unpack(prefix)[0]))
        except asyncio.IncompleteReadError:
            raise _Crashed from None

    async def stop(self) -> None:
        """Kill the process; it holds nothing worth saving."""
        process, self.process, self.ready = self.process, None, False
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        _close_pipes(process)


def _close_pipes(process: Process) -> None:
    """Close what asyncio would leave to the garbage collector, which complains about it."""
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()
