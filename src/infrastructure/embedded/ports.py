"""Ports on the loopback address: chosen once, kept for as long as nobody else takes them."""

import random
import socket
from pathlib import Path

from infrastructure.embedded.private_files import write_private

LOOPBACK = "127.0.0.1"
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
