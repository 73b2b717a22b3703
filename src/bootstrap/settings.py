"""Everything that can be set from outside: one frozen class, read from `TRIMTAB_*` once, at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from application.identity.register import Registration
from application.tiers import ALLOWANCES, Tier
from bootstrap.setting import Setting, SettingError, setting, settings_of
from bootstrap.setting_kinds import (
    BYTES,
    DURATION,
    DURATIONS,
    FLAG,
    FOLDER,
    HOST_NAMES,
    ISSUERS,
    NETWORKS,
    ORIGINS,
    PATIENCE,
    PORT,
    PROTECTED_URL,
    PUBLIC_KEY,
    SECONDS,
    SECRET,
    SIGNING_KEY,
    TEXT,
    LogFormat,
    LogLevel,
    Network,
    choice,
    url,
    whole,
    word,
)
from infrastructure.embedded.binaries import RedisSource
from infrastructure.embedded.private_files import control_folder, secret_in

if TYPE_CHECKING:
    from infrastructure.identity.issuer_settings import ExternalIssuer

API_ROLE = "trimtab_api"
PROCESSES = (
    "api", "projector", "relay", "agent rebalance", "agent risk", "agent attribution", "agent repricing", "webhooks",
)  # fmt: skip

__all__ = [
    "API_ROLE",
    "PROCESSES",
    "LogFormat",
    "LogLevel",
    "RedisSource",
    "SettingError",
    "Settings",
    "derived_api_password",
    "documented",
    "read_settings",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one run. `Settings()` is what an empty environment gives."""

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
    jwt_secret: str | None = setting(
        "TRIMTAB_JWT_SECRET",
        SECRET,
        None,
        "The secret that signs tokens (HS256). Without it one is made on the first run and kept in "
        "`jwt-secret` in the home folder.",
        secret=True,
    )
    jwt_public_key: str | None = setting(
        "TRIMTAB_JWT_PUBLIC_KEY",
        PUBLIC_KEY,
        None,
        "The public key of whoever issues your tokens, or its file; RS256, ES256 or EdDSA, as the key is. "
        "HS256 tokens are then accepted only where TRIMTAB_JWT_SECRET is set too.",
    )
    jwt_issuer: str | None = setting(
        "TRIMTAB_JWT_ISSUER", TEXT, None, "What the `iss` of a token must be, where set."
    )
    jwt_audience: str | None = setting(
        "TRIMTAB_JWT_AUDIENCE", TEXT, None, "What the `aud` of a token must hold, where set."
    )
    registration: Registration = setting(
        "TRIMTAB_REGISTRATION",
        choice(Registration),
        "open",
        "Who may make an account: anybody (open), or only who was invited.",
    )
    session_ttl: timedelta = setting(
        "TRIMTAB_SESSION_TTL",
        DURATION,
        "30d",
        "How long a session lasts that is not refreshed. Access tokens live for an hour.",
    )
    signing_key_rotation: timedelta = setting(
        "TRIMTAB_SIGNING_KEY_ROTATION",
        DURATION,
        "90d",
        "How old the key that signs access tokens becomes before the next one takes its place.",
    )
    smtp_url: str | None = setting(
        "TRIMTAB_SMTP_URL",
        url("smtp", "smtps"),
        None,
        "The server that mail is handed to, such as smtps://user:password@mail.example.com. Without it mail becomes "
        "files in `outbox` in the home folder.",
        secret=True,
    )
    mail_from: str = setting("TRIMTAB_MAIL_FROM", TEXT, "Trimtab <trimtab@localhost>", "Who mail comes from.")
    password_reset_url: str | None = setting(
        "TRIMTAB_PASSWORD_RESET_URL",
        url("https", "http"),
        None,
        "A page of yours where a new password is chosen; the mail leads there, with `#token=…`. Without it the mail "
        "says which request to send.",
    )
    oidc_issuers: "tuple[ExternalIssuer, ...] | None" = setting(
        "TRIMTAB_OIDC_ISSUERS",
        ISSUERS,
        None,
        "Others whose tokens count, each for tenants of its own: name, issuer, audience, algorithm, and how its keys "
        "are found (see the page on tenants).",
    )
    require_https: bool = setting(
        "TRIMTAB_REQUIRE_HTTPS",
        FLAG,
        "false",
        "Refuse plain HTTP behind a trusted proxy and send HSTS. Loopback requests are exempt.",
    )
    trusted_proxies: tuple[Network, ...] = setting(
        "TRIMTAB_TRUSTED_PROXIES", NETWORKS, "", "The proxies whose X-Forwarded-* headers are believed."
    )
    allowed_hosts: frozenset[str] = setting(
        "TRIMTAB_ALLOWED_HOSTS",
        HOST_NAMES,
        "",
        "The host names that requests may be addressed to, besides that of TRIMTAB_PUBLIC_URL. Without it: any, but "
        "only loopback names for requests straight from this machine, which a page in a browser may have had made.",
    )
    cors_origins: frozenset[str] = setting(
        "TRIMTAB_CORS_ORIGINS",
        ORIGINS,
        "",
        "The origins whose pages may use the API from a browser, the refresh cookie included. Without it: none.",
    )
    metrics_port: int | None = setting(
        "TRIMTAB_METRICS_PORT",
        PORT,
        None,
        "Where a process serves its own /metrics. Without it: the API's port + 1 for the API, + 2 for the "
        "projector, + 3 for the relay, + 4 to + 7 for the agents rebalance, risk, attribution and repricing, + 8 for "
        "the webhooks.",
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
    stream_retention: timedelta = setting(
        "TRIMTAB_STREAM_RETENTION",
        DURATION,
        "30d",
        "How long entries stay on the Redis streams. Recommendations stay for ever, and nothing goes before "
        "the slowest consumer group has read it.",
    )
    log_signing_key: str | None = setting(
        "TRIMTAB_LOG_SIGNING_KEY",
        SIGNING_KEY,
        None,
        "What signs the checkpoints of the event log. Without it a key is made on the first run and kept in "
        "`log-signing-key.pem` in the home folder. Relays on several machines need the same one.",
        secret=True,
    )
    checkpoint_events: int = setting(
        "TRIMTAB_CHECKPOINT_EVENTS",
        whole(1, 1_000_000_000),
        "1000",
        "After how many events the relay signs the event log.",
    )
    checkpoint_interval: timedelta = setting(
        "TRIMTAB_CHECKPOINT_INTERVAL",
        DURATION,
        "10m",
        "How long a new event waits for a signature at most.",
    )
    import_max_bytes: int = setting(
        "TRIMTAB_IMPORT_MAX_BYTES", BYTES, "20MB", "The largest file that can be imported."
    )
    import_max_rows: int = setting(
        "TRIMTAB_IMPORT_MAX_ROWS", whole(1, 10_000_000), "200000", "The most rows of an imported file."
    )
    import_max_columns: int = setting(
        "TRIMTAB_IMPORT_MAX_COLUMNS", whole(1, 16_384), "200", "The most columns of an imported file."
    )
    import_max_seconds: float = setting(
        "TRIMTAB_IMPORT_MAX_SECONDS", SECONDS, "30", "How long reading an imported file may take."
    )
    import_max_memory: int = setting(
        "TRIMTAB_IMPORT_MAX_MEMORY", BYTES, "1GB", "The memory of the process that reads an imported file."
    )
    market_import_max_bytes: int = setting(
        "TRIMTAB_MARKET_IMPORT_MAX_BYTES",
        BYTES,
        "200MB",
        "The largest file of market data that can be imported.",
    )
    market_import_max_unpacked: int = setting(
        "TRIMTAB_MARKET_IMPORT_MAX_UNPACKED",
        BYTES,
        "1GB",
        "What a packed file or a Parquet file of market data may hold once it is unpacked.",
    )
    market_import_max_rows: int = setting(
        "TRIMTAB_MARKET_IMPORT_MAX_ROWS",
        whole(1, 100_000_000),
        "5000000",
        "The most rows of an imported file of market data.",
    )
    operator_tenant: str | None = setting(
        "TRIMTAB_OPERATOR_TENANT",
        TEXT,
        None,
        "The tenant of whoever runs the service: with the scope `admin` it may import the market data that all "
        "tenants read. Without it only the command line can.",
    )
    tiingo_token: str | None = setting(
        "TRIMTAB_TIINGO_TOKEN",
        TEXT,
        None,
        "The token for `trimtab market fetch`, which asks Tiingo for prices.",
        secret=True,
    )
    calculator_processes: int = setting(
        "TRIMTAB_CALCULATOR_PROCESSES",
        whole(1, 64),
        "2",
        "How many calculations an API process lets run at the same time, each in a process of its own.",
    )
    calculator_max_seconds: float = setting(
        "TRIMTAB_CALCULATOR_MAX_SECONDS", SECONDS, "30", "How long a calculation may take."
    )
    calculator_max_memory: int = setting(
        "TRIMTAB_CALCULATOR_MAX_MEMORY",
        BYTES,
        "2GB",
        "The address space of a process that calculates; its libraries take some 400MB of it.",
    )
    calculator_max_waiting: int = setting(
        "TRIMTAB_CALCULATOR_MAX_WAITING",
        whole(1, 10_000),
        "64",
        "How many calculations may wait for a free process; further ones are told to come back.",
    )
    calculator_max_bytes: int = setting(
        "TRIMTAB_CALCULATOR_MAX_BYTES",
        BYTES,
        "16MB",
        "The largest request body of a calculator: ten years of daily returns of 250 assets take some 15MB.",
    )
    api_processes: int = setting(
        "TRIMTAB_API_PROCESSES", whole(1, 64), "1", "How many processes answer HTTP on the one port."
    )
    default_tier: Tier = setting(
        "TRIMTAB_DEFAULT_TIER",
        word(*ALLOWANCES),
        "self_hosted",
        "The tier of tenants that have none of their own. On self_hosted everything is counted, and nothing but the "
        "class auth is refused.",
    )
    limit_auth: int = setting(
        "TRIMTAB_LIMIT_AUTH_PER_MINUTE",
        whole(1, 1_000_000),
        "10",
        "Requests a minute to each route under /v1/auth, by address, by account and address to sign in, and by tenant.",
    )
    limit_compute: int = setting(
        "TRIMTAB_LIMIT_COMPUTE_PER_MINUTE",
        whole(1, 1_000_000),
        "20",
        "Calculations a minute and tenant on the tier free; pro has 5 times as many, quant 20 and enterprise 50 times. "
        "The same holds for the three that follow.",
    )
    limit_write: int = setting(
        "TRIMTAB_LIMIT_WRITE_PER_MINUTE", whole(1, 1_000_000), "30", "Writes a minute and tenant."
    )
    limit_read: int = setting(
        "TRIMTAB_LIMIT_READ_PER_MINUTE", whole(1, 1_000_000), "60", "Reads a minute and tenant."
    )
    limit_default: int = setting(
        "TRIMTAB_LIMIT_DEFAULT_PER_MINUTE",
        whole(1, 1_000_000),
        "100",
        "Other requests a minute, by address where they show no credential; a fifth of them within 10 seconds.",
    )
    read_wait_seconds: float = setting(
        "TRIMTAB_READ_WAIT_SECONDS", SECONDS, "2", "How long an answer waits for a read model to catch up."
    )
    recommendation_ttl: timedelta = setting(
        "TRIMTAB_RECOMMENDATION_TTL", DURATION, "7d", "How long a recommendation can be accepted."
    )
    stale_price_days: int = setting(
        "TRIMTAB_STALE_PRICE_DAYS", whole(1, 3660), "7", "Days after which a price is flagged as old."
    )
    hold_back_days: int = setting(
        "TRIMTAB_HOLD_BACK_DAYS",
        whole(1, 36_600),
        "30",
        "Days after which a price is too old to recommend trades at, unless a recommendation is forced.",
    )
    webhook_allow_loopback: bool = setting(
        "TRIMTAB_WEBHOOK_ALLOW_LOOPBACK",
        FLAG,
        "false",
        "Let webhooks go to this machine, without TLS as well: for trying them out, never for other people's tenants.",
    )
    webhook_timeout_seconds: float = setting(
        "TRIMTAB_WEBHOOK_TIMEOUT_SECONDS",
        PATIENCE,
        "20",
        "How long an endpoint may take to answer a webhook.",
    )
    webhook_retries: tuple[timedelta, ...] = setting(
        "TRIMTAB_WEBHOOK_RETRIES",
        DURATIONS,
        "5s,30s,2m,10m,30m,2h,5h,10h,14h,20h,24h",
        "How long to wait, on the average, after each failed attempt to deliver a webhook; after the last of these "
        "waits comes the last attempt.",
    )
    webhook_disable_after: timedelta = setting(
        "TRIMTAB_WEBHOOK_DISABLE_AFTER",
        DURATION,
        "5d",
        "An endpoint that has taken nothing for that long is disabled once a delivery has failed for good.",
    )
    webhook_retention: timedelta = setting(
        "TRIMTAB_WEBHOOK_RETENTION", DURATION, "30d", "How long deliveries stay in the log."
    )
    body_max_bytes: int = setting(
        "TRIMTAB_BODY_MAX_BYTES", BYTES, "1MB", "The largest request body, imported files aside."
    )
    body_seconds: float = setting(
        "TRIMTAB_BODY_SECONDS",
        PATIENCE,
        "30",
        "How long a request body may take to arrive; a large one gets a second more for each 100 KB of it.",
    )
    request_seconds: float = setting(
        "TRIMTAB_REQUEST_SECONDS",
        PATIENCE,
        "90",
        "How long an answer may take to begin, once the body is there. Imports and the calculators under "
        "/v1/analytics have limits of their own.",
    )
    stripe_secret_key: str | None = setting(
        "TRIMTAB_STRIPE_SECRET_KEY",
        TEXT,
        None,
        "Stripe's secret or restricted key, for `POST /v1/billing/checkout`; it needs to write Checkout Sessions.",
        secret=True,
    )
    stripe_webhook_secret: str | None = setting(
        "TRIMTAB_STRIPE_WEBHOOK_SECRET",
        TEXT,
        None,
        "The signing secret of the endpoint that Stripe sends its events to, `/v1/billing/webhook`.",
        secret=True,
    )
    stripe_price_pro: str | None = setting(
        "TRIMTAB_STRIPE_PRICE_PRO", TEXT, None, "Stripe's id of the recurring price of the tier pro."
    )
    stripe_price_quant: str | None = setting(
        "TRIMTAB_STRIPE_PRICE_QUANT", TEXT, None, "Stripe's id of the recurring price of the tier quant."
    )
    stripe_price_enterprise: str | None = setting(
        "TRIMTAB_STRIPE_PRICE_ENTERPRISE",
        TEXT,
        None,
        "Stripe's id of the recurring price of the tier enterprise.",
    )
    stripe_api_url: str = setting(
        "TRIMTAB_STRIPE_API_URL",
        PROTECTED_URL,
        "https://api.stripe.com",
        "Where Stripe answers.",
    )
    billing_success_url: str | None = setting(
        "TRIMTAB_BILLING_SUCCESS_URL",
        PROTECTED_URL,
        None,
        "Where a browser goes that has paid. Without it: the documentation of this service.",
    )
    billing_cancel_url: str | None = setting(
        "TRIMTAB_BILLING_CANCEL_URL",
        PROTECTED_URL,
        None,
        "Where a browser goes that did not pay after all. Without it: the documentation of this service.",
    )

    @property
    def api_database_url(self) -> str | None:
        """The database as the API's own role sees it; None where no database is known."""
        if self.own_api_database_url or not self.database_url:
            return self.own_api_database_url
        parts = urlsplit(self.database_url)
        password = derived_api_password(unquote(parts.password or "") or self.signing_secret())
        place = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{API_ROLE}:{quote(password, safe='')}@{place}"))

    @property
    def api_password(self) -> str | None:
        """What the role `trimtab_api` logs in with; migrations give it to the role."""
        url = self.api_database_url
        return unquote(urlsplit(url).password or "") or None if url else None

    @property
    def api_url(self) -> str:
        """Where clients on this machine find the API."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def published_url(self) -> str:
        """What begins the addresses that go out on the streams."""
        return (self.public_url or self.api_url).rstrip("/")

    @property
    def accepts_own_tokens(self) -> bool:
        """Whether tokens signed with `signing_secret` count: always, unless only a public key is set."""
        return self.jwt_secret is not None or self.jwt_public_key is None

    def signing_secret(self) -> str:
        """The HS256 secret: the one that is set, else the one in the home folder, made on first use."""
        if self.jwt_secret:
            return self.jwt_secret
        return secret_in(control_folder(self.home) / "jwt-secret")

    def metrics_port_of(self, process: str) -> int:
        """Where `process` (a name of PROCESSES) serves its own /metrics."""
        return self.metrics_port or self.port + 1 + PROCESSES.index(process)

    def connected_to(self, *, database_url: str, redis_url: str) -> "Settings":
        """The same settings with servers that were found or started meanwhile."""
        return replace(self, database_url=database_url, redis_url=redis_url)


def derived_api_password(secret: str) -> str:
    """The password of the role `trimtab_api`, which migrations and connections work out independently.

    One way only: who knows it (the API's process) cannot work out the owner's password.
    """
    return sha256(f"{API_ROLE}:{secret}".encode()).hexdigest()[:32]


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `environment` holds; an empty value counts as none.

    Raises SettingError at the first variable whose value means nothing.
    """
    found = {
        name: description.read(environment[description.variable])
        for name, description in settings_of(Settings)
        if environment.get(description.variable)
    }
    return Settings(**found)


def documented() -> list[Setting]:
    """Every setting, in the order in which it is documented."""
    return [description for _, description in settings_of(Settings)]
