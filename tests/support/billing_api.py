"""The endpoints of billing alone, on a database: no read model has a part in them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from litestar import Litestar
from prometheus_client import CollectorRegistry
from tests.support.database import as_api

from api.app import create_app
from api.parts import ApiParts, HttpSettings
from api.resources.billing import BillingController
from bootstrap.billing import billing_services, stripe_account
from bootstrap.settings import Settings
from infrastructure.billing.checkouts import StripeCheckouts
from infrastructure.eventstore.answers import PostgresIdempotencyStore
from infrastructure.identity.credentials import PostgresCredentials
from infrastructure.identity.tokens import TokenVerifier
from infrastructure.postgres.connect import connector, pool
from infrastructure.postgres.positions import ReadPositions


class _Healthy:
    async def failures(self) -> Mapping[str, str]:
        return {}


@asynccontextmanager
async def a_billing_api(database_url: str, settings: Settings, *, secret: str) -> AsyncIterator[Litestar]:
    """Put the endpoints together as the API does; `secret` signs tokens."""
    connect = connector(as_api(database_url), "api")
    checkouts = StripeCheckouts(stripe_account(settings))
    async with pool(as_api(database_url), "api", size=4) as connections:
        answers = PostgresIdempotencyStore(connections, connect)
        parts = ApiParts(
            settings=HttpSettings(version="1.2.3", access_log=False),
            tokens=TokenVerifier.hs256(secret),
            credentials=PostgresCredentials(connections),
            probes=_Healthy(),
            positions=ReadPositions(connect, ()),
            idempotency=answers,
            services=billing_services(connections, settings, checkouts),
        )
        yield create_app(parts, [BillingController], registry=CollectorRegistry())
        await checkouts.close()
        await answers.close()
