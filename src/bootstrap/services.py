"""Which programs make up the service, in the order in which they end."""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from signal import SIGTERM
from urllib.parse import urlsplit

from bootstrap.child import Program
from bootstrap.last_resort import SUPERVISOR
from bootstrap.settings import PROCESSES, Settings
from infrastructure.embedded.leash import leashed
from infrastructure.embedded.ports import free_port, is_free, listens
from infrastructure.embedded.postgres_server import EmbeddedPostgres
from infrastructure.embedded.redis_server import EmbeddedRedis
from infrastructure.embedded.server import Server

# The API stops taking requests first; the others then finish what it accepted.
STOP_ORDER = (
    "api", "agent rebalance", "agent risk", "agent attribution", "agent repricing", "agent optimization", "webhooks",
    "relay", "projector",
)  # fmt: skip


class Services:
    """The programs of one home: embedded servers where the settings name none, and our own processes.

    text : whether our processes write their log entries for people.
    """

    def __init__(self, settings: Settings, *, text: bool, colored: bool = False) -> None:
        self.settings = settings
        self._text = text
        self._colored = colored
        self._postgres = None if settings.database_url else EmbeddedPostgres(settings.home / "postgres")
        self._redis = (
            None if settings.redis_url else EmbeddedRedis(settings.home / "redis", settings.redis_server)
        )

    def servers(self) -> list[Program]:
        """Redis and PostgreSQL, as far as they are ours to run."""
        return [_of_server(server) for server in (self._redis, self._postgres) if server is not None]

    def workers(self) -> list[Program]:
        """Our own processes."""
        further = [f"api {number}" for number in range(2, self.settings.api_processes + 1)]
        return [self._worker(name) for name in (*further, *STOP_ORDER)]

    def addresses(self) -> tuple[str, str]:
        """Where PostgreSQL (as its owner) and Redis are, now; valid once the servers were prepared."""
        database = self._postgres.url() if self._postgres else self.settings.database_url
        redis = self._redis.url() if self._redis else self.settings.redis_url
        assert database is not None
        assert redis is not None
        return database, redis

    def connected(self) -> Settings:
        """The settings with the addresses as they are now."""
        database, redis = self.addresses()
        return self.settings.connected_to(database_url=database, redis_url=redis)

    def environment(self, process: str) -> Mapping[str, str]:
        """What the process is told. The API learns the address of the database in its narrower role only."""
        settings = self.connected()
        told = {
            **os.environ,
            **self._logging(),
            "PYTHONUNBUFFERED": "1",
            SUPERVISOR: str(os.getpid()),
            "TRIMTAB_HOME": str(settings.home),
            "TRIMTAB_HOST": settings.host,
            "TRIMTAB_PORT": str(settings.port),
            "TRIMTAB_DATABASE_URL": settings.database_url or "",
            "TRIMTAB_REDIS_URL": settings.redis_url or "",
        }
        if process in PROCESSES or _is_api(process):
            told["TRIMTAB_METRICS_PORT"] = str(_metrics_port(settings, process))
        if _is_api(process):
            told["TRIMTAB_DATABASE_URL"] = ""
            told["TRIMTAB_API_DATABASE_URL"] = settings.api_database_url or ""
        return told

    def _worker(self, name: str) -> Program:
        is_api = _is_api(name)
        return Program(
            name=name,
            command=lambda: our_command(*("api",) if is_api else name.split()),
            environment=lambda: self.environment(name),
            folder=Path.cwd(),
            starts_first=is_api,
            starts_last=name.startswith(("agent ", "webhooks")),
            is_ready=lambda pid: self._api_listens() if is_api else listens(pid),
        )

    def _api_listens(self) -> bool:
        address = urlsplit(self.settings.api_url)
        try:
            socket.create_connection((address.hostname or "", self.settings.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _logging(self) -> dict[str, str]:
        chosen = {"TRIMTAB_LOG_FORMAT": "text" if self._text else "json"}
        return {**chosen, "FORCE_COLOR": "1"} if self._colored else chosen


def our_command(*arguments: str) -> list[str]:
    """`trimtab` with `arguments`, as a process that ends when we do."""
    program = [sys.executable, "-m", "bootstrap.cli", *arguments]
    return leashed(program, signal=SIGTERM, uid=os.geteuid(), gid=os.getegid())


def _is_api(process: str) -> bool:
    return process.split()[0] == "api"


def _metrics_port(settings: Settings, process: str) -> int:
    """The usual port of `process`; another one where that is taken, say by a second Trimtab on the next port."""
    if process not in PROCESSES:
        return free_port()
    if settings.metrics_port:
        return settings.metrics_port + PROCESSES.index(process)
    usual = settings.metrics_port_of(process)
    return usual if is_free(usual, settings.metrics_host) else free_port()


def _of_server(server: Server) -> Program:
    return Program(
        name=server.name,
        command=server.command,
        environment=lambda: server.environment,
        folder=server.folder,
        prepare=server.prepare,
        is_ready=server.is_ready,
        stop_signal=server.stop_signal,
        stop_seconds=60.0,  # a checkpoint of everything changed lately
    )
