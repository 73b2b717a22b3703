"""The children of a supervisor that was killed, as far as they have not ended yet."""

import os
import time
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from bootstrap.home import RunningProcess, last_running, process_start

FINISH_SECONDS = 10.0
FORCED_SECONDS = 5.0
POLL_SECONDS = 0.02


def end_leftovers(home: Path) -> None:
    """Wait for them: the kernel has told them to end. End by force whoever takes too long."""
    last = last_running(home)
    left = _alive(last.processes if last else ())
    _send(left, SIGTERM)
    left = _await_end(left, FINISH_SECONDS)
    _send(left, SIGKILL)
    _await_end(left, FORCED_SECONDS)


def _alive(processes: tuple[RunningProcess, ...]) -> tuple[RunningProcess, ...]:
    """Those that are still the process we noted, and not another one with its number."""
    return tuple(process for process in processes if process_start(process.pid) == process.started_at)


def _send(processes: tuple[RunningProcess, ...], signal: Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, signal)


def _await_end(processes: tuple[RunningProcess, ...], seconds: float) -> tuple[RunningProcess, ...]:
    deadline = time.monotonic() + seconds
    while (left := _alive(processes)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return left
