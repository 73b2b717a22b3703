"""The end of a process that should have ended with its supervisor and did not.

The kernel sends SIGTERM when the supervisor dies. A process that finishes its work then is gone soon after;
one that hangs would stay for ever, since nobody is left to lose patience.
"""

import os
import threading
import time
from collections.abc import Callable
from signal import SIGKILL

SUPERVISOR = "TRIMTAB_SUPERVISOR_PID"
PATIENCE_SECONDS = 15.0
POLL_SECONDS = 0.5


def end_with_supervisor(supervisor: int, *, patience: float = PATIENCE_SECONDS) -> threading.Thread:
    """Watch over this process from a thread: it ends at most `patience` seconds after `supervisor`."""
    watch = threading.Thread(
        target=_watch, args=(supervisor, patience, os.getppid), name="last-resort", daemon=True
    )
    watch.start()
    return watch


def _watch(supervisor: int, patience: float, parent: Callable[[], int]) -> None:
    while parent() == supervisor:
        time.sleep(POLL_SECONDS)
    time.sleep(patience)
    os.killpg(os.getpgid(0), SIGKILL)
