"""Work that goes on until somebody asks the process to end."""

import asyncio
from collections.abc import Awaitable, Callable
from signal import SIGINT, SIGTERM

import uvloop
from prometheus_client import start_http_server

from bootstrap.garbage import collect_rarely
from bootstrap.settings import Settings

Work = Callable[[asyncio.Event], Awaitable[None]]


def run_until_stopped(work: Work, *, settings: Settings, process: str) -> None:
    """Run `work`, and serve the process's own /metrics beside it; SIGTERM or Ctrl-C sets the event it is given."""
    server, thread = start_http_server(settings.metrics_port_of(process), settings.metrics_host)
    try:
        uvloop.run(_run(work))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def _run(work: Work) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal in (SIGTERM, SIGINT):
        loop.add_signal_handler(signal, stop.set)
    collect_rarely()
    await work(stop)
