"""A worker whose tasks misbehave in every way a task can: `python -m tests.support.unruly_worker`."""

import ctypes
import os
import time

from domain.errors import Conflict, NotFound, Refused, Unavailable, Violation
from infrastructure.workers.refusals import refusal_of
from infrastructure.workers.serving import serve
from infrastructure.workers.wire import Request

held: list[bytearray] = []


async def work(request: Request) -> bytes:
    """Do what the task's name says."""
    match request.task:
        case "echo":
            print("a stray line on standard output")  # noqa: T201 it must not reach the frames
            return request.tenant.encode() + request.content + request.attachment
        case "pid":
            return str(os.getpid()).encode()
        case "hang":
            time.sleep(600)
        case "crash":
            ctypes.string_at(0)
        case "crash_once":
            _crash_unless_marked(request.content.decode())
            return b"survived"
        case "eat":
            while True:
                held.append(bytearray(16 * 1024 * 1024))
        case "fail":
            raise ZeroDivisionError("division by zero")
        case "refuse":
            _refuse(request.content.decode())
        case "environment":
            return os.environ[request.content.decode()].encode()
    raise AssertionError(request.task)


def _crash_unless_marked(path: str) -> None:
    if not os.path.exists(path):
        open(path, "w").close()
        os.kill(os.getpid(), 9)


def _refuse(kind: str) -> None:
    violations = [Violation("returns.3", "not_finite", "A number."), Violation(None, "length", "All alike.")]
    errors = {
        "refused": Refused("Two things are wrong.", violations=violations),
        "not_found": NotFound("Nothing there."),
        "conflict": Conflict("Not now."),
        "unavailable": Unavailable("Away.", retry_after=7),
    }
    raise errors[kind]


if __name__ == "__main__":
    serve(lambda: work, refusal_of)
