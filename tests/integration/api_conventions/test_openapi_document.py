"""The document says exactly what is sent: Schemathesis asks the demo API everything it can think of."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from httpx import AsyncClient as Api
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection
from tests.support.demo_api import Shelf, a_client, a_demo_api, a_token

SHELF = Shelf()
SHELF.shown = 10**18
APP = a_demo_api(SHELF, access_log=False)
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP)
BROKEN_ON_PURPOSE = "/v1/baskets/broken"


@SCHEMA.exclude(path=BROKEN_ON_PURPOSE).parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_nothing_undocumented_is_answered(case: Any) -> None:
    token = a_token(scopes=frozenset({"portfolios:read", "portfolios:write", "positions:import", "admin"}))
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = uuid4().hex  # a second request with the same key is another story
    # A header nobody knows is no fault of a request, so a case spoilt in its headers may succeed.
    excluded = [negative_data_rejection] if is_spoilt_in_headers(case) else []
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=excluded)


def is_spoilt_in_headers(case: Any) -> bool:
    headers = case.meta.components.get(ParameterLocation.HEADER)
    return headers is not None and headers.mode.is_negative


async def the_document(**settings: Any) -> dict[str, Any]:
    async with a_client(a_demo_api(**settings)) as api:
        document: dict[str, Any] = (await api.get("/openapi.json")).json()
        return document


def references_in(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for entry in schema:
            yield from references_in(entry)
    elif isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for entry in schema.values():
            yield from references_in(entry)


async def test_all_references_lead_somewhere() -> None:
    document = await the_document()
    components = document["components"]
    known = {f"#/components/{kind}/{name}" for kind in ("schemas", "headers") for name in components[kind]}
    assert set(references_in(document)) == known


async def test_an_endpoint_lists_the_errors_that_can_occur_and_no_others() -> None:
    paths = (await the_document())["paths"]
    assert errors_of(paths["/health"]["get"]) == {400, 422, 500, 503}
    assert errors_of(paths["/v1/baskets"]["get"]) == {400, 401, 403, 422, 429, 500, 503}
    assert errors_of(paths["/v1/baskets"]["post"]) == {400, 401, 403, 408, 409, 413, 415, 422, 429, 500, 503}
    patch = paths["/v1/baskets/{basket_id}"]["patch"]
    assert errors_of(patch) == {400, 401, 403, 404, 408, 409, 412, 413, 415, 422, 429, 500, 503}


async def test_where_https_is_required_every_endpoint_says_so() -> None:
    paths = (await the_document(require_https=True))["paths"]
    assert 426 in errors_of(paths["/health"]["get"])


def errors_of(operation: dict[str, Any]) -> set[int]:
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            assert list(answer["content"]) == ["application/problem+json"]
    return {int(status) for status in operation["responses"] if int(status) >= 400}


async def test_conventions_are_documented_where_they_hold() -> None:
    paths = (await the_document())["paths"]
    assert headers_of(paths["/v1/baskets"]["post"]) == {"Idempotency-Key", "Prefer"}
    assert headers_of(paths["/v1/baskets/{basket_id}"]["get"]) == {"Trimtab-Position", "If-None-Match"}
    assert headers_of(paths["/v1/baskets/{basket_id}"]["patch"]) == {"If-Match", "Prefer"}
    created = paths["/v1/baskets"]["post"]["responses"]["201"]["headers"]
    assert {"Location", "ETag", "Trimtab-Position", "Idempotent-Replayed"} <= set(created)
    needed = [{scheme: ["portfolios:write"]} for scheme in ("accessToken", "bearerKey", "apiKey")]
    assert paths["/v1/baskets"]["post"]["security"] == needed
    assert paths["/health"]["get"]["security"] == []


def headers_of(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}


async def test_two_processes_write_the_same_document() -> None:
    assert await the_document() == await the_document()


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/baskets"])
async def test_a_problem_fits_its_documented_schema(api: Api, path: str) -> None:
    schema = (await api.get("/openapi.json")).json()["components"]["schemas"]["Problem"]
    body = (await api.get(path + "?x=1")).json()
    assert list(Draft202012Validator(schema).iter_errors(body)) == []


async def test_documented_examples_are_accepted(api: Api) -> None:
    post = (await api.get("/openapi.json")).json()["paths"]["/v1/baskets"]["post"]
    for example in post["requestBody"]["content"]["application/json"]["examples"].values():
        assert (await api.post("/v1/baskets", json=example["value"])).status_code == 201
