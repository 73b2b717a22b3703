"""The pages that the `type` of a problem leads to."""

from dataclasses import asdict
from html import escape
from inspect import cleandoc
from typing import Any, Final

from litestar import Controller, Response, get
from litestar.params import FromPath

from api.errors import refusals, status_of
from api.operation import operation
from api.pages.rendering import plain_page
from api.problem_types import PROBLEM_TYPES, ProblemType, type_for_status
from api.problems import Problem
from api.request import ApiRequest
from domain.errors import DomainError

_HTML: Final = "text/html"
_JSON: Final = "application/json"


def kinds() -> dict[str, ProblemType]:
    """Return every kind of problem, the refusals of the domain included, by code and in order of status."""
    found = {kind.code: kind for kind in map(_kind, refusals())}
    return {kind.code: kind for kind in sorted({**found, **PROBLEM_TYPES}.values(), key=_order)}


def _kind(refusal: type[DomainError]) -> ProblemType:
    status = status_of(refusal.__new__(refusal))
    meaning = cleandoc(refusal.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    return ProblemType(refusal.code, status, type_for_status(status).title, meaning)


def _order(kind: ProblemType) -> tuple[int, str]:
    return kind.status, kind.code


class ProblemPages(Controller):
    """What can go wrong, for people (HTML) and programs (JSON)."""

    path = "/problems"
    include_in_schema = False
    opt = operation(public=True)

    @get(sync_to_thread=False)
    def index(self, request: ApiRequest) -> Response[Any]:
        """List the kinds of problems."""
        known = kinds()
        if _wants_json(request):
            return Response({"problems": [asdict(kind) for kind in known.values()]}, media_type=_JSON)
        entries = "".join(
            f'<dt><a href="/problems/{escape(kind.code)}">{escape(kind.code)}</a> · {kind.status}</dt>'
            f"<dd>{escape(kind.meaning)}</dd>"
            for kind in known.values()
        )
        return plain_page("Problems", f"<dl>{entries}</dl>")

    @get("/{code:str}", sync_to_thread=False)
    def one(self, request: ApiRequest, code: FromPath[str]) -> Response[Any]:
        """Explain one kind."""
        kind = kinds().get(code)
        if kind is None:
            raise Problem("not_found", f"There is no problem {code!r}.")
        if _wants_json(request):
            return Response(asdict(kind), media_type=_JSON)
        code_line = f"<p>Status {kind.status}, <code>{escape(kind.code)}</code>.</p>"
        body = f"<p>{escape(kind.meaning)}</p>{code_line}"
        return plain_page(kind.title, body)


def _wants_json(request: ApiRequest) -> bool:
    return request.best_form(_HTML, _JSON) == _JSON
