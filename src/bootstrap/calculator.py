"""A calculator process: `python -m bootstrap.calculator MAX_MEMORY_BYTES PARENT_PID`, started by the API."""

from importlib import import_module
from typing import Final

import msgspec

from bootstrap.logs import configure_logging
from bootstrap.settings import read_settings
from bootstrap.tasks import task_named
from bootstrap.toolbox import PROCESS, Toolbox
from infrastructure.workers.refusals import refusal_of
from infrastructure.workers.serving import Work, serve
from infrastructure.workers.wire import Request

WARM: Final = ("numpy",)
"""What is imported before the first request; a task brings in by itself what only it needs."""


def load() -> Work:
    """Return what does the work, with everything imported that most tasks need."""
    settings = read_settings()
    configure_logging(settings, process=PROCESS)
    for module in WARM:
        import_module(module)
    return work_with(Toolbox(settings))


def work_with(toolbox: Toolbox) -> Work:
    """Return what decodes a request, runs its task and encodes the answer."""

    async def work(asked: Request) -> bytes:
        task = task_named(asked.task)
        request = msgspec.msgpack.decode(asked.content, type=task.request)
        return msgspec.msgpack.encode(await task.run(toolbox, asked.tenant, request, asked.attachment))

    return work


if __name__ == "__main__":
    serve(load, refusal_of)
