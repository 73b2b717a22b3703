"""The whole OpenAPI document."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from litestar import Litestar
from litestar.routes import HTTPRoute

from api.openapi.endpoints import Endpoint
from api.openapi.headers import RATE_HEADERS
from api.openapi.problem_answers import PROBLEM, RATE_LIMIT_PROBLEM, REFUSED_REQUEST
from api.openapi.schemas import Schemas
from api.openapi.security import SCHEMES
from api.openapi.webhooks import webhooks
from api.parts import HttpSettings

DESCRIPTION: Final = """\
Portfolios, positions and rebalancing, market data, performance, risk and attribution: event-sourced and self-hosted.

**Credentials** — `Authorization: Bearer <JWT>`, `Authorization: Bearer <API key>` or `X-API-Key: <API key>`; how to
get one is told at [/docs/authentication](/docs/authentication). The scope that an operation needs is in its security
requirement and in `x-required-scope`.

**Limits** — requests a minute by class, and calls a month by tier. Answers of limited operations say how they stand in
`X-RateLimit-*` and `RateLimit`; beyond a limit it is 429 with `Retry-After`.

**Errors** — every status of 400 and above is `application/problem+json` with all violations at once.

**Repeating** — send `Idempotency-Key` with a POST, and the same request twice has one effect and one answer.

**Versions** — `ETag` on what you read, `If-Match` on what you write, `If-None-Match` for 304.

**Reading your writes** — a write answers when the read models show it and returns `Trimtab-Position`; send
that header with a read to wait for it elsewhere.

**At the door** — whatever the address, a request can be refused before it gets to an operation: 400 (no valid HTTP, no
Host), 405 (TRACE), 408 (it arrives too slowly), 414 and 431 (its address or headers are too long), 415 (packed
body), 421 (another host), 426 (plain HTTP where HTTPS is required). All are problems like those of operations.
"""


def endpoints(app: Litestar, settings: HttpSettings) -> Iterator[Endpoint]:
    """Yield every documented endpoint, by path and method."""
    for route in sorted(app.routes, key=lambda route: route.path_format):
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in sorted(route.route_handler_map.items()):
                if handler.resolve_include_in_schema() and method != "OPTIONS":
                    yield Endpoint(route, method, handler, https_only=settings.require_https)


def openapi_document(app: Litestar, settings: HttpSettings) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an application."""
    described = list(endpoints(app, settings))
    _name_apart(described)
    schemas = Schemas(
        incoming=[annotation for endpoint in described for annotation in endpoint.incoming],
        outgoing=[annotation for endpoint in described for annotation in endpoint.outgoing],
    )
    paths: dict[str, Any] = {}
    for endpoint in described:
        paths.setdefault(endpoint.path, {})[endpoint.method] = endpoint.described(schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Trimtab",
            "version": settings.version,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": settings.public_url or "/"}],
        "tags": [{"name": tag} for tag in sorted({tag for endpoint in described for tag in endpoint.tags})],
        "paths": paths,
        "webhooks": webhooks(),
        "components": {
            "schemas": {**schemas.components, "Problem": PROBLEM, **_limit_problem(described)},
            "headers": RATE_HEADERS,
            "securitySchemes": SCHEMES,
        },
    }


def _limit_problem(described: list[Endpoint]) -> dict[str, Any]:
    return {REFUSED_REQUEST: RATE_LIMIT_PROBLEM} if any(endpoint.limited for endpoint in described) else {}


def _name_apart(described: list[Endpoint]) -> None:
    """Give endpoints whose handlers share a name the last fixed part of their path as well."""
    uses = Counter(endpoint.name for endpoint in described)
    for endpoint in described:
        if uses[endpoint.name] > 1:
            fixed = [part for part in endpoint.path.split("/") if part and not part.startswith("{")]
            endpoint.name = f"{endpoint.name}_{fixed[-1].replace('-', '_').replace('.', '_')}"
