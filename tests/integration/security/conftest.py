"""One API for all tests about attacks on it, with an issuer of tokens and with billing."""

import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from psycopg import sql
from tests.support.accounts import PASSWORD, SignedIn
from tests.support.api_process import ApiProcess, an_api
from tests.support.database import TEMPLATE, in_database
from tests.support.forged_tokens import AUDIENCE, ISSUER
from tests.support.stripe_server import SECRET_KEY, WEBHOOK_SECRET, StripeServer, a_stripe_server


@pytest.fixture(scope="session")
def issuer_key() -> rsa.RSAPrivateKey:
    """The key with which the issuer of the installation's tokens signs."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def issuer_pem(issuer_key: rsa.RSAPrivateKey) -> str:
    """What everybody knows of that key."""
    public = issuer_key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[StripeServer]:
    with a_stripe_server() as server:
        yield server


@pytest.fixture(scope="session")
def security_database(migrated_server: str) -> Iterator[str]:
    name = sql.Identifier(f"trimtab_security_{os.getpid()}")
    with psycopg.connect(migrated_server, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        connection.execute(sql.SQL("create database {} template {}").format(name, sql.Identifier(TEMPLATE)))
        yield in_database(migrated_server, f"trimtab_security_{os.getpid()}")
        connection.execute(sql.SQL("drop database {} with (force)").format(name))


@pytest.fixture(scope="session")
def api(
    security_database: str, redis_server: str, issuer_pem: str, stripe_server: StripeServer
) -> Iterator[ApiProcess]:
    """The API; use tenants, people and addresses of your own."""
    with an_api(
        security_database,
        redis_server,
        JWT_PUBLIC_KEY=issuer_pem,
        JWT_ISSUER=ISSUER,
        JWT_AUDIENCE=AUDIENCE,
        STRIPE_SECRET_KEY=SECRET_KEY,
        STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET,
        STRIPE_API_URL=stripe_server.url,
        STRIPE_PRICE_PRO="price_pro",
    ) as running:
        yield running


@pytest.fixture
def tenant() -> str:
    """A tenant of this test alone."""
    return f"tenant-{uuid4()}"


@pytest.fixture
def anybody(api: ApiProcess) -> Iterator[httpx.Client]:
    """Somebody without a credential, at an address of their own."""
    with api.client() as client:
        yield client


@pytest.fixture
def client(api: ApiProcess, tenant: str) -> Iterator[httpx.Client]:
    """The owner of that tenant."""
    with api.client_of(tenant) as client:
        yield client


@pytest.fixture
def person(api: ApiProcess) -> SignedIn:
    """Somebody who has just registered and signed in."""
    email = f"{uuid4()}@example.com"
    with api.client() as client:
        names = {"first_name": "Ann", "last_name": "Archer"}
        made = client.post("/v1/auth/register", json={"email": email, "password": PASSWORD, **names})
        assert made.status_code == 201, made.text
        body = {"email": email, "password": PASSWORD, "include_refresh_token": True}
        answer: dict[str, Any] = client.post("/v1/auth/login", json=body).json()
    return SignedIn(
        access_token=answer["access_token"],
        refresh_token=answer["refresh_token"],
        tenant=answer["tenant_id"],
    )
