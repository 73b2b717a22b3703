"""What a PostgreSQL that was killed leaves behind, and how the next one may start at once."""

import os
import time
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGQUIT, Signals

from infrastructure.embedded.errors import EmbeddedServerError
from infrastructure.embedded.postgres_settings import cluster_name

FINISH_SECONDS = 20.0
FORCE_SECONDS = 5.0


def clear(data: Path, socket_folder: Path) -> None:
    """Wait for the server that is still shutting down, end what outlived its server, remove its lock files.

    The lock files name a process by number only. Numbers come again (in a container always the same few), and
    PostgreSQL then refuses to start because of a stranger: so the files go once nobody works in `data`.

    Raises EmbeddedServerError when a process in `data` cannot be ended.
    """
    owner = postmaster(data)
    if owner is not None and owner in inhabitants(data):
        _await_silence(data, FINISH_SECONDS)
    _end(data, SIGQUIT)
    _end(data, SIGKILL)
    if left := inhabitants(data):
        raise EmbeddedServerError(f"PostgreSQL processes {left} still work in {data} and could not be ended.")
    (data / "postmaster.pid").unlink(missing_ok=True)
    for lock in socket_folder.glob(".s.PGSQL.*"):
        lock.unlink()


def postmaster(data: Path) -> int | None:
    """The process that the lock file names, alive or not."""
    try:
        return int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def is_accepting(data: Path, pid: int) -> bool:
    """Whether `pid` is the server of `data` and has noted that it accepts connections."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def inhabitants(data: Path) -> list[int]:
    """Living processes of the cluster in `data`, told by their titles.

    A title can be read whoever owns the process, which is not true of its current folder. A zombie has none,
    so it is not among them.
    """
    marks = (b"\0-D\0" + bytes(data) + b"\0", f"postgres: {cluster_name(data)}: ".encode())
    processes = (entry for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [int(entry.name) for entry in processes if any(mark in _title(entry) for mark in marks)]


def _title(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def _await_silence(data: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while inhabitants(data) and time.monotonic() < deadline:
        time.sleep(0.02)


def _end(data: Path, signal: Signals) -> None:
    for pid in inhabitants(data):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal)
    _await_silence(data, FORCE_SECONDS)
