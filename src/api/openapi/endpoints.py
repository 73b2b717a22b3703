"""One endpoint as the OpenAPI document sees it: parameters, body and every answer it can give."""

from http import HTTPStatus
from inspect import cleandoc
from types import NoneType
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from api.admission import Plan, answer_type, plan_of
from api.exports.negotiation import CSV, XLSX
from api.exports.response import TOTAL
from api.idempotency import MARK
from api.openapi import headers
from api.openapi.problem_answers import problem_answer
from api.openapi.schemas import Schemas
from api.openapi.security import requirements
from api.server_sent_events import EVENT_STREAM

Schema = dict[str, Any]
_JSON: Final = "application/json"
_BODY_ERRORS: Final = frozenset({408, 413, 415})
_FILES: Final[Schema] = {
    CSV: {"schema": {"type": "string"}},
    XLSX: {"schema": {"type": "string", "contentMediaType": XLSX}},
}


class Endpoint:
    """A method of a path."""

    def __init__(self, route: HTTPRoute, method: str, handler: HTTPRouteHandler, *, https_only: bool) -> None:
        self.path = route.path_format
        self.method = method.lower()
        self._handler = handler
        self._https_only = https_only
        self._plan: Plan = plan_of(handler)
        self._path_names = list(route.path_parameters)
        self.name: str = (
            handler.operation_id if isinstance(handler.operation_id, str) else handler.handler_name
        )
        self.idempotent = bool(getattr(handler.fn, MARK, False))
        self.tags = sorted(handler.resolve_tags())

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return self._docstring[0]

    @property
    def access(self) -> str:
        """Who may call it, in short: its scopes, `any credential`, `a person signed in` or `public`."""
        declared = self._plan.operation
        anybody = "a person signed in" if declared.person else "any credential"
        return "public" if declared.public else " and ".join(declared.scopes) or anybody

    @property
    def incoming(self) -> list[Any]:
        """The types this endpoint decodes."""
        types = [parameter.annotation for parameter in self._plan.query.parameters.values()]
        types += [self._path_annotation(name) for name in self._path_names]
        bodies = (self._body, self._plan.operation.upload)
        return types + [body for body in bodies if body is not None]

    @property
    def outgoing(self) -> list[Any]:
        """The types this endpoint encodes."""
        declared = self._plan.operation
        types = [self._answer, *declared.also.values(), *declared.media_types.values()]
        return [annotation for annotation in types if annotation not in (None, NoneType)]

    def described(self, schemas: Schemas) -> Schema:
        """Return the operation object."""
        described: Schema = {
            "operationId": self.name,
            "summary": self.summary,
            "tags": self.tags,
            "parameters": [*self._parameters(schemas), *self._header_parameters()],
            "responses": self._responses(schemas),
            "security": requirements(self._plan.operation),
        }
        if description := "\n".join(self._docstring[1:]).strip():
            described["description"] = description
        if scopes := self._plan.operation.scopes:
            described["x-required-scope"] = " ".join(scopes)
        if self.limited:
            described["x-rate-class"] = self._plan.rate.rate_class
            described["x-rate-cost"] = self._plan.rate.cost
        if self._body is not None:
            described["requestBody"] = self._request_body(schemas)
        return described

    @property
    def _docstring(self) -> list[str]:
        return cleandoc(self._handler.description or self._handler.fn.__doc__ or self.name).splitlines()

    @property
    def _body(self) -> Any:
        data = self._handler.parsed_fn_signature.parameters.get("data")
        if data is not None:
            return data.annotation
        return self._plan.operation.body or self._plan.operation.raw

    @property
    def _answer(self) -> Any:
        return answer_type(self._handler)

    def _path_annotation(self, name: str) -> Any:
        return self._handler.signature_model.__annotations__.get(name, str)

    def _parameters(self, schemas: Schemas) -> list[Schema]:
        found = [
            _parameter(name, "path", schemas.incoming(self._path_annotation(name)), required=True)
            for name in self._path_names
        ]
        for parameter in self._plan.query.parameters.values():
            schema = _without_null(schemas.incoming(parameter.annotation))
            if parameter.default is not None:
                schema = {**schema, "default": parameter.default}
            found.append(_parameter(parameter.name, "query", schema, required=parameter.required))
        return found

    def _header_parameters(self) -> list[Schema]:
        declared = self._plan.operation
        wanted = (
            (self.idempotent, headers.IDEMPOTENCY_KEY),
            (declared.if_match, headers.IF_MATCH),
            (declared.settles, headers.PREFER),
            (declared.waits, headers.PREFER_TO_WAIT),
            (self._plan.reads, headers.READ_POSITION),
            (self._has_tag, headers.IF_NONE_MATCH),
            (self._is_followed, headers.LAST_EVENT_ID),
            (declared.raw is not None, headers.SIGNATURE),
        )
        return [parameter for applies, parameter in wanted if applies]

    @property
    def _has_tag(self) -> bool:
        return self.method == "get" and "ETag" in self._plan.operation.headers

    @property
    def _is_followed(self) -> bool:
        return EVENT_STREAM in (self._media_type, *self._plan.operation.media_types)

    def _request_body(self, schemas: Schemas) -> Schema:
        content: Schema = {"schema": schemas.incoming(self._body)}
        if examples := self._plan.operation.examples:
            content["examples"] = {name: {"value": value} for name, value in examples.items()}
        media_type = "multipart/form-data" if self._plan.multipart else _JSON
        taken = {media_type: content}
        if upload := self._plan.operation.upload:
            taken["multipart/form-data"] = {"schema": schemas.incoming(upload)}
            taken[CSV] = {"schema": {"type": "string", "description": "The file alone, in UTF-8."}}
        required = self._plan.body_required or self._plan.operation.raw is not None
        return {"required": required, "content": taken}

    def _responses(self, schemas: Schemas) -> Schema:
        declared = self._plan.operation
        answers = {self._handler.status_code: self._success(self._answer, schemas)}
        for status, annotation in declared.also.items():
            answers[status] = self._success(annotation, schemas, described_by=status)
        if self._has_tag:
            answers[304] = {"description": "Not modified.", "headers": {"ETag": headers.HEADERS["ETag"]}}
        answers.update({status: problem_answer(status, limited=self.limited) for status in self._problems()})
        return {str(status): answers[status] for status in sorted(answers)}

    def _success(self, annotation: Any, schemas: Schemas, described_by: int | None = None) -> Schema:
        declared = self._plan.operation
        answer: Schema = {
            "description": HTTPStatus(described_by or self._handler.status_code).phrase,
            "headers": {
                **{name: headers.HEADERS[name] for name in self._success_headers()},
                **(headers.RATE_REFERENCES if self.limited else {}),
            },
        }
        if annotation not in (None, NoneType):
            content: Schema = {"schema": schemas.outgoing(annotation)}
            if declared.example is not None and described_by is None:
                content["example"] = declared.example
            answer["content"] = {self._media_type: content}
            for media_type, other in declared.media_types.items():
                answer["content"][media_type] = {"schema": schemas.outgoing(other)}
            if declared.tables and described_by is None:
                answer["content"].update(_FILES)
        return answer

    @property
    def limited(self) -> bool:
        """Whether a limit can refuse it."""
        return self._plan.rate.rate_class is not None

    @property
    def _media_type(self) -> str:
        media_type = self._handler.media_type
        return str(getattr(media_type, "value", media_type) or _JSON)

    def _success_headers(self) -> list[str]:
        declared = self._plan.operation
        names = [*declared.headers]
        names += ["Trimtab-Position"] if declared.settles else []
        names += ["Preference-Applied"] if declared.settles or declared.waits else []
        names += ["Content-Disposition", TOTAL] if declared.tables else []
        names += ["Idempotent-Replayed"] if self.idempotent else []
        return names

    def _problems(self) -> set[int]:
        declared = self._plan.operation
        # 400 is an invalid Host header at least, 422 an unknown query parameter at least.
        # 503 is an answer that takes too long at least.
        statuses = {400, 422, 500, 503} | declared.errors
        # 403 is a key that may not be used from this address at least.
        statuses |= {401, 403} if not declared.public else set()
        statuses |= {429} if self.limited else set()
        statuses |= {404} if self._path_names else set()
        statuses |= _BODY_ERRORS if self._body is not None else set()
        statuses -= {415} if declared.raw is not None else set()
        statuses |= {409} if self.idempotent else set()
        statuses |= {412} if declared.if_match else set()
        return statuses | ({426} if self._https_only else set())


def _parameter(name: str, place: str, schema: Schema, *, required: bool) -> Schema:
    described = {"name": name, "in": place, "required": required, "schema": schema}
    if description := schema.get("description"):
        described["description"] = description
    return described


def _without_null(schema: Schema) -> Schema:
    """Return the schema of a query parameter, which can be left out but cannot be null."""
    arms = [arm for arm in schema.get("anyOf", ()) if arm != {"type": "null"}]
    if not arms:
        return schema
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**rest, **arms[0]} if len(arms) == 1 else {**rest, "anyOf": arms}
