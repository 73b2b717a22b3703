"""Admission: who may in, and with what; runs before a handler sees a request.

Credential and scope come first, so that a stranger learns nothing about what a body should look like. Then
query, headers and body are looked at together, and everything that is wrong with them goes into one answer.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast, get_args, get_origin

import msgspec
import structlog
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import HTTPRouteHandler
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute

from api.answers import POSITION
from api.authentication import Authenticator
from api.bodies import JsonBody
from api.exports.negotiation import CSV, FORMATS, JSON, Tables
from api.limits import Limits
from api.operation import OPERATION, Operation
from api.parts import ApiParts
from api.problems import ParameterViolation, Problem, invalid
from api.queries import Query, QueryParameter
from api.rates import rate_of
from api.request import ApiRequest
from api.services import inject_directly
from api.settling import wait_before_reading
from api.uploads import read_upload
from application.limits.rules import Rate
from domain.errors import Violation

PLAN: Final = "admission"


class Plan:
    """What one endpoint admits, worked out once at start."""

    __slots__ = (
        "body",
        "body_required",
        "bounded_elsewhere",
        "multipart",
        "operation",
        "parts",
        "parts_only",
        "query",
        "rate",
        "reads",
        "tables",
        "takes_files",
    )

    def __init__(self, handler: HTTPRouteHandler, parameters: Any, path: str) -> None:
        self.operation: Operation = handler.opt[OPERATION]
        self.rate = rate_of(min(handler.http_methods), path, self.operation)
        paths = self.operation.tables
        self.tables = Tables(answer_type(handler), paths) if paths else None
        known = _query_parameters(handler, parameters) + (self.tables.parameters() if self.tables else [])
        self.query = Query(known, handler.default_deserializer)
        data = handler.parsed_fn_signature.parameters.get("data")
        encoding = getattr(data.kwarg_definition, "media_type", None) if data else None
        self.multipart = encoding == RequestEncodingType.MULTI_PART
        either = self.operation.body is not None
        upload = data.annotation if data is not None and self.multipart else self.operation.upload
        self.parts = () if upload is None else msgspec.structs.fields(upload)
        self.parts_only = upload is not None and upload.__struct_config__.forbid_unknown_fields
        body = data.annotation if data is not None and not self.multipart else self.operation.body
        self.body = JsonBody(body) if body is not None else None
        self.body_required = either or (data is not None and not (data.has_default or data.is_optional))
        self.takes_files = upload is not None
        declared = self.operation
        self.bounded_elsewhere = self.takes_files or declared.large_body or declared.large_upload
        self.reads = "GET" in handler.http_methods and not self.operation.public


def answer_type(handler: HTTPRouteHandler) -> Any:
    """Return what a handler's success answer holds."""
    annotation = handler.parsed_fn_signature.return_type.annotation
    origin = get_origin(annotation)
    if isinstance(origin, type) and issubclass(origin, Response):
        return get_args(annotation)[0]
    return annotation


def plan_of(handler: Any) -> Plan:
    """Return the plan of a registered handler."""
    return cast("Plan", handler.opt[PLAN])


def _query_parameters(handler: HTTPRouteHandler, parameters: Any) -> list[QueryParameter]:
    annotations = _annotations(handler)
    return [
        QueryParameter(
            name=parameter.field_alias,
            annotation=annotations[parameter.field_name],
            required=parameter.is_required and parameter.default is Ellipsis,
            default=None if parameter.default is Ellipsis else parameter.default,
            repeatable=parameter.is_sequence,
        )
        for parameter in sorted(parameters.expected_query_params, key=lambda known: known.field_alias)
    ]


def _annotations(handler: HTTPRouteHandler) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for provider in handler.resolve_dependencies().values():
        found.update(provider.signature_model.__annotations__)
    return {**found, **handler.signature_model.__annotations__}


class PlanRoutes(ReceiveRoutePlugin):
    """Works out the plan of every endpoint as it is registered; one that declares nothing stops the start."""

    def __init__(
        self,
        services: Mapping[str, object],
        *,
        upload_bytes_max: int | None = None,
        series_bytes_max: int | None = None,
        market_bytes_max: int | None = None,
    ) -> None:
        self._services = services
        self._upload_bytes_max, self._series_bytes_max = upload_bytes_max, series_bytes_max
        self._market_bytes_max = market_bytes_max
        self._allowed: dict[str, set[str]] = {}

    def receive_route(self, route: BaseRoute) -> None:
        """Give each handler of the route its plan."""
        if isinstance(route, HTTPRoute):
            allowed = self._allowed.setdefault(route.path_format, set())
            allowed.update(route.methods)
            for handler, parameters in route.route_handler_map.values():
                if handler.http_methods == {"OPTIONS"}:
                    handler.opt[OPERATION] = Operation(public=True, allowed=allowed)
                if OPERATION not in handler.opt:
                    raise ImproperlyConfiguredException(f"{handler} has no opt=operation(...)")
                plan = handler.opt[PLAN] = Plan(handler, parameters, route.path_format)
                if plan.takes_files and self._upload_bytes_max is not None:
                    handler.request_max_body_size = self._upload_bytes_max
                if plan.operation.large_body and self._series_bytes_max is not None:
                    handler.request_max_body_size = self._series_bytes_max
                if plan.operation.large_upload and self._market_bytes_max is not None:
                    handler.request_max_body_size = self._market_bytes_max
                inject_directly(parameters, self._services)


