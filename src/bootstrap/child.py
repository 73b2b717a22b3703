"""One program that is kept running: started, watched, started again, stopped."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from bootstrap.home import RunningProcess, process_start
from infrastructure.embedded.private_files import PRIVATE

READY_POLL_SECONDS = 0.02
LAST_LINES_SECONDS = 2.0
LONGEST_LINE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run and how to treat it."""

    name: str
    command: Callable[[], Sequence[str]]
    environment: Callable[[], Mapping[str, str]]
    folder: Path = field(default_factory=Path.cwd)
    prepare: Callable[[], None] = lambda: None
    is_ready: Callable[[int], bool] = lambda _: True
    starts_first: bool = False
    starts_last: bool = False
    stop_signal: Signals = SIGTERM
    stop_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait before another start: longer each time, from the beginning after a healthy while."""

    first_seconds: float = 0.1
    longest_seconds: float = 10.0
    healthy_seconds: float = 10.0

    def pause(self, failures: int) -> float:
        """Seconds to wait after that many failures in a row (1 and up)."""
        return float(min(self.longest_seconds, self.first_seconds * 2 ** min(failures - 1, 20)))


class Child:
    """Keeps `program` running from `keep_running` until `stop`.

    `on_line` gets each line the program writes, `on_change` a word whenever it starts or ends.
    """

    def __init__(
        self,
        program: Program,
        *,
        on_line: Callable[[str, str], None],
        on_change: Callable[[str, str], None],
        patience: Patience = Patience(),
    ) -> None:
        self.program = program
        self.ready = asyncio.Event()
        self.failures = 0
        self.running: RunningProcess | None = None
        self._on_line = on_line
        self._on_change = on_change
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = asyncio.Event()
        self._stopping = asyncio.Event()

    @property
    def name(self) -> str:
        """What people call it."""
        return self.program.name

    async def keep_running(self) -> None:
        """Run the program again and again until told to stop."""
        clock = asyncio.get_running_loop().time
        while not self._stopping.is_set():
            started = clock()
            await self._run_once()
            if self._stopping.is_set():
                return
            self.failures = 1 if clock() - started > self._patience.healthy_seconds else self.failures + 1
            await self._wait(self._patience.pause(self.failures))

    async def stop(self) -> None:
        """End the program the way it likes, by force when it takes too long."""
        self._stopping.set()
        if self._process is None:
            return
        self.signal(self.program.stop_signal)
        try:
            await asyncio.wait_for(self._ended.wait(), self.program.stop_seconds)
        except TimeoutError:
            patience = f"{self.program.stop_seconds:g} s"
            self._on_change(self.name, f"did not end within {patience}: ending it by force")
            self.kill()
            await self._ended.wait()

    def signal(self, signal: Signals) -> None:
        """Send `signal` to the program, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal)

    def kill(self) -> None:
        """End the program and everything it started, now."""
        self._stopping.set()
        self.signal(SIGKILL)

    async def _run_once(self) -> None:
        try:
            await asyncio.to_thread(self.program.prepare)
        except Exception as failure:  # whatever it is, it is tried again
            self._on_change(self.name, f"cannot start: {failure}")
            return
        if self._stopping.is_set():
            return
        process = self._spawn()
        lines = asyncio.create_task(self._read_lines(process))
        readiness = asyncio.create_task(self._await_ready(process.pid))
        code = await _exit_code(process)
        readiness.cancel()
        self._end(process.pid)
        await asyncio.wait({lines}, timeout=LAST_LINES_SECONDS)
        lines.cancel()
        if not self._stopping.is_set():
            self._on_change(self.name, f"ended {_how(code)}, starting again")

    def _spawn(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self.program.command(),
            env=dict(self.program.environment()),
            cwd=self.program.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            umask=PRIVATE,
        )
        self._process = process
        self._ended.clear()
        self.running = RunningProcess(
            name=self.name, pid=process.pid, started_at=process_start(process.pid) or 0
        )
        self._on_change(self.name, "started")
        return process

    def _end(self, pid: int) -> None:
        """Every program leads a process group of its own: whoever is left of it goes with it."""
        with suppress(ProcessLookupError):
            os.killpg(pid, SIGKILL)
        self.running = None
        self.ready.clear()
        self._process = None
        self._ended.set()

    async def _read_lines(self, process: subprocess.Popen[bytes]) -> None:
        reader = asyncio.StreamReader(limit=LONGEST_LINE)
        protocol = asyncio.StreamReaderProtocol(reader)
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, process.stdout)
        try:
            while line := await _line(reader):
                self._on_line(self.name, line.decode(errors="replace").rstrip("\n"))
        finally:
            pipe.close()

    async def _await_ready(self, pid: int) -> None:
        while not await asyncio.to_thread(self.program.is_ready, pid):  # noqa: ASYNC110 another program's state
            await asyncio.sleep(READY_POLL_SECONDS)
        self.ready.set()

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The next line with its end, nothing after the last one."""
    try:
        return await reader.readline()
    except ValueError:  # longer than any line should be: what was read of it is gone
        return b"(a line of excessive length)\n"


async def _exit_code(process: subprocess.Popen[bytes]) -> int:
    """How the program ended, as soon as it did.

    asyncio's own subprocesses count as running until nobody holds their output any more, and the orphans of a
    killed program do.
    """
    loop = asyncio.get_running_loop()
    code: asyncio.Future[int] = loop.create_future()

    def settle(result: int) -> None:
        if not code.done():
            code.set_result(result)

    def wait() -> None:
        result = process.wait()
        with suppress(RuntimeError):  # the loop may be gone
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=wait, name=f"wait for {process.pid}", daemon=True).start()
    return await code


def _how(code: int) -> str:
    return f"with code {code}" if code >= 0 else f"by {Signals(-code).name}"
