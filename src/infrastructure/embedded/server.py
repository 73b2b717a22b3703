"""What PostgreSQL and Redis have in common for whoever runs them, and how to run one without a supervisor."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Protocol

from infrastructure.embedded.errors import EmbeddedServerError
from infrastructure.embedded.private_files import PRIVATE

POLL_SECONDS = 0.01


class Server(Protocol):
    """A program with its data, described for whoever starts, watches and stops it."""

    name: str
    folder: Path
    stop_signal: Signals

    @property
    def environment(self) -> Mapping[str, str]:
        """All the environment it gets: nothing of ours leaks into it."""

    def prepare(self) -> None:
        """Make everything ready for the next start, after a crash too.

        Raises EmbeddedServerError when the server cannot run here.
        """

    def command(self) -> Sequence[str]:
        """The program and its arguments, on a leash: call it in the thread that starts it."""

    def is_ready(self, pid: int) -> bool:
        """Whether the process `pid` answers clients."""

    def url(self) -> str:
        """Where clients connect, the password included."""


def start(server: Server, *, seconds: float = 60) -> subprocess.Popen[bytes]:
    """Run `server` until whoever called ends; returns when it answers.

    Raises EmbeddedServerError when it ends first or takes longer than `seconds`.
    """
    server.prepare()
    log = server.folder / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            server.command(),
            env=dict(server.environment),
            cwd=server.folder,
            stdout=output,
            stderr=output,
            umask=PRIVATE,
        )
    deadline = time.monotonic() + seconds
    while not server.is_ready(process.pid):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(server, process)
            raise EmbeddedServerError(f"{server.name} did not start, its log {log} says why.")
        time.sleep(POLL_SECONDS)
    return process


def stop(server: Server, process: subprocess.Popen[bytes], *, seconds: float = 30) -> None:
    """End the process as its server likes it, by force after `seconds`."""
    with suppress(ProcessLookupError):
        process.send_signal(server.stop_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(SIGKILL)
        process.wait()


@contextmanager
def running(server: Server) -> Iterator[str]:
    """The URL of `server`, which runs inside the block."""
    process = start(server)
    try:
        yield server.url()
    finally:
        stop(server, process)
