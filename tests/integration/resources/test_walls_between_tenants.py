"""Every route of the OpenAPI document, asked by another tenant for things it knows the ids of.

Generated from the document: a new route is asked as soon as it is there, and one with a parameter that nothing here
has an id for fails until `tests.support.belongings` makes such a thing.
"""

import importlib
import json
import pkgutil
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from tests.support.accounts import log_in, register
from tests.support.belongings import Belongings, everything_of
from tests.support.forgetful import FILTER, forgetting_tenants
from tests.support.service import Service

import infrastructure.billing
import infrastructure.identity
import infrastructure.webhooks
from application.caller import SCOPES
from application.limits.usage import UsageReader
from bootstrap.limits import counting_of, limit_parts, usage_reader
from bootstrap.settings import Settings
from infrastructure.postgres import views

Body = dict[str, Any]
Operation = tuple[str, str, Body]
PARAMETER = re.compile(r"\{(\w+)\}")
OF_EVERYBODY = {"name", "code", "symbol", "ticker"}
"""Parameters that name what is nobody's: whoever asks gets an answer of their own, or none."""
SLOW = ("attribution", "explain", "factors", "performance", "report", "risk", "drift")
"""What is computed anew for each answer."""
SWITCHED_OFF = {"/v1/webhooks/{webhook_id}": {"is_active": False}}
"""What no example asks for, and only then a query runs."""
MOVING = {"last_used_at", "used_at", "projected_at", "position"}
FILE = {"file": ("p.csv", b"ticker,quantity\nAAPL,1\n", "text/csv")}


def operations(document: Body) -> list[Operation]:
    found = [
        (method.upper(), path, described)
        for path, item in document["paths"].items()
        for method, described in item.items()
    ]
    assert len(found) > 90
    return found


def parameters(path: str) -> list[str]:
    return PARAMETER.findall(path)


def is_private(path: str) -> bool:
    """Whether a path leads to something that belongs to somebody."""
    return bool(set(parameters(path)) - OF_EVERYBODY)


def filled(path: str, ids: Mapping[str, str]) -> str:
    return PARAMETER.sub(lambda name: ids.get(name[1], "unknown"), path)


def request_of(described: Body, ids: Mapping[str, str], mark: str) -> Body:
    """A request as the document shows it, that asks for these ids wherever it can: in its query and in its body."""
    query = {
        one["name"]: mark[:3] if one["name"] == "q" else ids[one["name"]]
        for one in described.get("parameters", ())
        if one["in"] == "query" and (one["name"] in ids.keys() - OF_EVERYBODY or one["name"] == "q")
    }
    content = described.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return {"params": query, "files": FILE}
    examples = content.get("application/json", {}).get("examples", {})
    body = {"json": naming(next(iter(examples.values()))["value"], ids)} if examples else {}
    return {"params": query, **body}


def switched_off(path: str, described: Body) -> Body:
    """The same operation with another example."""
    example = {"examples": {"off": {"value": SWITCHED_OFF[path]}}}
    return {**described, "requestBody": {"content": {"application/json": example}}}


def naming(body: Any, ids: Mapping[str, str]) -> Any:
    """An example with these ids in place of its own."""
    if isinstance(body, list):
        return [naming(entry, ids) for entry in body]
    if not isinstance(body, dict):
        return body
    snake = {name: re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name) for name in body}
    return {name: ids.get(snake[name]) or naming(value, ids) for name, value in body.items()}


def leaks(answer: httpx.Response, of: Belongings, sent: str) -> set[str]:
    """What an answer tells of somebody's things that was not in the question."""
    told = answer.text + str(answer.headers)
    return {secret for secret in of.secrets if secret in told and secret not in sent}


class Rival:
    """Another tenant, with one of everything of its own and every kind of credential."""

    def __init__(self, nobody: httpx.AsyncClient, own: Belongings, credentials: Mapping[str, Body]) -> None:
        self._nobody, self.own, self.credentials = nobody, own, credentials

    async def ask(
        self, operation: Operation, ids: Mapping[str, str], mark: str, kind: str
    ) -> tuple[Any, str]:
        """Return the answer to one request, and what was sent."""
        method, path, described = operation
        request = request_of(described, ids, mark)
        where = filled(path, ids)
        headers = await self._headers(path, kind)
        answer = await self._nobody.request(method, where, headers=headers, **request)
        return answer, where + json.dumps(request, default=str)

    async def _headers(self, path: str, kind: str) -> Body:
        if not path.startswith("/v1/auth/") or kind != "person":
            return dict(self.credentials[kind])
        # What ends sessions or accounts is asked by somebody who is not needed afterwards.
        email = f"spare.{datetime.now(UTC).timestamp()}@example.com"
        await register(self._nobody, email)
        return (await log_in(self._nobody, email)).headers


