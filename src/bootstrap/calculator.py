"""A calculator process: `python -m bootstrap.calculator MAX_MEMORY_BYTES PARENT_PID`, started by the API."""

from traceback import format_exc

import msgspec
import structlog

from bootstrap.logs import configure_logging
from bootstrap.settings import read_settings
from bootstrap.tasks import CALCULATORS, TASKS, task_named
from bootstrap.toolbox import PROCESS, Toolbox
from infrastructure.workers.refusals import refusal_of
from infrastructure.workers.serving import Work, serve
from infrastructure.workers.wire import Request

_log = structlog.get_logger("trimtab.calculator")


def load() -> Work:
    """Return what does the work, with every task imported, so that the first request waits for nothing."""
    settings = read_settings()
    configure_logging(settings, process=PROCESS)
    for name in (*CALCULATORS, *TASKS):
        _load(name)
    return work_with(Toolbox(settings))


def _load(name: str) -> None:
    """Import a task; one that cannot be imported fails when it is asked for, and keeps no other from answering."""
    try:
        task_named(name)
    except Exception:
        _log.error("task_not_loaded", task=name, traceback=format_exc())


def work_with(toolbox: Toolbox) -> Work:
    """Return what decodes a request, runs its task and encodes the answer."""

    async def work(asked: Request) -> bytes:
        task = task_named(asked.task)
        request = msgspec.msgpack.decode(asked.content, type=task.request)
        return msgspec.msgpack.encode(await task.run(toolbox, asked.tenant, request, asked.attachment))

    return work


if __name__ == "__main__":
    serve(load, refusal_of)
