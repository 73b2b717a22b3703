"""The whole service as its users run it: `trimtab up` in a process and a home of its own."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import httpx
import psycopg
import pytest
import redis
from tests.support.servers import reachable_folder
from tests.support.waiting import eventually

from application.caller import SCOPES
from bootstrap.home import RunningProcess, last_running, process_start, running
from bootstrap.settings import PROCESSES, Settings
from bootstrap.status import Status, status
from infrastructure.embedded.ports import is_free
from infrastructure.embedded.postgres_remains import inhabitants
from infrastructure.identity.tokens import issue_token

REPOSITORY = Path(__file__).resolve().parents[2]
TRIMTAB = (sys.executable, "-m", "bootstrap.cli")
EVERYTHING = frozenset({"postgres", "redis", *PROCESSES})
START_SECONDS = 60.0
ALL_SCOPES = frozenset(SCOPES)


@dataclass(kw_only=True)
class RunningService:
    """A service that can be talked to, looked into, killed in parts, and stopped."""

    home: Path
    port: int
    arguments: tuple[str, ...] = ("--no-demo",)
    api_processes: int = 1
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a command of ours speak of this service and no other."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRIMTAB_")}
        own = {"HOME": self.home, "PORT": self.port, "API_PROCESSES": self.api_processes}
        return {**kept, **{f"TRIMTAB_{name}": str(value) for name, value in own.items()}}

    def start(self) -> None:
        """Start everything; return when it says that it is up."""
        before = len(self.output())
        with (self.home / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [*TRIMTAB, "up", *self.arguments],
                env=self.environment,
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            eventually(lambda: self._said(before), seconds=START_SECONDS)
        except AssertionError as failure:
            raise AssertionError(f"{failure}\n{self.output()[before:][-5_000:]}") from None

    def stop(self) -> int:
        """Ask everything to end, as Ctrl-C does, and return how the supervisor ended."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=60)

    def end(self) -> None:
        """Make sure that nothing of it is left, whatever state it is in."""
        if self._process is None:
            return
        if self._process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.stop()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        eventually(lambda: not self._left(), seconds=30)

    def output(self) -> str:
        """Everything that the supervisor and its children have written."""
        file = self.home / "output"
        return file.read_text(errors="replace") if file.exists() else ""

    def settings(self) -> Settings:
        """What the service goes by, with the addresses of its servers."""
        found = eventually(lambda: running(self.home))
        assert found is not None
        own = Settings(home=self.home, port=self.port)
        return own.connected_to(database_url=found.database_url, redis_url=found.redis_url)

    def processes(self) -> dict[str, RunningProcess]:
        """The living children by name."""
        found = running(self.home)
        processes = found.processes if found else ()
        return {one.name: one for one in processes if process_start(one.pid) == one.started_at}

    def kill(self, name: str) -> bool:
        """End one child without a warning; False where it is not running right now."""
        victim = self.processes().get(name)
        if victim is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(victim.pid, signal.SIGKILL)
        return True

    def status(self) -> Status:
        """What `trimtab status` says."""
        return status(self.settings())

    def healthy(self) -> bool:
        """Whether every process lives and the API says that it is well."""
        try:
            with urlopen(f"{self.address}/health", timeout=2) as answer:
                return (
                    answer.status == 200 and len(self.processes()) == len(EVERYTHING) + self.api_processes - 1
                )
        except (URLError, OSError):
            return False

    def token(self, tenant: str, scopes: frozenset[str] = ALL_SCOPES) -> str:
        """A credential that the service accepts."""
        secret = self.settings().signing_secret()
        return issue_token(secret, tenant, ttl=3600, scopes=scopes, now=datetime.now(UTC))

    def client(
        self, tenant: str, scopes: frozenset[str] = ALL_SCOPES, *, timeout: float = 20
    ) -> httpx.Client:
        """Return a client of one tenant; the caller closes it."""
        headers = {"Authorization": f"Bearer {self.token(tenant, scopes)}"}
        return httpx.Client(base_url=self.address, headers=headers, timeout=timeout)

    def database(self) -> psycopg.Connection[Any]:
        """Return a connection as the owner of everything."""
        url = self.settings().database_url
        assert url is not None
        return psycopg.connect(url, autocommit=True)

    def redis(self) -> "redis.Redis":
        """Return a client of the service's Redis."""
        url = self.settings().redis_url
        assert url is not None
        return redis.Redis.from_url(url, socket_timeout=10)

    def trimtab(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours to its end."""
        return subprocess.run(
            [*TRIMTAB, *arguments],
            env={**self.environment, **environment},
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def trimtab_json(self, *arguments: str) -> Any:
        """Run a command of ours with --json and return what it prints."""
        done = self.trimtab(*arguments, "--json")
        assert done.returncode == 0, f"trimtab {' '.join(arguments)}: {done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def _said(self, before: int) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"trimtab up ended:\n{self.output()[before:]}"
        return "Trimtab answers at" in self.output()[before:]

    def _left(self) -> list[str]:
        last = last_running(self.home)
        left = [one.name for one in (last.processes if last else ()) if process_start(one.pid)]
        return left + [f"postgres {pid}" for pid in inhabitants(self.home / "postgres" / "data")]


@contextmanager
def a_running_service(
    arguments: Sequence[str] = ("--no-demo",), *, api_processes: int = 1
) -> Iterator[RunningService]:
    """Run a service in a temporary home until the end of the block; nothing of it is left afterwards."""
    with reachable_folder() as folder:
        service = RunningService(
            home=folder, port=free_ports(), arguments=tuple(arguments), api_processes=api_processes
        )
        try:
            service.start()
            yield service
        finally:
            service.end()


def free_ports() -> int:
    """Return the first of as many free ports in a row as a service listens on: the API and its processes' metrics."""
    chooser = random.SystemRandom()
    while True:
        first = chooser.randrange(20_000, 32_000, 16)
        if all(is_free(port) for port in range(first, first + 1 + len(PROCESSES))):
            return first


@pytest.fixture(scope="session")
def running_service() -> Iterator[RunningService]:
    """The service with its demo data, shared by all tests of a run: use a tenant of your own."""
    with a_running_service(arguments=("--demo",)) as service:
        yield service
