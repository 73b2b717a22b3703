"""Where the service runs, what it runs on, and what it tells of itself."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bootstrap.setting import setting
from bootstrap.setting_kinds import (
    DURATION,
    FLAG,
    FOLDER,
    PORT,
    SECONDS,
    TEXT,
    LogFormat,
    LogLevel,
    choice,
    url,
    whole,
)
from infrastructure.embedded.binaries import RedisSource


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """The service."""

    home: Path = setting(
        "TRIMTAB_HOME",
        FOLDER,
        "./.trimtab",
        "The embedded servers' data and the generated secrets.",
    )
    host: str = setting("TRIMTAB_HOST", TEXT, "127.0.0.1", "The address the API listens on.")
    port: int = setting("TRIMTAB_PORT", PORT, "8321", "The port the API listens on.")
    public_url: str | None = setting(
        "TRIMTAB_PUBLIC_URL",
        url("http", "https"),
        None,
        "Where clients reach the API, such as https://trimtab.example.com; it begins the addresses in problems and "
        "in stream entries. Without it: relative ones in problems, the API's own address on the streams.",
    )
    api_processes: int = setting(
        "TRIMTAB_API_PROCESSES", whole(1, 64), "1", "How many processes answer HTTP on the one port."
    )
    database_url: str | None = setting(
        "TRIMTAB_DATABASE_URL",
        url("postgresql", "postgres"),
        None,
        "PostgreSQL 18, as the owner of everything. Without it `trimtab up` starts its own.",
        secret=True,
    )
    own_api_database_url: str | None = setting(
        "TRIMTAB_API_DATABASE_URL",
        url("postgresql", "postgres"),
        None,
        "The same database, as the API. Without it: the role `trimtab_api`, which the migrations create "
        "with a password derived from the owner's.",
        secret=True,
    )
    redis_url: str | None = setting(
        "TRIMTAB_REDIS_URL",
        url("redis", "rediss", "unix"),
        None,
        "Redis 6.2 or newer, or Valkey. Without it `trimtab up` starts its own.",
        secret=True,
    )
    redis_server: RedisSource = setting(
        "TRIMTAB_REDIS_SERVER",
        choice(RedisSource),
        "auto",
        "Which embedded Redis runs: the one on PATH, the bundled one, or (auto) the first of these.",
    )
    stream_retention: timedelta = setting(
        "TRIMTAB_STREAM_RETENTION",
        DURATION,
        "30d",
        "How long entries stay on the Redis streams. Recommendations stay for ever, and nothing goes before "
        "the slowest consumer group has read it.",
    )
    read_wait_seconds: float = setting(
        "TRIMTAB_READ_WAIT_SECONDS", SECONDS, "2", "How long an answer waits for a read model to catch up."
    )
    metrics_port: int | None = setting(
        "TRIMTAB_METRICS_PORT",
        PORT,
        None,
        "Where a process serves its own /metrics. Without it: the API's port + 1 for the API, + 2 for the "
        "projector, + 3 for the relay, + 4 to + 7 for the agents rebalance, risk, attribution and repricing, + 8 for "
        "the webhooks, + 9 for the agent optimization.",
    )
    metrics_host: str = setting(
        "TRIMTAB_METRICS_HOST", TEXT, "127.0.0.1", "The address that /metrics listens on."
    )
    metrics_on_api: bool = setting(
        "TRIMTAB_METRICS_ON_API", FLAG, "false", "Serve /metrics on the API's own port as well."
    )
    log_level: LogLevel = setting(
        "TRIMTAB_LOG_LEVEL", choice(LogLevel), "info", "The least important message that is written."
    )
    log_format: LogFormat = setting(
        "TRIMTAB_LOG_FORMAT",
        choice(LogFormat),
        "auto",
        "How messages are written; auto is text at a terminal, else JSON.",
    )
