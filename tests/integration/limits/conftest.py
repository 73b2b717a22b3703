"""A small API whose requests are counted by real servers."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from time import time
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from litestar import Controller, Response, get, post
from litestar.params import JSONBody
from msgspec import Struct
from prometheus_client import CollectorRegistry
from psycopg_pool import AsyncConnectionPool
from tests.support.database import as_api
from tests.support.demo_api import SECRET, Shelf, a_client
from tests.support.streams import redis_url

from api.app import create_app
from api.operation import operation
from api.parts import ApiParts, HttpSettings, LimitParts
from api.request import ApiRequest
from api.resources.usage import UsageController
from application.caller import DEFAULT_SCOPES
from application.credentials import ApiKey
from application.limits.rules import PerMinute
from application.limits.usage import UsageReader
from application.tiers import Tier
from infrastructure.identity.tokens import TokenVerifier, issue_token
from infrastructure.limits.counting import Counting
from infrastructure.postgres.connect import pool
from infrastructure.postgres.tiers import PostgresTiers
from infrastructure.postgres.usage import PostgresUsage

__all__ = ["redis_url"]

PLENTY = PerMinute(auth=10_000, compute=10_000, write=10_000, read=10_000, default=10_000)
MARCH = datetime(2026, 3, 26, 8, tzinfo=UTC).timestamp()


class Clock:
    """The time of the API, which a test may set; Redis has its own."""

    def __init__(self) -> None:
        self.now: float | None = None

    def __call__(self) -> float:
        """Unix seconds."""
        return time() if self.now is None else self.now


CLOCK = Clock()


class SignIn(Struct, frozen=True, kw_only=True):
    email: str
    password: str = ""


class Things(Controller):
    """One route of every kind that is counted in its own way."""

    @get("/v1/things", opt=operation(scope="portfolios:read"))
    async def list_things(self) -> Response[dict[str, int]]:
        return Response({"total": 0}, headers={"ETag": '"1"'})

    @post("/v1/things", opt=operation(scope="portfolios:write", cost=10))
    async def make_thing(self) -> None:
        """Cost ten."""

    @get("/v1/other-things", opt=operation(scope="portfolios:read", rate="default"))
    async def list_others(self) -> None:
        """Belong to no class."""

    @get("/v1/secrets", opt=operation(scope="admin"))
    async def list_secrets(self) -> None:
        """Need a right."""

    @get("/v1/broken", opt=operation(scope="portfolios:read"))
    async def break_down(self) -> None:
        raise RuntimeError

    @get("/v1/midnight", opt=operation(scope="portfolios:read"))
    async def last_over_midnight(self) -> None:
        assert CLOCK.now is not None
        CLOCK.now += 31 * 24 * 3600

    @get("/v1/auth/me", opt=operation())
    async def me(self, request: ApiRequest) -> str:
        return request.caller.tenant

    @post("/v1/auth/switch", status_code=200, opt=operation())
    async def switch(self, request: ApiRequest) -> str:
        return request.caller.tenant

    @post("/v1/auth/login", status_code=200, opt=operation(public=True, account="email"))
    async def login(self, data: JSONBody[SignIn]) -> str:
        return data.email

    @post("/v1/auth/register", status_code=200, opt=operation(public=True))
    async def register(self) -> None:
        """Need nothing."""

    @get("/v1/open", opt=operation(public=True))
    async def public(self) -> None:
        """Be open to all."""


@dataclass
class Limited:
    """An API, what counts for it, and its database as the owner sees it."""

    app: Any
    counting: Counting
    database: "psycopg.Connection[Any]"
    shelf: Shelf
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def client(self, tenant: str | None = "acme", *, peer: str = "192.0.2.1") -> httpx.AsyncClient:
        """A client of a tenant, or of nobody."""
        client = a_client(self.app, peer=peer)
        if tenant is not None:
            token = issue_token(SECRET, tenant, ttl=3600, scopes=DEFAULT_SCOPES, now=datetime.now(UTC))
            client.headers["Authorization"] = f"Bearer {token}"
        self.clients.append(client)
        return client

    def with_key(self, tenant: str, *, requests_per_minute: int | None = None) -> httpx.AsyncClient:
        """A client with an API key of its own."""
        secret = f"tt_live_{len(self.shelf.keys):043}"
        self.shelf.keys[sha256(secret.encode()).digest()] = ApiKey(
            id=uuid4(),
            tenant=tenant,
            name="k",
            scopes=DEFAULT_SCOPES,
            expires_at=None,
            revoked_at=None,
            requests_per_minute=requests_per_minute,
        )
        client = self.client(None)
        client.headers["X-API-Key"] = secret
        return client

    def put_on(self, tier: Tier, tenant: str = "acme") -> None:
        """Give a tenant a tier."""
        self.database.execute(
            "insert into identity.tenant (tenant_id, tier) values (%s, %s) "
            "on conflict (tenant_id) do update set tier = excluded.tier",
            (tenant, tier),
        )

    def kept(self, tenant: str = "acme") -> int:
        """The calls that PostgreSQL has of a tenant."""
        row = self.database.execute(
            "select coalesce(sum(used), 0)::int from identity.usage where tenant_id = %s", (tenant,)
        ).fetchone()
        return int(row[0]) if row else 0


Start = Callable[..., Any]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a Redis that is there, however busy the machine is."""
    monkeypatch.setattr("infrastructure.redis.line.PATIENCE_SECONDS", 60)


@pytest.fixture
async def connections(database_url: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with pool(as_api(database_url), "test") as connections:
        yield connections


@pytest.fixture
async def start(
    database_url: str, redis_url: str, connections: AsyncConnectionPool[Any]
) -> AsyncIterator[Start]:
    """Start APIs; each is a process of its own as far as counting goes."""
    CLOCK.now = None
    async with AsyncExitStack() as stack:

        async def begin(
            per_minute: PerMinute = PLENTY,
            *,
            default_tier: Tier = "self_hosted",
            redis: str = redis_url,
            alone: bool = True,
        ) -> Limited:
            return await stack.enter_async_context(
                _limited(database_url, connections, redis, per_minute, default_tier, alone)
            )

        yield begin


@asynccontextmanager
async def _limited(
    database_url: str,
    connections: AsyncConnectionPool[Any],
    redis: str,
    per_minute: PerMinute,
    default_tier: Tier,
    alone: bool,
) -> AsyncIterator[Limited]:
    counting = Counting(redis, "test", PostgresUsage(connections), alone=alone)
    tiers = PostgresTiers(connections, default_tier)
    shelf = Shelf()
    limits = LimitParts(
        limiter=counting,
        meter=counting,
        tiers=tiers,
        per_minute=per_minute,
        default_tier=default_tier,
        clock=CLOCK,
    )
    parts = ApiParts(
        settings=HttpSettings(version="1.2.3", access_log=False),
        tokens=TokenVerifier.hs256(SECRET),
        credentials=shelf,
        probes=shelf,
        positions=shelf,
        idempotency=shelf,
        services={"usage": UsageReader(counting, tiers, CLOCK)},
        limits=limits,
    )
    app = create_app(parts, [Things, UsageController], registry=CollectorRegistry())
    with psycopg.connect(database_url, autocommit=True) as database:
        limited = Limited(app, counting, database, shelf)
        await counting.start()
        yield limited
        await counting.close()
        for client in limited.clients:
            await client.aclose()


@pytest.fixture
def clock() -> Clock:
    """The time of the API; unset, it is that of the machine."""
    return CLOCK
