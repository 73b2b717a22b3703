"""Files and folders that only their owner may read; a crash leaves the old content or the new."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o077
"""The umask of processes that we start: what they write is for their user alone."""


def private_folder(path: Path, *, uid: int, gid: int) -> Path:
    """Create `path` (mode 0700, owned by `uid`) where it does not exist."""
    if not path.is_dir():
        path.mkdir(mode=0o700)
        own(path, uid=uid, gid=gid)
    return path


def control_folder(path: Path) -> Path:
    """Create `path`, which we alone write to, where it does not exist.

    Started as root we let others pass through (mode 0711): the servers, which run as another user, have their
    data below. They own nothing here: who takes over a server cannot make root follow a link of theirs.
    """
    if not path.is_dir():
        path.mkdir(parents=True)
        path.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return path


def write_private(path: Path, content: str) -> None:
    """Replace `path` in one step by a file of mode 0600."""
    _written_beside(path, content).replace(path)


def secret_in(path: Path) -> str:
    """The secret kept in `path`, made up (256 bits, letters and digits) on first use."""
    return kept_in(path, lambda: secrets.token_hex(32) + "\n").strip()


def kept_in(path: Path, make: Callable[[], str]) -> str:
    """What `path` holds; on first use what `make` returns is put there, and stays."""
    if not path.exists():
        made = _written_beside(path, make())
        with suppress(FileExistsError):  # another process was faster: what it made is the one
            path.hardlink_to(made)
        made.unlink()
    return path.read_text(encoding="utf-8")


def _written_beside(path: Path, content: str) -> Path:
    written = path.with_name(f".{path.name}.{os.getpid()}")
    written.unlink(missing_ok=True)
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return written


def own(path: Path, *, uid: int, gid: int) -> None:
    """Give `path` to `uid`; nothing to do where we are that user."""
    if os.geteuid() != uid:
        os.chown(path, uid, gid)
