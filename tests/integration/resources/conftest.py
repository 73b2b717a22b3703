"""The API on real read models, in the event loop of the test, with a projector beside it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from prometheus_client import CollectorRegistry
from tests.support.database import as_api
from tests.support.names import resolved_here
from tests.support.service import Service

from api.app import create_app
from api.parts import ApiParts, HttpSettings
from api.resources import CONTROLLERS
from application.calculations import Calculations
from application.caller import DEFAULT_SCOPES
from application.limits.usage import UsageReader
from application.market.imports import MarketRules
from application.webhooks.destination import Destinations
from bootstrap.audit import audit_services
from bootstrap.billing import billing_services, stripe_account
from bootstrap.identity import Identity, identity
from bootstrap.settings import Settings
from bootstrap.tenants import tenant_services
from bootstrap.webhook_parts import webhook_services
from domain.price_age import PriceLimits
from infrastructure.billing.checkouts import StripeCheckouts
from infrastructure.eventstore.answers import PostgresIdempotencyStore
from infrastructure.identity.credentials import PostgresCredentials
from infrastructure.identity.tokens import TokenVerifier, TokenVerifiers, issue_token
from infrastructure.postgres.connect import connector
from infrastructure.postgres.progress import PostgresProgress
from infrastructure.postgres.reads import TenantReads
from infrastructure.postgres.views.market import PostgresMarketView
from infrastructure.workers.calculations import WorkerCalculations
from infrastructure.workers.pool import WorkerPool

SECRET = "a secret of the tests, long enough for HS256"
UPLOAD_BYTES = 300_000
Body = dict[str, Any]
ClientOf = Callable[[str, frozenset[str] | None], httpx.AsyncClient]


class _Healthy:
    async def failures(self) -> Mapping[str, str]:
        return {}


@pytest.fixture
async def calculations(service: Service, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Calculations]:
    """Calculations in processes of their own, as the API has them."""
    monkeypatch.setenv("TRIMTAB_API_DATABASE_URL", as_api(service.database_url))
    calculators = WorkerPool("bootstrap.calculator", warm_after=3600)
    await calculators.start()
    yield WorkerCalculations(calculators)
    await calculators.close()


@pytest.fixture
def settings() -> Settings:
    """What a test may set otherwise by a fixture of its own."""
    return Settings()


@pytest.fixture
async def people(service: Service, settings: Settings, tmp_path: Path) -> AsyncIterator[Identity]:
    """Accounts and sessions; mail waits until a test sends it, into files in `tmp_path`."""
    people = identity(replace(settings, home=tmp_path, jwt_secret=SECRET), service.connections)
    yield people
    await people.close()


@pytest.fixture
def usage() -> UsageReader | None:
    """Nobody counts here, unless a module has a reader of its own."""
    return None


@pytest.fixture
async def app(
    service: Service,
    calculations: Calculations,
    settings: Settings,
    people: Identity,
    usage: UsageReader | None,
) -> AsyncIterator[Litestar]:
    checkouts = StripeCheckouts(stripe_account(settings))
    answers = PostgresIdempotencyStore(service.connections, connector(as_api(service.database_url), "api"))
    credentials = PostgresCredentials(service.connections)
    parts = ApiParts(
        settings=HttpSettings(version="1.2.3", access_log=False, max_upload_bytes=UPLOAD_BYTES),
        tokens=TokenVerifiers([TokenVerifier.hs256(SECRET)], own=people.tokens),
        credentials=credentials,
        probes=_Healthy(),
        positions=service.positions,
        idempotency=answers,
        services={
            **tenant_services(service.connections, credentials, replace(settings, jwt_secret=SECRET)),
            **people.services,
            **audit_services(service.connections, as_api(service.database_url)),
            "ledger": service.ledger,
            "portfolios": service.portfolios,
            "imports": service.imports,
            "recommendations": service.recommendations,
            "analyses": service.analyses,
            "optimizations": service.optimizations,
            "history": service.history,
            "quotes": service.quotes,
            "price_limits": PriceLimits(stale_days=7, hold_back_days=30),
            "rates": service.tenant_rates,
            "files": service.files,
            "progress": PostgresProgress(service.connections),
            "calculations": calculations,
            "market": PostgresMarketView(TenantReads(service.connections)),
            "market_rules": MarketRules(operator="operator"),
            "usage": usage,
            **billing_services(service.connections, settings, checkouts),
            **webhook_services(service.connections, replace(settings, jwt_secret=SECRET)),
            "destinations": Destinations(resolved_here, allow_loopback=True),
        },
    )
    yield create_app(parts, CONTROLLERS, registry=CollectorRegistry())
    await checkouts.close()
    await answers.close()


@pytest.fixture
async def client_of(app: Litestar) -> AsyncIterator[ClientOf]:
    """Clients by tenant and scopes; scopes None sends no credential at all."""
    async with AsyncExitStack() as stack:
        made: list[httpx.AsyncClient] = []

        def client(tenant: str, scopes: frozenset[str] | None = DEFAULT_SCOPES) -> httpx.AsyncClient:
            headers = {}
            if scopes is not None:
                token = issue_token(SECRET, tenant, ttl=3600, scopes=scopes, now=datetime.now(UTC))
                headers["Authorization"] = f"Bearer {token}"
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
            made.append(
                httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers, timeout=30)
            )
            stack.push_async_callback(made[-1].aclose)
            return made[-1]

        yield client


@pytest.fixture
def api(client_of: ClientOf) -> httpx.AsyncClient:
    """A client of tenant `acme` with all rights but admin."""
    return client_of("acme", DEFAULT_SCOPES)


@pytest.fixture
def stranger(client_of: ClientOf) -> httpx.AsyncClient:
    """A client of another tenant."""
    return client_of("other", DEFAULT_SCOPES)


@pytest.fixture
async def portfolio(api: httpx.AsyncClient) -> str:
    """The address of a portfolio of `acme` in US dollars with 25,000 in cash."""
    answer = await api.post(
        "/v1/portfolios",
        json={
            "name": "Growth",
            "portfolio_type": "long_only",
            "initial_cash": 25000,
            "inception_date": "2024-01-02",
        },
    )
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


@pytest.fixture
async def holding(api: httpx.AsyncClient, portfolio: str) -> Body:
    """100 AAPL at a cost of 150 and a price of 175.84 in that portfolio."""
    answer = await api.post(
        f"{portfolio}/positions",
        json={
            "symbol": "AAPL",
            "quantity": 100,
            "price": 150,
            "current_price": "175.84",
            "sector": "technology",
        },
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())
