"""The whole OpenAPI document."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from litestar import Litestar
from litestar.routes import HTTPRoute

from api.openapi.endpoints import Endpoint
from api.openapi.problem_answers import PROBLEM
from api.openapi.schemas import Schemas
from api.parts import HttpSettings

DESCRIPTION: Final = """\
Portfolios, positions and rebalancing, market data, performance, risk and attribution: event-sourced and self-hosted.

**Credentials** — `Authorization: Bearer <JWT>`, `Authorization: Bearer <API key>` or `X-API-Key: <API key>`.

**Errors** — every status of 400 and above is `application/problem+json` with all violations at once.

**Repeating** — send `Idempotency-Key` with a POST, and the same request twice has one effect and one answer.

**Versions** — `ETag` on what you read, `If-Match` on what you write, `If-None-Match` for 304.

**Reading your writes** — a write answers when the read models show it and returns `Trimtab-Position`; send
that header with a read to wait for it elsewhere.
"""
_SECURITY: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A JWT, or an API key (`tt_live_…`) in its place.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key (`tt_live_…`).",
    },
}


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
        "components": {
            "schemas": {**schemas.components, "Problem": PROBLEM},
            "securitySchemes": _SECURITY,
        },
    }


def _name_apart(described: list[Endpoint]) -> None:
    """Give endpoints whose handlers share a name the last fixed part of their path as well."""
    uses = Counter(endpoint.name for endpoint in described)
    for endpoint in described:
        if uses[endpoint.name] > 1:
            fixed = [part for part in endpoint.path.split("/") if part and not part.startswith("{")]
            endpoint.name = f"{endpoint.name}_{fixed[-1].replace('-', '_').replace('.', '_')}"