@pytest.fixture
async def usage(service: Service, settings: Settings, redis_server: str) -> AsyncIterator[UsageReader]:
    """What tells the calls of a month, so that this route has an answer too."""
    counted = replace(settings, redis_url=redis_server)
    counting = counting_of(counted, "test", service.connections, CollectorRegistry())
    await counting.start()
    yield usage_reader(limit_parts(counted, counting, service.connections))
    await counting.close()


@pytest.fixture
def nobody(client_of: Any) -> httpx.AsyncClient:
    """A client without a credential of its own."""
    client: httpx.AsyncClient = client_of("nobody", None)
    return client


@pytest.fixture
async def document(nobody: httpx.AsyncClient) -> Body:
    return dict((await nobody.get("/openapi.json")).json())


@pytest.fixture
async def acme(nobody: httpx.AsyncClient, service: Service) -> Belongings:
    return await everything_of(nobody, service, "ZQXA")


@pytest.fixture
async def rival(nobody: httpx.AsyncClient, service: Service, client_of: Any) -> Rival:
    own = await everything_of(nobody, service, "ZQXB")
    key = await nobody.post(
        "/v1/api-keys", json={"name": "all", "scopes": sorted(SCOPES)}, headers=own.owner.headers
    )
    token = client_of(own.owner.tenant, SCOPES).headers["Authorization"]
    credentials = {
        "person": own.owner.headers,
        "key": {"X-API-Key": key.json()["key"]},
        "token": {"Authorization": token},
    }
    return Rival(nobody, own, credentials)


async def owned_by(nobody: httpx.AsyncClient, acme: Belongings, document: Body) -> dict[str, Any]:
    """What an owner reads of all that belongs to a tenant, by path; figures that move by themselves left out."""
    found: dict[str, Any] = {}
    for method, path, _ in operations(document):
        if method == "GET" and is_private(path) and path.rsplit("/", 1)[-1] not in SLOW:
            ids = acme.ids_for(path)
            answer = await nobody.get(filled(path, ids), headers=acme.owner.headers)
            if path.startswith("/v1/risk/"):
                continue
            assert answer.status_code == 200, f"{path} shows its owner nothing: {answer.text}"
            told = answer.headers["content-type"].startswith("application/json")
            found[path] = still(answer.json()) if told else answer.text
    return found


def still(body: Any) -> Any:
    if isinstance(body, list):
        return [still(entry) for entry in body]
    if isinstance(body, dict):
        return {name: still(value) for name, value in body.items() if name not in MOVING}
    return body


async def test_there_is_something_to_ask_for_behind_every_route(document: Body, acme: Belongings) -> None:
    """Fails when a new route has a parameter that nothing of a tenant fits."""
    uncovered = {
        f"{method} {path}"
        for method, path, _ in operations(document)
        if set(parameters(path)) - OF_EVERYBODY - acme.ids_for(path).keys()
    }
    assert uncovered == set()


async def test_nobody_gets_anything_of_another_tenant(
    document: Body, nobody: httpx.AsyncClient, acme: Belongings, rival: Rival
) -> None:
    before = await owned_by(nobody, acme, document)
    assert len(before) >= 20
    assert await holes(document, acme, rival) == []
    assert await owned_by(nobody, acme, document) == before


async def test_the_database_alone_keeps_tenants_apart(
    document: Body, nobody: httpx.AsyncClient, acme: Belongings, rival: Rival
) -> None:
    """The same with every query of the API stripped of its filter: a forgotten one shows nothing of anybody else."""
    before = await owned_by(nobody, acme, document)
    with forgetting_tenants() as forgotten:
        found = await holes(document, acme, rival)
        found += await overflow(document, acme, rival)
    assert found == []
    assert await owned_by(nobody, acme, document) == before
    unasked = {name for name, query in queries() if not any(query in asked for asked in forgotten)}
    assert sorted(unasked) == [], "queries that filter by tenant, and that no route has run"


