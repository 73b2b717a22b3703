"""The PostgreSQL and Redis that tests run against.

In this order: what TRIMTAB_TEST_DATABASE_URL and TRIMTAB_TEST_REDIS_URL name, containers where a Docker
engine answers, else the servers that come with the installation. The tests cannot tell them apart.
"""

import os
import shutil
import socket
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infrastructure.embedded.postgres_server import EmbeddedPostgres
from infrastructure.embedded.redis_server import EmbeddedRedis
from infrastructure.embedded.server import running

POSTGRES_IMAGE = "postgres:18"
REDIS_IMAGE = "redis:8"
MEMORY = Path("/dev/shm")
ROOM_BYTES = 8 * 1024**3


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """The URL, as a superuser, of a database without tables: tests create their own databases beside it."""
    with a_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a Redis that belongs to this run."""
    with a_redis() as url:
        yield url


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A temporary folder that the servers' user may pass through; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="trimtab-test-", dir=_in_memory()))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_memory() -> Path | None:
    """Where files live in memory and there is room for them; None where there is none, which is the usual folder.

    Making the hundreds of files of a database takes a disk twenty times as long, and every test has one of its own. No
    test takes the machine's power away, so none can tell.
    """
    if os.environ.get("TMPDIR") or not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK | os.X_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free >= ROOM_BYTES else None


@contextmanager
def a_postgres() -> Iterator[str]:
    """A PostgreSQL, as a superuser."""
    if url := os.environ.get("TRIMTAB_TEST_DATABASE_URL"):
        yield url
    elif _docker_answers():
        with _postgres_container() as url:
            yield url
    else:
        with reachable_folder() as folder:
            server = EmbeddedPostgres(folder / "postgres")
            with running(server):
                yield server.url("postgres")


def a_redis() -> AbstractContextManager[str]:
    """A Redis."""
    if url := os.environ.get("TRIMTAB_TEST_REDIS_URL"):
        return _given(url)
    return _redis_container() if _docker_answers() else _embedded_redis()


@contextmanager
def _given(url: str) -> Iterator[str]:
    yield url


@contextmanager
def _embedded_redis() -> Iterator[str]:
    with reachable_folder() as folder, running(EmbeddedRedis(folder / "redis")) as url:
        yield url


@contextmanager
def _postgres_container() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library that we do not test
        from testcontainers.postgres import PostgresContainer

        container = PostgresContainer(POSTGRES_IMAGE, username="trimtab", password="trimtab", driver=None)
        container.start()
    try:
        yield container.get_connection_url()
    finally:
        container.stop()


@contextmanager
def _redis_container() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from testcontainers.redis import RedisContainer

        container = RedisContainer(REDIS_IMAGE)
        container.start()
    try:
        yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"
    finally:
        container.stop()


def _docker_answers() -> bool:
    """Whether an engine listens; a `docker` command without one is not enough."""
    address = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    local = address.scheme == "unix"
    with socket.socket(socket.AF_UNIX if local else socket.AF_INET) as engine:
        engine.settimeout(2)
        try:
            engine.connect(address.path if local else (address.hostname, address.port or 2375))
            engine.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b"200 OK" in engine.recv(64)
        except OSError:
            return False
