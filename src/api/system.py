"""Health, the OpenAPI document and the other endpoints of the service itself."""

from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec
from litestar import Controller, Litestar, MediaType, Response, get
from prometheus_client import CollectorRegistry

from api.answers import JSON
from api.encoding import encode
from api.metrics import METRICS_TYPE, render
from api.openapi.document import endpoints, openapi_document
from api.operation import operation
from api.parts import HttpSettings
from api.ports import Probes
from api.problems import Problem
from api.request import ApiRequest
from api.services import Service

_CACHE: Final = {"Cache-Control": "no-cache"}
_HEALTHY: Final = {"status": "ok", "version": "0.1.0"}


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The service answers, and so do the parts it stands on."""

    status: Annotated[Literal["ok"], msgspec.Meta(description="`ok`; anything else is a 503 problem.")]
    version: Annotated[str, msgspec.Meta(description="The installed version.")]


class System(Controller):
    """The service about itself."""

    tags = ("System",)

    @get("/health", opt=operation(public=True, rate="none", errors=(503,), example=_HEALTHY))
    async def health(self, http_settings: Service[HttpSettings], probes: Service[Probes]) -> Health:
        """Say whether the service and what it stands on answer.

        503 names what is away, so that a load balancer and a person see the same thing.
        """
        await refuse_when_away(probes)
        return Health(status="ok", version=http_settings.version)

    @get("/health/ready", opt=operation(public=True, rate="none", errors=(503,), example=_HEALTHY))
    async def ready(self, http_settings: Service[HttpSettings], probes: Service[Probes]) -> Health:
        """Say whether this process may get requests."""
        await refuse_when_away(probes)
        return Health(status="ok", version=http_settings.version)

    @get("/openapi.json", opt=operation(public=True), include_in_schema=False, sync_to_thread=False)
    def openapi(self, request: ApiRequest, api_document: "Service[ApiDocument]") -> Response[bytes]:
        """Return this document."""
        body, tag = api_document.openapi(request.app)
        return Response(body, media_type=JSON, headers={"ETag": tag, **_CACHE})

    @get("/llms.txt", opt=operation(public=True), include_in_schema=False, sync_to_thread=False)
    def llms(self, request: ApiRequest, api_document: "Service[ApiDocument]") -> Response[str]:
        """List the endpoints as plain text."""
        return Response(api_document.listing(request.app), media_type=MediaType.TEXT, headers=_CACHE)


@get("/metrics", opt=operation(public=True, rate="none"), include_in_schema=False, sync_to_thread=False)
def metrics(registry: Service[CollectorRegistry]) -> Response[bytes]:
    """Return the metrics of this process."""
    return Response(render(registry), media_type=METRICS_TYPE)


async def refuse_when_away(probes: Probes) -> None:
    """Raise the 503 that names every part that is away."""
    away = await probes.failures()
    if away:
        parts = " ".join(f"{part}: {reason}" for part, reason in away.items())
        extra = {"failing": sorted(away)}
        raise Problem("service_unavailable", f"Away is {parts}", headers={"Retry-After": "1"}, extra=extra)


class ApiDocument:
    """The OpenAPI document and its listing, written when first asked for and kept."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._openapi: tuple[bytes, str] | None = None
        self._listing: str | None = None

    def openapi(self, app: Litestar) -> tuple[bytes, str]:
        """Return the document as JSON, and its entity tag."""
        if self._openapi is None:
            body = encode(openapi_document(app, self._settings))
            self._openapi = body, f'"{sha256(body).hexdigest()[:16]}"'
        return self._openapi

    def listing(self, app: Litestar) -> str:
        """Return one line per endpoint, for programs that read text."""
        if self._listing is None:
            base = self._settings.public_url
            lines = [
                f"- {endpoint.method.upper()} {endpoint.path} ({endpoint.access}): {endpoint.summary}"
                for endpoint in endpoints(app, self._settings)
            ]
            self._listing = "\n".join((*_introduction(base), *lines, ""))
        return self._listing


def _introduction(base: str) -> tuple[str, ...]:
    return (
        "# Trimtab",
        "",
        "> Self-hosted, event-sourced portfolio service: positions and prices in, recommendations and figures out.",
        "",
        f"- [OpenAPI document]({base}/openapi.json): every endpoint with its schemas and errors",
        f"- [Authentication]({base}/docs/authentication): `Authorization: Bearer tt_live_<your-key>` or a JWT; "
        "the scope that an endpoint needs is in brackets",
        f"- [Problems]({base}/problems): every error code",
        "",
        "## Endpoints",
        "",
    )
