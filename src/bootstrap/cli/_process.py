"""What every long-running process does before its own work."""

import importlib
import os
from collections.abc import Callable

import structlog

from bootstrap.home import connected
from bootstrap.last_resort import SUPERVISOR, end_with_supervisor
from bootstrap.logs import configure_logging
from bootstrap.settings import read_settings


def run_process(name: str, module: str, *arguments: str) -> None:
    """Call `main(settings, *arguments)` of `module` as the process `name`."""
    settings = connected(read_settings())
    configure_logging(settings, process=name)
    if supervisor := os.environ.get(SUPERVISOR):
        end_with_supervisor(int(supervisor))
    try:
        main: Callable[..., None] = importlib.import_module(module).main
        main(settings, *arguments)
    except Exception:
        structlog.get_logger().exception("failed")
        raise SystemExit(1) from None
