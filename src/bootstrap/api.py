"""The API process: HTTP to commands, read models to answers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import uvicorn
from litestar import Litestar

from api.app import create_app
from api.parts import ApiParts, Hosts, HttpSettings
from api.resources import CONTROLLERS
from application.credentials import Tokens
from application.history.past import History
from application.market.imports import MarketLimits, MarketRules
from application.positions.file import ImportLimits
from bootstrap.audit import audit_services
from bootstrap.billing import billing_services, stripe_account
from bootstrap.garbage import collect_rarely
from bootstrap.identity import identity
from bootstrap.ledger import ledger_on
from bootstrap.limits import counting_of, limit_parts, usage_reader
from bootstrap.listening import listening_socket, metrics_of
from bootstrap.read_models import PROJECTIONS
from bootstrap.settings import Settings
from bootstrap.tenants import tenant_services
from bootstrap.unreadable import HttpProtocol
from bootstrap.webhook_parts import webhook_services
from domain.price_age import PriceLimits
from infrastructure.billing.checkouts import StripeCheckouts
from infrastructure.eventstore.answers import PostgresIdempotencyStore
from infrastructure.eventstore.history import PostgresEventReader
from infrastructure.identity.credentials import PostgresCredentials
from infrastructure.identity.issuers import issuer_verifier
from infrastructure.identity.public_keys import verifier_of
from infrastructure.identity.tokens import OwnAccessTokens, TokenVerifier, TokenVerifiers
from infrastructure.imports.pool import FileParser
from infrastructure.marketdata.ecb import EcbRates
from infrastructure.marketdata.quotes import PostgresQuotes
from infrastructure.marketdata.rates import TenantRatesReader
from infrastructure.postgres.connect import connector, pool
from infrastructure.postgres.positions import ReadPositions
from infrastructure.postgres.progress import PostgresProgress
from infrastructure.postgres.reads import TenantReads
from infrastructure.postgres.views.analyses import PostgresAnalysisView
from infrastructure.postgres.views.imports import PostgresImportView
from infrastructure.postgres.views.market import PostgresMarketView
from infrastructure.postgres.views.optimizations import PostgresOptimizationView
from infrastructure.postgres.views.portfolios import PostgresPortfolioView
from infrastructure.postgres.views.recommendations import PostgresRecommendationView
from infrastructure.probes import ServerProbes
from infrastructure.redis.connect import client
from infrastructure.workers.calculations import WorkerCalculations
from infrastructure.workers.pool import WorkerPool, WorkLimits

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

PROCESS = "api"
CONNECTIONS = 10
KEEP_ALIVE_SECONDS = 75
DRAIN_SECONDS = 10
WARM_CALCULATORS_AFTER_SECONDS = 3.0
"""The first answers come before calculators load; one that is asked for sooner loads sooner."""
MULTIPART_BYTES = 65_536
"""What an upload may hold besides its file: boundaries and part headers."""


def main(settings: Settings) -> None:
    """Serve until told to stop; requests that have begun are answered first."""
    listener = listening_socket(settings.host, settings.port, shared=settings.api_processes > 1)
    server = uvicorn.Server(
        uvicorn.Config(
            build(settings),
            loop="uvloop",
            http=HttpProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )
    with listener, metrics_of(PROCESS, settings):
        server.run([listener])


def build(settings: Settings) -> Litestar:
    """Put the API together; what needs the event loop begins with its lifespan."""
    assert settings.api_database_url is not None
    assert settings.redis_url is not None
    connections = pool(settings.api_database_url, PROCESS, size=CONNECTIONS)
    connect = connector(settings.api_database_url, PROCESS)
    positions = ReadPositions(connect, PROJECTIONS)
    answers = PostgresIdempotencyStore(connections, connect)
    files = FileParser(import_limits(settings))
    calculators = calculator_pool(settings)
    redis = client(settings.redis_url, PROCESS)
    credentials = PostgresCredentials(connections)
    checkouts = StripeCheckouts(stripe_account(settings))
    counting = counting_of(settings, PROCESS, connections)
    limits = limit_parts(settings, counting, connections)
    people = identity(settings, connections)
    parts = ApiParts(
        settings=http_settings(settings),
        tokens=tokens(settings, people.tokens),
        credentials=credentials,
        probes=ServerProbes(connections, redis),
        positions=positions,
        idempotency=answers,
        limits=limits,
        services={
            "usage": usage_reader(limits),
            **services(connections, files),
            **tenant_services(connections, credentials, settings),
            **people.services,
            **audit_services(connections, settings.api_database_url),
            **billing_services(connections, settings, checkouts),
            **webhook_services(connections, settings),
            "calculations": WorkerCalculations(calculators),
            "market_rules": market_rules(settings),
            "price_limits": price_limits(settings),
        },
    )

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(redis.aclose)
            stack.push_async_callback(checkouts.close)
            await stack.enter_async_context(connections)
            stack.push_async_callback(answers.close)
            await counting.start()
            stack.push_async_callback(counting.close)
            await people.start()
            stack.push_async_callback(people.close)
            await positions.start()
            stack.push_async_callback(positions.close)
            await files.start()
            stack.push_async_callback(files.close)
            await calculators.start()
            stack.push_async_callback(calculators.close)
            collect_rarely()
            yield

    return create_app(parts, CONTROLLERS, lifespan=[running])


def services(connections: "AsyncConnectionPool[Any]", files: FileParser) -> Mapping[str, object]:
    """Return what the endpoints work with, by the names under which they ask for it."""
    reads = TenantReads(connections)
    return {
        "ledger": ledger_on(connections),
        "portfolios": PostgresPortfolioView(reads),
        "imports": PostgresImportView(reads),
        "recommendations": PostgresRecommendationView(reads),
        "analyses": PostgresAnalysisView(reads),
        "optimizations": PostgresOptimizationView(reads),
        "history": History(PostgresEventReader(connections)),
        "progress": PostgresProgress(connections),
        "files": files,
        "market": PostgresMarketView(reads),
        "quotes": PostgresQuotes(reads),
        "rates": TenantRatesReader(connections, EcbRates()),
    }


def calculator_pool(settings: Settings) -> WorkerPool:
    """Return the processes that calculate, not yet started."""
    limits = WorkLimits(
        max_seconds=settings.calculator_max_seconds,
        max_memory_bytes=settings.calculator_max_memory,
        max_waiting=settings.calculator_max_waiting,
        max_waiting_seconds=settings.calculator_max_seconds,
    )
    return WorkerPool(
        "bootstrap.calculator",
        limits=limits,
        workers=settings.calculator_processes,
        warm_after=WARM_CALCULATORS_AFTER_SECONDS,
    )


def price_limits(settings: Settings) -> PriceLimits:
    """Return how old prices may be."""
    return PriceLimits(stale_days=settings.stale_price_days, hold_back_days=settings.hold_back_days)


def tokens(settings: Settings, own: OwnAccessTokens | None = None) -> Tokens:
    """Return what verifies tokens: of the installation's issuers, of people who signed in, of external issuers."""
    external = settings.oidc_issuers or ()
    reserved = frozenset(one.name for one in external)
    verifiers = []
    if settings.jwt_public_key is not None:
        issuer, audience = settings.jwt_issuer, settings.jwt_audience
        verifiers.append(
            verifier_of(settings.jwt_public_key, issuer=issuer, audience=audience, reserved=reserved)
        )
    if settings.accepts_own_tokens:
        verifiers.append(TokenVerifier.hs256(settings.signing_secret(), reserved=reserved))
    return TokenVerifiers(verifiers, own=own, issuers=[issuer_verifier(one) for one in external])


