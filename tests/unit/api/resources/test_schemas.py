from collections.abc import AsyncIterator

import jsonschema  # type: ignore[import-untyped]
import pytest
from httpx import AsyncClient
from prometheus_client import CollectorRegistry
from tests.support.demo_api import SECRET, Shelf, a_client

from api.app import create_app
from api.parts import ApiParts, HttpSettings
from api.resources.schemas import SchemaController
from infrastructure.identity.tokens import TokenVerifier
from projections.published.catalogue import CATALOGUE


@pytest.fixture
async def stranger() -> AsyncIterator[AsyncClient]:
    """A client without any credential."""
    shelf = Shelf()
    parts = ApiParts(
        settings=HttpSettings(version="1.2.3"),
        tokens=TokenVerifier.hs256(SECRET),
        credentials=shelf,
        probes=shelf,
        positions=shelf,
        idempotency=shelf,
    )
    async with a_client(create_app(parts, [SchemaController], registry=CollectorRegistry())) as client:
        yield client


async def test_anybody_may_read_which_events_are_published(stranger: AsyncClient) -> None:
    answer = await stranger.get("/v1/schemas")
    assert answer.status_code == 200
    assert [one["type"] for one in answer.json()["schemas"]] == [kind.event_type for kind in CATALOGUE]


async def test_every_listed_schema_is_served_under_its_address(stranger: AsyncClient) -> None:
    listed = (await stranger.get("/v1/schemas")).json()["schemas"]
    for one in listed:
        served = await stranger.get(one["dataschema"])
        assert served.status_code == 200
        jsonschema.Draft202012Validator.check_schema(served.json())


async def test_an_unknown_schema_is_a_problem(stranger: AsyncClient) -> None:
    answer = await stranger.get("/v1/schemas/pm.portfolio.unknown.v1")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_the_asyncapi_document_carries_the_installed_version(stranger: AsyncClient) -> None:
    document = (await stranger.get("/asyncapi.json")).json()
    assert (document["asyncapi"], document["info"]["version"]) == ("3.0.0", "1.2.3")


async def test_the_endpoints_are_in_the_openapi_document(stranger: AsyncClient) -> None:
    paths = (await stranger.get("/openapi.json")).json()["paths"]
    assert {"/v1/schemas", "/v1/schemas/{name}", "/asyncapi.json"} <= paths.keys()