class Admission:
    """Admits requests; `admit` is Litestar's `before_request` hook of every endpoint."""

    def __init__(self, parts: ApiParts, authenticator: Authenticator, limits: Limits | None = None) -> None:
        self._limits = limits
        self._positions = parts.positions
        self._read_wait_seconds = parts.settings.read_wait_seconds
        self._authenticator = authenticator

    async def admit(self, request: ApiRequest) -> Response[None] | None:
        """Let the request in, or raise the Problem that says why not.

        OPTIONS is answered here: Litestar's own answer misses the methods of handlers registered later.
        """
        plan = plan_of(request.route_handler)
        if plan.operation.allowed is not None:
            return Response(
                None, status_code=204, headers={"Allow": ", ".join(sorted(plan.operation.allowed))}
            )
        request.exchange.bounded_elsewhere = plan.bounded_elsewhere
        if not plan.operation.public:
            await self._authorise(request, plan)
        elif self._limits is not None:
            await self._admit_unknown(request, plan.rate)
        violations: list[Violation] = [*plan.query.violations(request.scope["query_string"])]
        position = _read_position(request, violations)
        if plan.body is not None or plan.multipart:
            violations += await _read_body(request, plan, refused=bool(violations))
        if violations:
            raise invalid(violations)
        if plan.tables is not None:
            _choose_form(request, plan.tables)
        if position is not None and plan.reads:
            await wait_before_reading(self._positions, position, self._read_wait_seconds)
        return None

    async def _authorise(self, request: ApiRequest, plan: Plan) -> None:
        exchange = request.exchange
        try:
            caller = exchange.caller = await self._authenticator.caller(exchange)
        except Problem:
            if self._limits is not None:
                await self._limits.admit_stranger(exchange)
            raise
        structlog.contextvars.bind_contextvars(tenant=caller.tenant)
        if self._limits is not None:
            await self._limits.admit_caller(exchange, caller, plan.rate)
        for scope in plan.operation.scopes:
            if not caller.may(scope):
                raise Problem("forbidden", f"The credential lacks the scope `{scope}`.")

    async def _admit_unknown(self, request: ApiRequest, rate: Rate) -> None:
        assert self._limits is not None
        if rate.account is None:
            await self._limits.admit_address(request.exchange, rate)
        else:
            account = named_account(await request.body(), rate.account)
            await self._limits.admit_account(request.exchange, rate, account)


def named_account(body: bytes, field: str) -> str:
    """Return whose password a body tries; of one that does not say, or cannot be read, the account without a name."""
    try:
        named = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    account = named.get(field) if isinstance(named, dict) else None
    return account if isinstance(account, str) else ""


def _choose_form(request: ApiRequest, tables: Tables) -> None:
    request.exchange.varies = True
    request.exchange.export = tables.wanted(request.scope["query_string"], request.best_form(JSON, *FORMATS))


def _read_position(request: ApiRequest, violations: list[Violation]) -> int | None:
    exchange = request.exchange
    sent = exchange.headers.get(b"trimtab-position")
    if sent is None:
        return None
    if not sent.isdigit() or len(sent) > 18:
        violations.append(
            ParameterViolation(POSITION, "malformed", f"{POSITION} takes a non-negative integer")
        )
        return None
    exchange.position = int(sent)
    return exchange.position


async def _read_body(request: ApiRequest, plan: Plan, *, refused: bool) -> tuple[Violation, ...]:
    """Read the body and return what is wrong with it.

    refused : the request is refused whatever its body says, so that nobody will ask for its rules later.
    """
    content_type = request.content_type[0]
    if plan.multipart or (plan.operation.upload and content_type == RequestEncodingType.MULTI_PART):
        await read_upload(request)
        return await _wrong_parts(request, plan)
    body = await request.body()
    if not body:
        if plan.body_required:
            raise Problem("bad_request", "The request has no body; send JSON.")
        return ()
    if plan.operation.upload and content_type == CSV:
        return ()
    if content_type and content_type != "application/json" and not content_type.endswith("+json"):
        others = f", {CSV} or multipart/form-data" if plan.operation.upload else ""
        raise Problem(
            "unsupported_media_type",
            f"Content-Type {content_type} is not taken; send application/json{others}.",
        )
    try:
        value = request._connection_state.json = cast("JsonBody", plan.body).decode(body)
    except Problem as problem:
        if problem.status != 422:
            raise
        return problem.violations
    return tuple(cast("JsonBody", plan.body).rules_broken_by(value)) if refused else ()


async def _wrong_parts(request: ApiRequest, plan: Plan) -> tuple[Violation, ...]:
    form = await request.form()
    found = (_wrong_part(part, form.getall(part.encode_name, [])) for part in plan.parts)
    unknown = set(form) - {part.encode_name for part in plan.parts} if plan.parts_only else ()
    return (*filter(None, found), *(_unknown_part(name, plan) for name in sorted(unknown)))


def _unknown_part(name: str, plan: Plan) -> Violation:
    """Say what a part is doing here; an option sent as one would otherwise be passed over in silence."""
    if name in plan.query.parameters:
        return Violation(name, "misplaced", f"`{name}` is a query parameter, not a part of the upload")
    return Violation(name, "unknown_field", f"`{name}` is not a part of this upload")


def _wrong_part(part: Any, sent: Sequence[object]) -> Violation | None:
    name = part.encode_name
    if not sent:
        return Violation(name, "missing", f"`{name}` is required") if part.required else None
    if part.type is not UploadFile:
        return None
    if len(sent) > 1:
        return Violation(name, "repeated", f"`{name}` is one file; {len(sent)} parts have that name")
    if isinstance(sent[0], str):
        return Violation(name, "wrong_type", f"`{name}` is a file, sent with a filename")
    return None
