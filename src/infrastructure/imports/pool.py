"""Reading files of positions in processes of their own, so that no file can harm the service."""

from typing import Final

import msgspec

from application.positions.file import ColumnMapping, FileRefused, ImportLimits, ParsedFile
from domain.errors import Unavailable
from infrastructure.imports.wire import ParseRequest
from infrastructure.workers.pool import (
    Overloaded,
    TooMuchMemory,
    TooSlow,
    WorkerPool,
    WorkLimits,
    WorkRefused,
)
from infrastructure.workers.process import Crashed
from infrastructure.workers.wire import Refusal

MAX_WAITING: Final = 256
MAX_WAITING_SECONDS: Final = 60.0
_files = msgspec.msgpack.Decoder(ParsedFile)


class FileParser:
    """Reads files of positions, `workers` of them at the same time; further ones wait their turn.

    A file that crashes its process, hangs it or outgrows its memory is refused.
    """

    def __init__(self, limits: ImportLimits | None = None, *, workers: int = 1) -> None:
        self.limits = limits or ImportLimits()
        self._pool = WorkerPool(
            "infrastructure.imports.worker", limits=_work_limits(self.limits), workers=workers
        )

    @property
    def pids(self) -> list[int]:
        """The processes that are ready or at work."""
        return self._pool.pids

    async def start(self) -> None:
        """Start the processes; they load while the service does other things."""
        await self._pool.start()

    async def close(self) -> None:
        """End the processes, whatever they do."""
        await self._pool.close()

    async def parse(self, content: bytes, filename: str, mapping: ColumnMapping | None) -> ParsedFile:
        """Answer what the file holds.

        Raises
        ------
        FileRefused
            Whatever `parse_positions` refuses, 413 `too_slow` and `too_much_memory`, 422 `parser_crashed`.
        Unavailable
            Too many files wait already.
        """
        if len(content) > self.limits.max_bytes:
            raise FileRefused(
                413,
                "file_too_large",
                f"The file has {len(content):,} bytes; at most {self.limits.max_bytes:,}.",
            )
        request = ParseRequest(filename=filename, limits=self.limits, mapping=mapping)
        try:
            answer = await self._pool.ask("parse", msgspec.msgpack.encode(request), attachment=content)
        except WorkRefused as refused:
            raise _refused(refused.refusal) from None
        except Overloaded:
            raise Unavailable("Too many files wait to be read.", retry_after=5) from None
        except TooSlow:
            raise self._too_slow() from None
        except TooMuchMemory:
            raise _too_much_memory() from None
        except Crashed:
            raise _crash() from None
        return _files.decode(answer)

    def _too_slow(self) -> FileRefused:
        return FileRefused(
            413,
            "too_slow",
            f"Reading the file took longer than {self.limits.max_seconds:g} s. Split it and send the parts.",
        )


def _work_limits(limits: ImportLimits) -> WorkLimits:
    return WorkLimits(
        max_seconds=limits.max_seconds,
        max_memory_bytes=limits.max_memory_bytes,
        max_waiting=MAX_WAITING,
        max_waiting_seconds=MAX_WAITING_SECONDS,
    )


def _refused(refusal: Refusal) -> FileRefused:
    return FileRefused(413 if refusal.status == 413 else 422, refusal.code, refusal.detail)


def _too_much_memory() -> FileRefused:
    return FileRefused(413, "too_much_memory", "The file needs too much memory. Split it and send the parts.")


def _crash() -> FileRefused:
    return FileRefused(
        422,
        "parser_crashed",
        "Reading the file failed in a way it should not. Save it as plain CSV and try again.",
    )
