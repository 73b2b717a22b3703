"""What the composition root hands to `create_app`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import time

from api.ports import Positions, Probes
from api.transport import Network
from application.credentials import Credentials, Tokens
from application.idempotency import IdempotencyStore
from application.limits.ports import Limiter, Meter, Tiers
from application.limits.rules import PerMinute
from application.tiers import Tier


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names this service answers for.

    A request straight from this machine has to use one of them or a loopback name, so that a page whose name was
    made to lead here cannot talk to a service of the person who looks at it. Others are checked `everywhere` only.
    """

    names: frozenset[str] = frozenset()
    everywhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """How the API behaves on the wire; durations are seconds, sizes bytes.

    `public_url` prefixes the `type` and `docs` addresses of problems and the OpenAPI server entry; empty
    makes them relative. `max_upload_bytes` is the limit of multipart bodies, what surrounds the file included,
    `max_market_bytes` that of files of market data, `max_series_bytes` that of the series a calculator is sent,
    `max_body_bytes` that of all others.
    `trusted_proxies` are addresses or networks whose X-Forwarded-* headers count. `hosts` are those that requests
    may name, None takes any; `cors_origins` those whose pages may read answers. `body_seconds` is what a body may
    take to arrive, `answer_seconds` what may pass until an answer begins.
    """

    version: str
    public_url: str = ""
    require_https: bool = False
    trusted_proxies: tuple[str | Network, ...] = ()
    hosts: Hosts | None = None
    cors_origins: frozenset[str] = frozenset()
    hsts_max_age: int = 31_536_000
    max_body_bytes: int = 1_000_000
    max_upload_bytes: int = 21_000_000
    max_series_bytes: int = 16_000_000
    max_market_bytes: int = 201_000_000
    settle_seconds: float = 2.0
    read_wait_seconds: float = 2.0
    body_seconds: float = 30.0
    answer_seconds: float = 90.0
    access_log: bool = True
    serve_metrics: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitParts:
    """What requests are counted by; `default_tier` is that of strangers, `clock` gives Unix seconds."""

    limiter: Limiter
    meter: Meter
    tiers: Tiers
    per_minute: PerMinute = field(default_factory=PerMinute)
    default_tier: Tier = "self_hosted"
    clock: Callable[[], float] = time


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """The ports and values behind the endpoints; `services` reach handlers by parameter name.

    Without `limits` nothing is counted.
    """

    settings: HttpSettings
    tokens: Tokens
    credentials: Credentials
    probes: Probes
    positions: Positions
    idempotency: IdempotencyStore
    services: Mapping[str, object] = field(default_factory=dict)
    limits: LimitParts | None = None
