"""Ports on the loopback address: chosen once, kept for as long as nobody else takes them."""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from infrastructure.embedded.private_files import write_private

LOOPBACK = "127.0.0.1"
LISTENING = "0A"
"""State of a socket in the kernel's table."""
# Below the range that Linux hands to outgoing connections: a port of ours is still free after a restart.
CANDIDATES = range(20_000, 32_000)


def is_free(port: int, address: str = LOOPBACK) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on."""
    chooser = random.SystemRandom()
    while not is_free(port := chooser.choice(CANDIDATES)):
        pass
    return port


def listens(pid: int) -> bool:
    """Whether a process listens on any port; False where it is gone."""
    open_files = set(_open_files(pid))
    tables = (Path(f"/proc/net/{name}") for name in ("tcp", "tcp6"))
    rows = (line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:])
    return any(row[3] == LISTENING and f"socket:[{row[9]}]" in open_files for row in rows)


def _open_files(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                yield os.readlink(file)


def kept_port(file: Path) -> int:
    """The port remembered in `file` while it is free; another one, remembered instead, when it is not."""
    remembered = _remembered(file)
    if remembered and is_free(remembered):
        return remembered
    port = free_port()
    write_private(file, f"{port}\n")
    return port


def _remembered(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
