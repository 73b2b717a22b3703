"""The process that reads files: `python -m infrastructure.imports.worker MAX_MEMORY_BYTES PARENT_PID`.

It reads requests from standard input and writes replies to what was standard output. Whatever a file does to
it, the service is another process: this one may be killed at any time.
"""

import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
from typing import BinaryIO

from application.positions.file import FileRefused
from infrastructure.imports import workbook  # noqa: F401  loaded here, so that the first workbook waits for nothing
from infrastructure.imports.parser import parse_positions
from infrastructure.imports.wire import LENGTH, Parsed, ParseRequest, Ready, Refused, frame, request_in

_PR_SET_PDEATHSIG = 1
MEMORY_EXHAUSTED = Refused(
    status=413, code="too_much_memory", detail="The file needs too much memory. Split it and send the parts."
)


def main() -> None:
    """Serve requests until standard input ends."""
    memory, parent = int(sys.argv[1]), int(sys.argv[2])
    requests, replies = _take_pipes()
    _die_with_parent(parent)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()
    gc.freeze()
    replies.write(frame(Ready()))
    replies.flush()
    while body := _next(requests):
        _serve(body, replies)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes for frames alone: a stray print must not break them."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, replies


def _die_with_parent(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(0)


def _next(requests: BinaryIO) -> bytes:
    prefix = requests.read(LENGTH.size)
    if len(prefix) < LENGTH.size:
        return b""
    return requests.read(LENGTH.unpack(prefix)[0])


def _serve(body: bytes, replies: BinaryIO) -> None:
    try:
        answer = frame(_answer(request_in(body)))
    except MemoryError:
        # The heap is full of half-read rows; a fresh process is cheaper than trusting this one.
        with contextlib.suppress(BrokenPipeError):
            replies.write(frame(MEMORY_EXHAUSTED))
            replies.flush()
        os._exit(1)
    replies.write(answer)
    replies.flush()
    del answer
    gc.collect()


def _answer(request: ParseRequest) -> Parsed | Refused:
    try:
        return Parsed(
            file=parse_positions(
                request.content, request.filename, limits=request.limits, mapping=request.mapping
            )
        )
    except FileRefused as refusal:
        return Refused(status=refusal.status, code=refusal.code, detail=refusal.detail)


if __name__ == "__main__":
    main()