def queries() -> Iterator[tuple[str, str]]:
    """Every query of the adapters that filters by tenant, under the name of its constant."""
    for package in (infrastructure.identity, infrastructure.webhooks, infrastructure.billing, views):
        for module in pkgutil.iter_modules(package.__path__):
            yield from constants(importlib.import_module(f"{package.__name__}.{module.name}"))
    for name in ("postgres.usage", "postgres.tenant_data", "eventstore.history", "eventstore.answers"):
        yield from constants(importlib.import_module(f"infrastructure.{name}"))


def constants(module: Any) -> Iterator[tuple[str, str]]:
    short = module.__name__.removeprefix("infrastructure.")
    for name, value in vars(module).items():
        for text in texts(value):
            if FILTER.search(text) and text.lstrip().startswith(("select", "with", "update", "delete")):
                yield f"{short}.{name}", text.strip()


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for entry in value:
            yield from texts(entry)


async def holes(document: Body, acme: Belongings, rival: Rival) -> list[str]:
    """What a rival gets that is not its own, route by route."""
    found = []
    for operation, ids, kind in attempts(document, acme, rival):
        method, path, _ = operation
        answer, sent = await rival.ask(operation, ids, acme.mark, kind)
        if (leaked := leaks(answer, acme, sent)) or not is_refusal(path, answer.status_code):
            found.append(f"{method} {path} with a {kind}: {answer.status_code} {leaked} {answer.text[:200]}")
    return found


async def overflow(document: Body, acme: Belongings, rival: Rival) -> list[str]:
    """What a rival gets of somebody else by asking for its own things; what deletes them comes last."""
    found = []
    more = [
        (method, path, switched_off(path, described))
        for method, path, described in operations(document)
        if method == "PATCH" and path in SWITCHED_OFF
    ]
    assert len(more) == len(SWITCHED_OFF)
    for operation in sorted([*operations(document), *more], key=lambda one: one[0] == "DELETE"):
        method, path, _ = operation
        answer, _ = await rival.ask(operation, rival.own.ids_for(path), rival.own.mark, "person")
        if (leaked := leaks(answer, acme, "")) or answer.status_code == 500:
            found.append(f"{method} {path}: {answer.status_code} {leaked} {answer.text[:200]}")
    return found


def is_refusal(path: str, status: int) -> bool:
    """Whether a status tells nothing of somebody else's things; where there are none, whether it is no fault."""
    if not is_private(path):
        return status < 500 or status == 503
    # A token of no person has no sessions at all.
    return status == 404 or (status == 403 and path.startswith("/v1/auth/sessions"))


def attempts(
    document: Body, acme: Belongings, rival: Rival
) -> Iterator[tuple[Operation, Mapping[str, str], str]]:
    """Every route with ids of the other tenant; behind an own id of the rival as well, where there are several."""
    for operation in operations(document):
        _, path, _ = operation
        theirs, own = acme.ids_for(path), rival.own.ids_for(path)
        names = parameters(path)
        for kind in rival.credentials if is_private(path) else ("person",):
            yield operation, theirs, kind
            if len(names) > 1:
                yield operation, {**theirs, names[0]: own[names[0]]}, kind


async def test_the_lists_of_a_tenant_hold_its_own_things(
    document: Body, nobody: httpx.AsyncClient, acme: Belongings, rival: Rival
) -> None:
    """That the lists above are empty of the other tenant's things says something only where they hold own ones."""
    shown = ""
    for method, path, _ in operations(document):
        if method == "GET" and not parameters(path):
            answer = await nobody.get(path, headers=acme.owner.headers)
            shown += answer.text
            assert leaks(answer, rival.own, path) == set(), path
    for name in ("portfolio_id", "recommendation_id", "key_id", "webhook_id", "tenant_id", "session_id"):
        assert acme.ids[name] in shown, name


async def test_what_a_body_or_a_query_names_is_asked_for_too(document: Body, acme: Belongings) -> None:
    """That examples are filled with the other tenant's ids, by the names that bodies give them."""
    described = {(method, path): one for method, path, one in operations(document)}
    stress = request_of(described["POST", "/v1/risk/stress-test"], acme.ids, acme.mark)
    checkout = request_of(described["POST", "/v1/billing/checkout"], acme.ids, acme.mark)
    switch = request_of(described["POST", "/v1/auth/switch"], acme.ids, acme.mark)
    assert stress["json"]["portfolio_id"] == acme.ids["portfolio_id"]
    assert (checkout["json"]["tenantId"], switch["json"]["tenant_id"]) == (acme.owner.tenant,) * 2
