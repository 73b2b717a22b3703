"""Work that goes on until somebody asks the process to end."""

import asyncio
from collections.abc import Awaitable, Callable
from signal import SIGINT, SIGTERM

import uvloop

from bootstrap.garbage import collect_rarely
from bootstrap.listening import metrics_of
from bootstrap.settings import Settings

Work = Callable[[asyncio.Event], Awaitable[None]]


def run_until_stopped(work: Work, *, settings: Settings, process: str) -> None:
    """Run `work`, and serve the process's own /metrics beside it; SIGTERM or Ctrl-C sets the event it is given."""
    with metrics_of(process, settings):
        uvloop.run(_run(work))


async def _run(work: Work) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal in (SIGTERM, SIGINT):
        loop.add_signal_handler(signal, stop.set)
    collect_rarely()
    await work(stop)
