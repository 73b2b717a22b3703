"""What `trimtab doctor` asks the servers."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bootstrap.finding import Finding, ok, problem, warning
from bootstrap.home import NotRunning, connected
from bootstrap.log_text import without_passwords
from bootstrap.settings import API_ROLE, Settings
from infrastructure.embedded.binaries import OLDEST_REDIS

if TYPE_CHECKING:
    from psycopg import Connection

ANSWER_SECONDS = 3
LARGEST_CLOCK_DIFFERENCE_SECONDS = 2.0


def servers(settings: Settings) -> Iterator[Finding]:
    """PostgreSQL and Redis as they are now, with what the service needs in them."""
    try:
        settings = connected(settings)
    except NotRunning:
        yield ok("servers", "not running; `trimtab up` starts them")
        return
    yield from _reached("PostgreSQL", _postgres, settings)
    yield from _reached("Redis", _redis, settings)


def _reached(
    name: str, check: Callable[[Settings], Iterator[Finding]], settings: Settings
) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except Exception as failure:  # whatever a driver raises is what we want to tell
        yield problem(name, without_passwords(str(failure)).strip().replace("\n", " "))


def _postgres(settings: Settings) -> Iterator[Finding]:
    import psycopg

    url = settings.database_url or settings.own_api_database_url or ""
    with psycopg.connect(url, connect_timeout=ANSWER_SECONDS, autocommit=True) as connection:
        yield ok("PostgreSQL", f"version {_value(connection, 'SHOW server_version')}")
        yield _clock(connection)
        yield _migrated(connection)
        yield from _api_role(connection)


def _clock(connection: "Connection[Any]") -> Finding:
    ours = "SELECT abs(extract(epoch FROM clock_timestamp()) - %s)"
    difference = float(_value(connection, ours, time.time()))
    verdict = ok if difference < LARGEST_CLOCK_DIFFERENCE_SECONDS else warning
    return verdict("clock", f"{difference:.1f} s away from the database's")


def _migrated(connection: "Connection[Any]") -> Finding:
    if _value(connection, "SELECT to_regclass('events.head') IS NOT NULL"):
        return ok("schema", "migrated")
    return problem("schema", "The database holds no event store yet: run `trimtab migrate`.")


def _api_role(connection: "Connection[Any]") -> Iterator[Finding]:
    role = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", (API_ROLE,)
    ).fetchone()
    if role is None:
        yield problem("role", f"The role {API_ROLE} does not exist yet: run `trimtab migrate`.")
    elif role[0]:
        yield problem("role", f"{API_ROLE} is not bound by row-level security: tenants are not kept apart.")
    else:
        yield ok("role", f"{API_ROLE} is bound by row-level security")


def _redis(settings: Settings) -> Iterator[Finding]:
    import redis

    with redis.Redis.from_url(
        settings.redis_url or "", socket_timeout=ANSWER_SECONDS, decode_responses=True
    ) as client:
        facts: dict[str, Any] = client.info()
    version = str(facts["redis_version"])
    new_enough = tuple(map(int, version.split(".")[:2])) >= OLDEST_REDIS
    yield (ok if new_enough else problem)("Redis", f"version {version} (6.2 or newer is needed)")
    if facts["aof_enabled"]:
        yield ok("Redis persistence", "append-only file")
    else:
        yield warning("Redis persistence", "No append-only file: the relay fills the streams again.")


def _value(connection: "Connection[Any]", question: str, *values: object) -> Any:
    row = connection.execute(question, values).fetchone()
    return row[0] if row else None
