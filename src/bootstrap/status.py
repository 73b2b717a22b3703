"""What runs, and how far each follower of the event store has come."""

from typing import TYPE_CHECKING, Any, cast
from urllib.request import urlopen

import msgspec

from bootstrap.home import RunningProcess, process_start, running
from bootstrap.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection
    from redis import Redis

ANSWER_SECONDS = 3.0


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A living child of the supervisor."""

    name: str
    pid: int


class ProjectionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a projection has read, and how many events and seconds it is behind the event store."""

    name: str
    position: int
    lag_events: int
    lag_seconds: float


class RelayStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The last event on the streams, and how many events are not there yet."""

    position: int
    lag_events: int


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Everything `trimtab status` knows. The addresses work, so they hold passwords."""

    api: str
    database_url: str
    redis_url: str
    processes: list[ProcessStatus]
    position: int
    projections: list[ProjectionStatus]
    relay: RelayStatus


def status(settings: Settings) -> Status:
    """The status of the service with `settings`, which name both servers.

    Raises the drivers' own errors where a server does not answer.
    """
    import psycopg
    import redis

    assert settings.database_url is not None
    assert settings.redis_url is not None
    seconds = int(ANSWER_SECONDS)
    with psycopg.connect(settings.database_url, connect_timeout=seconds, autocommit=True) as connection:
        position = head(connection)
        projections = projection_statuses(connection)
    with redis.Redis.from_url(settings.redis_url, socket_timeout=seconds) as client:
        relay = relay_status(client, position)
    found = running(settings.home)
    return Status(
        api=found.api if found else settings.api_url,
        database_url=settings.database_url,
        redis_url=settings.redis_url,
        processes=living(found.processes if found else ()),
        position=position,
        projections=projections,
        relay=relay,
    )


def head(connection: "Connection[Any]") -> int:
    """The position of the last event; 0 where there is none."""
    row = connection.execute("SELECT position FROM events.head").fetchone()
    return int(row[0]) if row else 0


def projection_statuses(connection: "Connection[Any]") -> list[ProjectionStatus]:
    """Every projection; the lag in seconds is the age of the first event it has not read."""
    rows = connection.execute(
        "SELECT projection, position, lag_events, lag_seconds FROM read.progress() ORDER BY projection"
    )
    return [
        ProjectionStatus(name=name, position=position, lag_events=behind, lag_seconds=round(late, 3))
        for name, position, behind, late in rows
    ]


def relay_status(client: "Redis", position: int) -> RelayStatus:
    """How far the relay has read, as it notes beside the streams: not every event is published."""
    from infrastructure.redis.publisher import CHECKPOINT

    published = int(cast("bytes", client.hget(CHECKPOINT, "position")) or 0)
    return RelayStatus(position=published, lag_events=max(position - published, 0))


def living(processes: "tuple[RunningProcess, ...]") -> list[ProcessStatus]:
    """Those of the processes that still run."""
    return [
        ProcessStatus(name=process.name, pid=process.pid)
        for process in processes
        if process_start(process.pid) == process.started_at
    ]


def api_is_healthy(address: str) -> bool:
    """Whether the API answers that it and what it stands on are well."""
    try:
        with urlopen(f"{address}/health", timeout=ANSWER_SECONDS) as answer:  # noqa: S310 our own address
            return bool(answer.status == 200)
    except OSError:
        return False