def http_settings(settings: Settings) -> HttpSettings:
    """Return how the API behaves on the wire."""
    return HttpSettings(
        version=version("trimtab"),
        public_url=(settings.public_url or "").rstrip("/"),
        require_https=settings.require_https,
        trusted_proxies=settings.trusted_proxies,
        hosts=hosts(settings),
        cors_origins=settings.cors_origins,
        body_seconds=settings.body_seconds,
        answer_seconds=settings.request_seconds,
        max_body_bytes=settings.body_max_bytes,
        max_upload_bytes=settings.import_max_bytes + MULTIPART_BYTES,
        max_series_bytes=settings.calculator_max_bytes,
        max_market_bytes=settings.market_import_max_bytes + MULTIPART_BYTES,
        settle_seconds=settings.read_wait_seconds,
        read_wait_seconds=settings.read_wait_seconds,
        serve_metrics=settings.metrics_on_api,
    )


def hosts(settings: Settings) -> Hosts:
    """Return the names that requests may be addressed to."""
    public = urlsplit(settings.public_url or "").hostname
    own = {public.lower()} if public else set()
    return Hosts(settings.allowed_hosts | own, everywhere=bool(settings.allowed_hosts))


def market_rules(settings: Settings) -> MarketRules:
    """Return who may write what all tenants read, and what a file of market data may cost."""
    limits = MarketLimits(
        max_bytes=settings.market_import_max_bytes,
        max_unpacked_bytes=settings.market_import_max_unpacked,
        max_rows=settings.market_import_max_rows,
    )
    return MarketRules(operator=settings.operator_tenant, stale_days=settings.stale_price_days, limits=limits)


def import_limits(settings: Settings) -> ImportLimits:
    """Return what an imported file may cost."""
    return ImportLimits(
        max_bytes=settings.import_max_bytes,
        max_rows=settings.import_max_rows,
        max_columns=settings.import_max_columns,
        max_seconds=settings.import_max_seconds,
        max_memory_bytes=settings.import_max_memory,
    )
