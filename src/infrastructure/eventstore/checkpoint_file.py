"""The copy of the checkpoints outside the database: one JSON object per line, only ever appended to."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from infrastructure.eventstore.checkpoints import Checkpoint


class CheckpointFileUnreadable(Exception):
    """The file cannot be read, or a line of it is no checkpoint; the message is a sentence."""


class CheckpointFile:
    """A file of mode 0600; a line that a crash left unfinished is passed over and never built upon."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def checkpoints(self) -> list[Checkpoint]:
        """Return what was written, in that order; nothing where there is no file. Raises CheckpointFileUnreadable."""
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as failure:
            raise CheckpointFileUnreadable(f"{self.path} cannot be read: {failure.strerror}.") from failure
        return [self._checkpoint(number, line) for number, line in enumerate(lines[:-1], 1) if line]

    def _checkpoint(self, number: int, line: bytes) -> Checkpoint:
        try:
            return msgspec.json.decode(line, type=Checkpoint)
        except (msgspec.MsgspecError, UnicodeDecodeError) as failure:
            raise CheckpointFileUnreadable(
                f"Line {number} of {self.path} is no checkpoint: somebody or something has changed it."
            ) from failure

    def append(self, checkpoints: Iterable[Checkpoint]) -> None:
        """Add lines; they are on disk when this returns."""
        added = b"".join(msgspec.json.encode(checkpoint) + b"\n" for checkpoint in checkpoints)
        if not added:
            return
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            _drop_unfinished(file.fileno())
            file.write(added)
            file.flush()
            os.fsync(file.fileno())


def _drop_unfinished(descriptor: int) -> None:
    """Cut off a line without an end: it was never acknowledged, and what follows would be glued to it."""
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, min(size, 4096), max(0, size - 4096))
    os.ftruncate(descriptor, size - len(tail) + tail.rfind(b"\n") + 1)
