"""Processes told by their titles, which can be read whoever owns them."""

import os
import time
from contextlib import suppress
from pathlib import Path
from signal import Signals

POLL_SECONDS = 0.02


def processes_titled(*marks: bytes) -> list[int]:
    """Living processes with one of `marks` in their title. A zombie has no title, so it is not among them."""
    processes = (entry for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [int(entry.name) for entry in processes if any(mark in _title(entry) for mark in marks)]


def await_end(*marks: bytes, seconds: float) -> None:
    """Wait until no such process lives, for at most `seconds`."""
    deadline = time.monotonic() + seconds
    while processes_titled(*marks) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def end(*marks: bytes, signal: Signals, seconds: float) -> None:
    """Send `signal` to every such process and wait for their end, for at most `seconds`."""
    for pid in processes_titled(*marks):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal)
    await_end(*marks, seconds=seconds)


def _title(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
