"""What a PostgreSQL that was killed leaves behind, and how the next one may start at once."""

from pathlib import Path
from signal import SIGKILL, SIGQUIT

from infrastructure.embedded.errors import EmbeddedServerError
from infrastructure.embedded.postgres_settings import cluster_name
from infrastructure.embedded.titles import await_end, end, processes_titled

FINISH_SECONDS = 20.0
FORCE_SECONDS = 5.0


def clear(data: Path, socket_folder: Path) -> None:
    """Wait for the server that is still shutting down, end what outlived its server, remove its lock files.

    The lock files name a process by number only. Numbers come again (in a container always the same few), and
    PostgreSQL then refuses to start because of a stranger: so the files go once nobody works in `data`.

    Raises EmbeddedServerError when a process in `data` cannot be ended.
    """
    marks = _marks(data)
    if _postmaster(data) in processes_titled(*marks):
        await_end(*marks, seconds=FINISH_SECONDS)
    end(*marks, signal=SIGQUIT, seconds=FORCE_SECONDS)
    end(*marks, signal=SIGKILL, seconds=FORCE_SECONDS)
    if left := inhabitants(data):
        raise EmbeddedServerError(f"PostgreSQL processes {left} still work in {data} and could not be ended.")
    (data / "postmaster.pid").unlink(missing_ok=True)
    for lock in socket_folder.glob(".s.PGSQL.*"):
        lock.unlink()


def inhabitants(data: Path) -> list[int]:
    """Living processes of the cluster in `data`."""
    return processes_titled(*_marks(data))


def is_accepting(data: Path, pid: int) -> bool:
    """Whether `pid` is the server of `data` and has noted that it accepts connections."""
    lines = _lock_file(data)
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _postmaster(data: Path) -> int | None:
    """The process that the lock file names, alive or not."""
    first = _lock_file(data)[0]
    return int(first) if first.isdigit() else None


def _lock_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
    except OSError:
        return [""]


def _marks(data: Path) -> tuple[bytes, bytes]:
    """What the titles of the server, and of the processes it forked, hold."""
    return b"/postgres\0-D\0" + bytes(data) + b"\0", f"postgres: {cluster_name(data)}: ".encode()
