"""`trimtab up`: the whole service in one terminal."""

import asyncio
import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from http.client import HTTPException
from urllib.error import URLError
from urllib.request import urlopen

from bootstrap.demo_access import DemoAccess
from bootstrap.home import Running, RunningProcess, forget_running, lock, write_running
from bootstrap.leftovers import end_leftovers
from bootstrap.output import Output
from bootstrap.schema import is_current
from bootstrap.services import Services, our_command
from bootstrap.settings import LogLevel, Settings
from bootstrap.supervisor import Plan, StartFailed, Supervisor
from bootstrap.welcome import welcome
from infrastructure.embedded.ports import is_free
from infrastructure.embedded.private_files import control_folder

READY_POLL_SECONDS = 0.05
SERVERS = ("postgres", "redis")


def up(settings: Settings, *, demo: bool) -> None:
    """Run everything until SIGINT or SIGTERM.

    Raises HomeInUse, StartFailed or EmbeddedServerError, each with the sentence to show.
    """
    settings = replace(settings, home=settings.home.absolute())
    control_folder(settings.home)
    with lock(settings.home):
        end_leftovers(settings.home)
        _must_be_free(settings)
        settings.signing_secret()  # made here, once, and not by several processes at the same time
        try:
            asyncio.run(Service(settings, demo=demo).run())
        finally:
            forget_running(settings.home)


class Service:
    """One run of everything in one home."""

    def __init__(self, settings: Settings, *, demo: bool) -> None:
        self._settings = settings
        self._demo = demo
        quiet = () if settings.log_level is LogLevel.DEBUG else SERVERS
        self._output = Output(settings.log_format, quiet=quiet)
        self._services = Services(settings, text=self._output.text, colored=self._output.colored)

    async def run(self) -> None:
        """Start, serve, end."""
        services = self._services
        plan = Plan(
            servers=services.servers(),
            workers=services.workers(),
            before_workers=self._migrate,
            after_start=self._welcome,
            on_line=self._output.line,
            on_change=self._output.change,
            on_processes=self._note,
            server_addresses=services.addresses,
        )
        await Supervisor(plan).run()

    async def _migrate(self) -> None:
        if await asyncio.to_thread(is_current, self._services.connected()):
            return
        code, _ = await self._once("migrate")
        if code != 0:
            raise StartFailed("The database could not be migrated: the lines of `migrate` above say why.")

    async def _welcome(self) -> None:
        await self._api_ready()
        access = await self._load_demo() if self._demo else None
        self._output.announce(welcome(self._settings, access, in_color=self._output.colored))

    async def _api_ready(self) -> None:
        while not await asyncio.to_thread(_is_ready, self._settings.api_url):  # noqa: ASYNC110 another process
            await asyncio.sleep(READY_POLL_SECONDS)

    async def _load_demo(self) -> DemoAccess | None:
        code, answer = await self._once("demo")
        if code == 0:
            return DemoAccess.from_json(answer)
        self._output.change("demo", "could not be loaded; everything else runs")
        return None

    async def _once(self, command: str) -> tuple[int, str]:
        """Run a command of ours to its end; its log entries are shown, its standard output is the answer."""
        process = await asyncio.create_subprocess_exec(
            *our_command(command),
            env=dict(self._services.environment(command)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        answer, entries = await process.communicate()
        for line in entries.decode(errors="replace").splitlines():
            self._output.line(command, line)
        assert process.returncode is not None
        return process.returncode, answer.decode()

    def _note(self, processes: Sequence[RunningProcess]) -> None:
        database, redis = self._services.addresses()
        now = Running(
            supervisor=os.getpid(),
            api=self._settings.api_url,
            database_url=database,
            redis_url=redis,
            processes=tuple(processes),
        )
        write_running(self._settings.home, now)


def _must_be_free(settings: Settings) -> None:
    if not is_free(settings.port, settings.host):
        raise StartFailed(
            f"Port {settings.port} on {settings.host} is taken: name another one with --port or TRIMTAB_PORT."
        )


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/health/ready", timeout=2) as answer:  # noqa: S310 our own address
            return bool(answer.status == 200)
    except (URLError, HTTPException, OSError):
        return False
