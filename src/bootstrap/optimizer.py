"""A process that computes methods: `python -m bootstrap.optimizer MAX_MEMORY_BYTES PARENT_PID`, started by the agent.

It uses no database: what it computes on comes with each request.
"""

from analytics.optimization import methods
from bootstrap.calculator import work_with
from bootstrap.logs import configure_logging
from bootstrap.settings import read_settings
from bootstrap.tasks import OPTIMIZERS, task_named
from bootstrap.toolbox import Toolbox
from infrastructure.workers.refusals import refusal_of
from infrastructure.workers.serving import Work, serve

PROCESS = "optimizer"


def load() -> Work:
    """Return what does the work, with everything imported, so that the first method waits for nothing."""
    settings = read_settings()
    configure_logging(settings, process=PROCESS)
    for name in OPTIMIZERS:
        task_named(name)
    for name in methods.FITS:
        methods.module(name)
    return work_with(Toolbox(settings))


if __name__ == "__main__":
    serve(load, refusal_of)
