"""Builds the ASGI application: the conventions of this package around the given controllers."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from litestar import Controller, Litestar
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler
from litestar.types import BeforeRequestHookHandler, ControllerRouterHandler, ExceptionHandler
from prometheus_client import REGISTRY, CollectorRegistry

from api.admission import Admission, PlanRoutes
from api.answers import CALCULATIONS, ApiResponse
from api.authentication import Authenticator
from api.edge import Edge
from api.errors import ProblemAnswers
from api.exports.noted import NOTES
from api.idempotency import STORE
from api.limits import Limits
from api.metrics import RequestMetrics
from api.pages.documentation import Documentation
from api.pages.problem_pages import ProblemPages
from api.parts import ApiParts
from api.request import ApiRequest
from api.services import provided
from api.settling import POSITIONS, SETTLE_SECONDS
from api.system import ApiDocument, System, metrics


def create_app(
    parts: ApiParts,
    controllers: Sequence[type[Controller] | BaseRouteHandler],
    *,
    registry: CollectorRegistry = REGISTRY,
    lifespan: Iterable[Any] = (),
) -> Litestar:
    """Return the application that serves `controllers` and the system endpoints.

    Every handler declares itself with `opt=operation(...)`; one that does not stops the start.
    """
    settings = parts.settings
    limits = Limits(parts.limits, registry) if parts.limits is not None else None
    admission = Admission(parts, Authenticator(parts.tokens, parts.credentials), limits)
    state = State(
        {
            STORE: parts.idempotency,
            POSITIONS: parts.positions,
            SETTLE_SECONDS: settings.settle_seconds,
            CALCULATIONS: parts.services.get(CALCULATIONS),
            NOTES: parts.services.get(NOTES),
        }
    )
    answers = ProblemAnswers(settings.public_url)
    own: list[ControllerRouterHandler] = [System, Documentation, ProblemPages]
    if settings.serve_metrics:
        own.append(metrics)
    services = {
        **parts.services,
        "http_settings": settings,
        "probes": parts.probes,
        "api_document": ApiDocument(settings),
        "registry": registry,
    }
    app = Litestar(
        route_handlers=[*own, *controllers],
        before_request=cast("BeforeRequestHookHandler", admission.admit),
        dependencies=provided(services),
        exception_handlers={Exception: cast("ExceptionHandler[Exception]", answers)},
        request_class=ApiRequest,
        response_class=ApiResponse,
        request_max_body_size=settings.max_body_bytes,
        openapi_config=None,
        logging_config=None,
        plugins=[
            PlanRoutes(
                services,
                upload_bytes_max=settings.max_upload_bytes,
                series_bytes_max=settings.max_series_bytes,
                market_bytes_max=settings.max_market_bytes,
            )
        ],
        state=state,
        lifespan=[*lifespan],
    )
    app.asgi_handler = Edge(app.asgi_handler, settings, RequestMetrics(registry))  # type: ignore[assignment]
    return app
