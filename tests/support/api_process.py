"""The API as operators run it, with a projector beside it, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psycopg
from tests.support.running import free_ports
from tests.support.servers import reachable_folder
from tests.support.waiting import eventually

from application.caller import SCOPES
from infrastructure.identity.tokens import issue_token

REPOSITORY = Path(__file__).resolve().parents[2]
SECRET = "a secret of the security tests, long enough"
START_SECONDS = 60.0
ALL_SCOPES = frozenset(SCOPES)
_hosts = count(1)


def an_address() -> str:
    """An address that nobody has asked from yet."""
    number = next(_hosts)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@dataclass(kw_only=True)
class ApiProcess:
    """The API in a process: where it answers, and what it works on. It believes X-Forwarded-For."""

    address: str
    home: Path
    database_url: str
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it; return when it is ready."""
        self.process = started(("api",), self.environment, self.home)
        eventually(self.ready, seconds=START_SECONDS, every=0.05)

    def kill(self) -> None:
        """End it without a warning."""
        self.process.kill()
        self.process.wait()

    def token(self, tenant: str, scopes: frozenset[str] = ALL_SCOPES) -> str:
        """A token of the installation's own secret."""
        return issue_token(SECRET, tenant, ttl=3600, scopes=scopes, now=datetime.now(UTC))

    def client(self, credential: str | None = None, *, address: str | None = None) -> httpx.Client:
        """A client with that credential, or none, at an address of its own; the caller closes it."""
        headers = {"X-Forwarded-For": address or an_address()}
        if credential is not None:
            headers["Authorization"] = f"Bearer {credential}"
        return httpx.Client(base_url=self.address, headers=headers, timeout=30)

    def client_of(self, tenant: str, scopes: frozenset[str] = ALL_SCOPES) -> httpx.Client:
        """A client of a tenant."""
        return self.client(self.token(tenant, scopes))

    def database(self) -> psycopg.Connection[Any]:
        """A connection as the owner of everything; the caller closes it."""
        return psycopg.connect(self.database_url, autocommit=True)

    def output(self) -> str:
        """Everything that the processes have written."""
        return (self.home / "output").read_text(errors="replace")

    def ready(self) -> bool:
        """Whether it answers and finds everything it needs."""
        assert self.process.poll() is None, self.output()[-5_000:]
        try:
            return httpx.get(f"{self.address}/health/ready", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def an_api(database_url: str, redis_url: str, **settings: str) -> Iterator[ApiProcess]:
    """Run the API and a projector until the end of the block; `settings` are named without `TRIMTAB_`."""
    with reachable_folder() as home:
        port = free_ports()
        environment = _environment(
            HOME=str(home),
            PORT=str(port),
            DATABASE_URL=database_url,
            REDIS_URL=redis_url,
            JWT_SECRET=SECRET,
            TRUSTED_PROXIES="127.0.0.1",
            **settings,
        )
        projector = started(("projector",), environment, home)
        running = ApiProcess(
            address=f"http://127.0.0.1:{port}", home=home, database_url=database_url, environment=environment
        )
        try:
            running.start()
            yield running
        finally:
            _end(running.process, projector)


def _environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRIMTAB_")}
    return {**kept, **{f"TRIMTAB_{name}": value for name, value in settings.items()}}


def started(arguments: Sequence[str], environment: Mapping[str, str], home: Path) -> subprocess.Popen[bytes]:
    """Run one of our processes; what it says goes to `output` in `home`."""
    with (home / "output").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "bootstrap.cli", *arguments],
            env=dict(environment),
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def _end(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
