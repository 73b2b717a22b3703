"""What a supervisor keeps in the home folder: the lock that keeps a second one out, and what runs where."""

import fcntl
import os
from dataclasses import replace
from pathlib import Path
from typing import IO

import msgspec

from bootstrap.settings import Settings
from infrastructure.embedded.private_files import control_folder, write_private


class HomeInUse(RuntimeError):
    """Another supervisor works in this home."""


class NotRunning(RuntimeError):
    """A command needs servers that nobody named and no supervisor runs."""


class RunningProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A child; `started_at` (clock ticks after boot) tells it from a later process of the same pid."""

    name: str
    pid: int
    started_at: int


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """What runs now. The addresses hold passwords, which is why only the owner may read the file."""

    supervisor: int
    api: str
    database_url: str
    redis_url: str
    processes: tuple[RunningProcess, ...] = ()


def lock(home: Path) -> IO[str]:
    """Hold the home until the answer is closed or this process ends.

    Raises HomeInUse naming the other supervisor.
    """
    file = (control_folder(home) / "lock").open("a+", encoding="utf-8")
    os.fchmod(file.fileno(), 0o600)  # whoever may open it may lock it, and so keep us out
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        pid = file.read().strip()
        file.close()
        raise HomeInUse(f"Trimtab already runs in {home} (process {pid}).") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def write_running(home: Path, running: Running) -> None:
    """Note what runs, in one step."""
    write_private(home / "state.json", msgspec.json.encode(running).decode())


def last_running(home: Path) -> Running | None:
    """What the last supervisor noted, whether it still runs or not."""
    try:
        return msgspec.json.decode((home / "state.json").read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None


def running(home: Path) -> Running | None:
    """What runs in `home`; None where no supervisor holds it."""
    holder, noted = _holder(home), last_running(home)
    return noted if noted and noted.supervisor == holder else None  # else it is what an earlier one noted


def _holder(home: Path) -> int | None:
    """The process that holds the lock now."""
    try:
        with (home / "lock").open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read().strip() or 0)
    except FileNotFoundError:
        pass
    return None


def forget_running(home: Path) -> None:
    """Note that nothing runs any more."""
    (home / "state.json").unlink(missing_ok=True)


def connected(settings: Settings) -> Settings:
    """The settings, with the running supervisor's servers where the environment names none.

    The API's own address of the database is enough: its process must not know the owner's.

    Raises NotRunning where neither names them.
    """
    if (settings.database_url or settings.own_api_database_url) and settings.redis_url:
        return settings
    found = running(settings.home)
    if found is None:
        raise NotRunning(
            f"Trimtab does not run in {settings.home}: start it with `trimtab up`, "
            "or set TRIMTAB_DATABASE_URL and TRIMTAB_REDIS_URL."
        )
    return replace(
        settings,
        database_url=settings.database_url or found.database_url,
        redis_url=settings.redis_url or found.redis_url,
    )


def process_start(pid: int) -> int | None:
    """When the process `pid` started, in clock ticks after boot; None where it ended, a zombie included."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return None if facts[0] in "ZX" else int(facts[19])
