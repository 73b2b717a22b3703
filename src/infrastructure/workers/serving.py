"""The worker's side: a process that reads requests from standard input and replies on what was standard output.

It is started as `python -m MODULE MAX_MEMORY_BYTES PARENT_PID` and may be killed at any time.
"""

import asyncio
import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from traceback import format_exception
from typing import BinaryIO, Final

from infrastructure.workers.wire import (
    LENGTH,
    Answered,
    Exhausted,
    Failed,
    Ready,
    Refusal,
    Reply,
    Request,
    frame,
    request_in,
)

_PR_SET_PDEATHSIG: Final = 1
_BUFFER_BYTES: Final = 4 * 1024 * 1024
Work = Callable[[Request], Awaitable[bytes]]
Refusals = Callable[[Exception], Refusal | None]


def serve(load: Callable[[], Work], refused: Refusals) -> None:
    """Serve requests until standard input ends.

    load : returns what answers a request with encoded bytes; what it imports is there before the first request.
    refused : what an exception of the work tells whoever asked; None where the fault is ours.
    """
    memory, parent = int(sys.argv[1]), int(sys.argv[2])
    requests, replies = _take_pipes()
    _die_with_parent(parent)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work = load()
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    gc.disable()
    gc.freeze()
    asyncio.run(_serve_all(requests, replies, work, refused))


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


async def _serve_all(requests: BinaryIO, replies: BinaryIO, work: Work, refused: Refusals) -> None:
    """The loop runs between requests too, so that connections to the database stay in order."""
    reader = asyncio.StreamReader(limit=_BUFFER_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), requests)
    _send(replies, Ready())
    with contextlib.suppress(asyncio.IncompleteReadError):
        while True:
            prefix = await reader.readexactly(LENGTH.size)
            body = await reader.readexactly(LENGTH.unpack(prefix)[0])
            _send(replies, await _reply(body, work, refused))
            del body
            gc.collect()


async def _reply(body: bytes, work: Work, refused: Refusals) -> Reply:
    try:
        return Answered(await work(request_in(body)))
    except MemoryError:
        return Exhausted()
    except Exception as error:
        return refused(error) or Failed("".join(format_exception(error)))


def _send(replies: BinaryIO, reply: Reply) -> None:
    try:
        encoded = frame(reply)
    except MemoryError:
        reply = Exhausted()
        encoded = frame(reply)
    with contextlib.suppress(BrokenPipeError):
        replies.write(encoded)
        replies.flush()
    if isinstance(reply, Exhausted):
        # The heap is full of half-done work; a fresh process is cheaper than trusting this one.
        os._exit(1)
