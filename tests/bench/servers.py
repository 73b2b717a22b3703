"""Databases of a run, and the processes of the service on them."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
from psycopg import sql
from tests.support.database import api_password, in_database
from tests.support.servers import a_postgres, a_redis

from infrastructure.embedded.ports import free_port
from infrastructure.identity.tokens import issue_token
from infrastructure.postgres.migrate import migrate

SECRET = "the secret of the benchmarks, long enough for HS256"
START_SECONDS = 30.0
FIRST_START_SECONDS = 60.0
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Servers:
    """PostgreSQL and Redis of this run."""

    postgres: str
    redis: str

    def database(self, purpose: str) -> str:
        """The owner's URL of a new database without tables."""
        name = f"bench_{purpose}_{next(_numbers)}"
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return in_database(self.postgres, name)

    def store(self, purpose: str) -> str:
        """The owner's URL of a new database with the service's schema."""
        url = self.database(purpose)
        migrate(url, api_password=api_password(url))
        return url


@contextmanager
def servers() -> Iterator[Servers]:
    """Servers as the tests have them, with every commit on disk before it is acknowledged."""
    with a_postgres() as postgres, a_redis() as redis:
        with psycopg.connect(postgres) as connection:
            durable = connection.execute(
                "select current_setting('fsync'), current_setting('synchronous_commit')"
            )
            assert durable.fetchone() == ("on", "on"), "the figures would mean nothing without fsync"
        yield Servers(postgres, redis)


@dataclass(frozen=True, slots=True)
class Api:
    """A service that answers, and how to be let in."""

    port: int
    database_url: str

    def token(self, tenant: str) -> str:
        """A JWT of a tenant."""
        return issue_token(SECRET, tenant, ttl=3600, scopes=None, now=datetime.now(UTC))


@asynccontextmanager
async def api_and_projector(servers: Servers, database_url: str) -> AsyncIterator[Api]:
    """The processes that a create or an import needs, as `trimtab up` starts them."""
    async with another_api(servers, database_url, {}) as api:
        with tempfile.TemporaryDirectory(prefix="trimtab-bench-") as home:
            environment = _environment(servers, database_url, home, api.port)
            command = ["-m", "bootstrap.cli", "projector"]
            async with process(command, environment, Path(home) / "projector.log"):
                yield api


@asynccontextmanager
async def another_api(
    servers: Servers, database_url: str, settings: Mapping[str, str], *, without: str | None = None
) -> AsyncIterator[Api]:
    """An API on a database, with settings of its own or without one of its guards."""
    port = free_port()
    command = ["-m", "bootstrap.cli", "api"]
    if without is not None:
        command = ["-m", "tests.bench.baselines.unguarded", without]
    with tempfile.TemporaryDirectory(prefix="trimtab-bench-") as home:
        environment = {**_environment(servers, database_url, home, port), **settings}
        async with process(command, environment, Path(home) / "api.log"):
            await answering(port, "/health/ready")
            yield Api(port, database_url)


@asynccontextmanager
async def whole_service(home: Path) -> AsyncIterator[tuple[int, float]]:
    """`trimtab up --no-demo`: its port, and the seconds until it answered for the first time."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRIMTAB_")},
        "TRIMTAB_HOME": str(home),
        "TRIMTAB_PORT": str(port),
        "TRIMTAB_JWT_SECRET": SECRET,
        "TRIMTAB_LOG_FORMAT": "json",
    }
    command = [sys.executable, "-m", "bootstrap.cli", "up", "--no-demo"]
    with open(home / "up.log", "wb") as log:
        started = time.perf_counter()
        running = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            await asyncio.to_thread(_await_health, port, running)
            yield port, time.perf_counter() - started
        finally:
            running.terminate()
            await asyncio.to_thread(running.wait)


def _await_health(port: int, running: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + FIRST_START_SECONDS
    while time.monotonic() < deadline and running.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.01)
    raise TimeoutError("the service never answered")


def _environment(servers: Servers, database_url: str, home: str, port: int) -> dict[str, str]:
    return {
        "TRIMTAB_HOME": home,
        "TRIMTAB_PORT": str(port),
        "TRIMTAB_DATABASE_URL": database_url,
        "TRIMTAB_REDIS_URL": servers.redis,
        "TRIMTAB_JWT_SECRET": SECRET,
        "TRIMTAB_METRICS_PORT": str(free_port()),
        "TRIMTAB_LOG_FORMAT": "json",
    }


@asynccontextmanager
async def process(
    arguments: list[str], environment: dict[str, str], log: Path | None = None, *, answers: bool = False
) -> AsyncIterator["subprocess.Popen[bytes]"]:
    """A Python process that ends with the block; `answers` leaves its standard output to be read."""
    with open(log or os.devnull, "wb") as written:
        running = subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if answers else written,
            stderr=None if answers else written,
        )
        try:
            yield running
        finally:
            running.terminate()
            await asyncio.to_thread(running.communicate)


async def answering(port: int, path: str) -> None:
    """Wait until a GET is answered with 200; a process that never does is a TimeoutError."""
    async with asyncio.timeout(START_SECONDS):
        while not await asyncio.to_thread(_answers, port, path):
            await asyncio.sleep(0.02)


def _answers(port: int, path: str) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


async def run_module(module: str, asked: object) -> object:
    """Run a module in a process of its own: JSON in, JSON out."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    answer, _ = await running.communicate(json.dumps(asked).encode())
    assert running.returncode == 0, f"{module} failed"
    return json.loads(answer)
