"""Tokens of an external issuer at the door of the API, put together from the settings."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from prometheus_client import CollectorRegistry
from tests.support.demo_api import BasketController, Shelf, a_client
from tests.support.issuer_server import AUDIENCE, LocalIssuer, a_local_issuer

from api.app import create_app
from api.parts import ApiParts, HttpSettings
from bootstrap.api import tokens
from bootstrap.settings import read_settings
from infrastructure.identity.tokens import issue_token

SECRET = "a secret of the tests, long enough for HS256"
BASKET = {"name": "Growth", "kind": "long_only"}


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    with a_local_issuer() as running:
        yield running


@pytest.fixture
async def api(issuer: LocalIssuer, tmp_path: Path) -> AsyncIterator[AsyncClient]:
    """A client without a credential of its own."""
    corp = {"name": "corp", "issuer": issuer.address, "audience": AUDIENCE, "algorithm": "ES256"}
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps([corp]))
    settings = read_settings({"TRIMTAB_OIDC_ISSUERS": str(file), "TRIMTAB_JWT_SECRET": SECRET})
    shelf = Shelf()
    parts = ApiParts(
        settings=HttpSettings(version="1.2.3"),
        tokens=tokens(settings),
        credentials=shelf,
        probes=shelf,
        positions=shelf,
        idempotency=shelf,
        services={"shelf": shelf},
    )
    async with a_client(create_app(parts, [BasketController], registry=CollectorRegistry())) as client:
        yield client


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def a_token_of_ours(tenant: str) -> dict[str, str]:
    return bearing(issue_token(SECRET, tenant, ttl=60, scopes=None, now=datetime.now(UTC)))


async def test_a_person_of_the_issuer_has_data_that_nobody_else_can_name(
    api: AsyncClient, issuer: LocalIssuer
) -> None:
    ann = bearing(issuer.token(tenant_id="acme"))
    assert (await api.post("/v1/baskets", json=BASKET, headers=ann)).status_code == 201
    assert (await api.get("/v1/baskets", headers=ann)).json()["total"] == 1
    assert (await api.get("/v1/baskets", headers=a_token_of_ours("acme"))).json()["total"] == 0
    refused = await api.get("/v1/baskets", headers=a_token_of_ours("corp:acme"))
    assert (refused.status_code, "corp" in refused.json()["detail"]) == (401, True)


@pytest.mark.parametrize("claims", [{"aud": "another"}, {"exp": 1}, {"iss": "https://nobody.test"}], ids=str)
async def test_a_token_that_does_not_fit_is_told_how_to_authenticate(
    api: AsyncClient, issuer: LocalIssuer, claims: dict[str, Any]
) -> None:
    answer = await api.get("/v1/baskets", headers=bearing(issuer.token(**claims)))
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_while_the_issuer_is_away_the_answer_is_to_come_back(
    api: AsyncClient, issuer: LocalIssuer
) -> None:
    issuer.serves("/keys", b"", status=503)
    answer = await api.get("/v1/baskets", headers=bearing(issuer.token()))
    assert (answer.status_code, answer.json()["error"]) == (503, "service_unavailable")
    assert answer.headers["retry-after"] == "2"
    assert (await api.get("/v1/baskets", headers=a_token_of_ours("acme"))).status_code == 200
