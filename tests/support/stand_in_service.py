"""A service with real embedded servers and two stand-in workers.

Tests run `python -m tests.support.stand_in_service HOME` as a process of its own, so that they can kill it.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from signal import SIGTERM

from bootstrap.child import Patience, Program
from bootstrap.home import Running, RunningProcess, lock, write_running
from bootstrap.leftovers import end_leftovers
from bootstrap.output import Output
from bootstrap.services import Services
from bootstrap.settings import LogFormat, Settings
from bootstrap.supervisor import Plan, Supervisor
from infrastructure.embedded.leash import leashed

WORK = """
import signal, sys, time
def finish(*_):
    print("finishes its work", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, finish)
print("works", flush=True)
while True:
    time.sleep(60)
"""


def worker(name: str) -> Program:
    def command() -> list[str]:
        return leashed([sys.executable, "-c", WORK], signal=SIGTERM, uid=os.geteuid(), gid=os.getegid())

    return Program(name=name, command=command, environment=lambda: os.environ)


async def main(home: Path) -> None:
    output = Output(LogFormat.TEXT)
    services = Services(Settings(home=home), text=True)

    def note(processes: Sequence[RunningProcess]) -> None:
        database, redis = services.addresses()
        now = Running(
            supervisor=os.getpid(), api="", database_url=database, redis_url=redis, processes=tuple(processes)
        )
        write_running(home, now)

    async def nothing() -> None:
        output.announce("nothing to migrate")

    async def started() -> None:
        output.announce("up")

    await Supervisor(
        Plan(
            servers=services.servers(),
            workers=[worker("first"), worker("second")],
            before_workers=nothing,
            after_start=started,
            on_line=output.line,
            on_change=output.change,
            on_processes=note,
            server_addresses=services.addresses,
            patience=Patience(first_seconds=0.05, longest_seconds=1, healthy_seconds=10),
        )
    ).run()


if __name__ == "__main__":
    with lock(Path(sys.argv[1])):
        end_leftovers(Path(sys.argv[1]))
        asyncio.run(main(Path(sys.argv[1])))
