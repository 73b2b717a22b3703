"""Who may do what, for every endpoint that the OpenAPI document names."""

import re
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar

from application.caller import SCOPES

Body = dict[str, Any]
NAMED_BY_EVERYONE = {("PUT", "/v1/market/benchmarks/{ticker}/constituents")}
"""Where a name is no id: whoever writes under it has something of his own afterwards."""
FILE = {"file": ("p.csv", b"ticker,quantity\nAAPL,1\n", "text/csv")}


@pytest.fixture
async def document(api: httpx.AsyncClient) -> Body:
    return dict((await api.get("/openapi.json")).json())


def operations(document: Body) -> list[tuple[str, str, Body]]:
    found = [
        (method.upper(), path, described)
        for path, item in document["paths"].items()
        for method, described in item.items()
        if path.startswith("/v1/")
        and any("accessToken" in way for way in described["security"])
        and {} not in described["security"]
    ]
    assert len(found) > 25
    return found


def request_of(described: Body) -> Body:
    """A request that is right in everything but who sends it."""
    content = described.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return {"files": FILE}
    examples = content.get("application/json", {}).get("examples", {})
    return {"json": next(iter(examples.values()))["value"]} if examples else {}


def filled(path: str, ids: Body) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: str(ids.get(name[1], uuid4())), path)


async def test_nobody_gets_in_without_a_credential(document: Body, client_of: Any) -> None:
    nobody = client_of("acme", None)
    for method, path, described in operations(document):
        answer = await nobody.request(method, filled(path, {}), **request_of(described))
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized"), f"{method} {path}"


async def test_a_credential_without_the_scope_is_refused(document: Body, client_of: Any) -> None:
    for method, path, described in operations(document):
        for scope in described.get("x-required-scope", "").split():
            client = client_of("acme", frozenset(SCOPES - {scope}))
            answer = await client.request(method, filled(path, {}), **request_of(described))
            assert (answer.status_code, answer.json()["error"]) == (403, "forbidden"), f"{method} {path}"


async def test_a_credential_with_the_scopes_that_are_documented_is_not_refused(
    document: Body, client_of: Any
) -> None:
    for method, path, described in operations(document):
        scopes = described.get("x-required-scope", "").split()
        if scopes:
            client = client_of("acme", frozenset(scopes))
            answer = await client.request(method, filled(path, {}), **request_of(described))
            assert "lacks the scope" not in answer.text, f"{method} {path}: {answer.text}"


async def test_what_is_about_a_person_takes_nobody_else(document: Body, client_of: Any) -> None:
    machine = client_of("acme", SCOPES)
    about_persons = [
        (method, path, described)
        for method, path, described in operations(document)
        if described["security"] == [{"accessToken": []}]
    ]
    assert len(about_persons) > 6
    for method, path, described in about_persons:
        answer = await machine.request(method, filled(path, {}), **request_of(described))
        refusal = (404, "not_found") if "{" in path else (403, "forbidden")
        assert (answer.status_code, answer.json()["error"]) == refusal, f"{method} {path}"


async def test_the_listing_for_programs_tells_persons_from_any_credential(api: httpx.AsyncClient) -> None:
    listing = (await api.get("/llms.txt")).text
    for line in ("GET /v1/auth/me (a person signed in)", "GET /v1/usage (any credential)"):
        assert f"\n- {line}: " in listing


async def test_what_belongs_to_another_tenant_is_not_found(
    document: Body, api: httpx.AsyncClient, client_of: Any, portfolio: str, holding: Body
) -> None:
    stranger = client_of("other", SCOPES)
    target = {"allocation_type": "sector", "bucket": "technology", "target_weight": 0.2}
    allocation = (await api.post(f"{portfolio}/allocations", json=target)).json()
    imported = (await api.post(f"{portfolio}/positions/import", files=FILE)).json()
    ids = {
        "portfolio_id": portfolio.rsplit("/", 1)[1],
        "position_id": holding["id"],
        "allocation_id": allocation["id"],
        "import_id": imported["import_id"],
    }
    before = (await api.get(f"{portfolio}/events")).json()
    for method, path, described in operations(document):
        if "{" in path and (method, path) not in NAMED_BY_EVERYONE:
            answer = await stranger.request(method, filled(path, ids), **request_of(described))
            assert (answer.status_code, answer.json()["error"]) == (404, "not_found"), f"{method} {path}"
    assert (await api.get(f"{portfolio}/events")).json() == before


async def test_lists_of_another_tenant_are_empty(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, portfolio: str
) -> None:
    assert (await stranger.get("/v1/portfolios?include_archived=true")).json()["total"] == 0
    assert (await stranger.get("/v1/recommendations")).json()["total"] == 0


async def test_a_trailing_slash_is_the_same_route(api: httpx.AsyncClient, portfolio: str) -> None:
    assert (await api.get(f"{portfolio}/")).status_code == 200
    assert (await api.get("/v1/portfolios/")).status_code == 200


async def test_the_read_models_tell_how_far_they_are(api: httpx.AsyncClient, portfolio: str) -> None:
    body = (await api.get("/v1/system/projections")).json()
    names = {"portfolios", "imports", "recommendations", "analyses", "optimizations"}
    assert {one["name"] for one in body["projections"]} == names
    for one in body["projections"]:
        assert (one["position"], one["lag_events"], one["dead_letters"]) == (body["position"], 0, 0)


async def test_every_example_is_a_request_that_the_service_reads(app: Litestar, document: Body) -> None:
    from api.admission import plan_of

    decoded = 0
    for route in app.routes:
        for handler, _ in getattr(route, "route_handler_map", {}).values():
            plan = plan_of(handler)
            for example in plan.operation.examples.values():
                if plan.operation.raw is not None:
                    msgspec.json.decode(msgspec.json.encode(example), type=plan.operation.raw)
                else:
                    plan.body.decode(msgspec.json.encode(example))  # type: ignore[union-attr]
                decoded += 1
    assert decoded > 15


async def test_every_example_has_the_fields_of_its_answer(document: Body) -> None:
    for method, path, described in operations(document):
        for status, answer in described["responses"].items():
            content = answer.get("content", {}).get("application/json", {})
            if status < "300" and "example" in content:
                schema = document["components"]["schemas"][content["schema"]["$ref"].rsplit("/", 1)[1]]
                missing = set(schema["required"]) - content["example"].keys()
                unknown = content["example"].keys() - schema["properties"].keys()
                assert (missing, unknown) == (set(), set()), f"{method} {path}"


async def test_every_endpoint_has_an_example_of_its_answer(document: Body) -> None:
    without = [
        f"{method} {path}"
        for method, path, described in operations(document)
        if not any(
            "example" in media
            for status, answer in described["responses"].items()
            for media in answer.get("content", {}).values()
            if status < "300"
        )
        and "204" not in described["responses"]
    ]
    assert without == []


async def test_every_field_says_what_it_is(document: Body) -> None:
    """Units and signs are in the descriptions, so there is one for every field."""
    schemas = document["components"]["schemas"]
    silent = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, described in schema.get("properties", {}).items()
        if not says_what_it_is(described)
    ]
    uploads = ("Problem.", "PositionsFile.", "MarketFile.")
    assert [field for field in silent if not field.startswith(uploads)] == []


def says_what_it_is(described: Body) -> bool:
    """Whether a field, one of its alternatives, or the type it refers to has a description."""
    if "description" in described or "$ref" in described:
        return True
    return any(says_what_it_is(arm) for arm in described.get("anyOf", ()))
