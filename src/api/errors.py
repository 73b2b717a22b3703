"""The one table from what went wrong to what the client is told."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from traceback import format_exception
from typing import Any, Final

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException

from api.conditional import etag
from api.encoding import encode
from api.exchange import Exchange
from api.problem_types import PROBLEM_TYPES, ProblemType, type_for_status
from api.problems import ParameterViolation, Problem, invalid
from api.request import ApiRequest
from api.violations import code_of
from domain.errors import (
    Conflict,
    DomainError,
    Forbidden,
    NotFound,
    PreconditionFailed,
    Refused,
    Unavailable,
    Violation,
    steps,
)

PROBLEM_JSON: Final = "application/problem+json"
AUTHENTICATION_PAGE: Final = "/docs/authentication"
_log = structlog.get_logger("trimtab.api")

_STATUSES: Final[tuple[tuple[type[DomainError], int], ...]] = (
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (PreconditionFailed, 412),
    (Refused, 422),
    (Unavailable, 503),
)


def status_of(error: DomainError) -> int:
    """Return the status a refusal is answered with, by its base class; 422 for one of no special kind."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 422)


def refusals(base: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Yield every refusal there is: each has a page of its own."""
    for refusal in base.__subclasses__():
        yield refusal
        yield from refusals(refusal)


def problem_of(error: Exception) -> Problem:
    """Return the problem an exception stands for; what is not foreseen is a 500 that tells nothing."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DomainError):
        return _of_refusal(error)
    if isinstance(error, ValidationException):
        return _of_signature(error)
    if isinstance(error, HTTPException) and error.status_code < 500:
        kind = type_for_status(error.status_code)
        return Problem(kind.code, _worded(error, kind), status=error.status_code, headers=error.headers)
    return Problem("internal_server_error", "Something failed on our side; nothing more is told here.")


def _of_refusal(error: DomainError) -> Problem:
    status, code = status_of(error), error.code
    violations: tuple[Violation, ...] = ()
    headers: dict[str, str] = {}
    if isinstance(error, Refused):
        violations = error.violations
    elif error.field is not None:
        violations = (Violation(error.field, code, str(error)),)
    if isinstance(error, PreconditionFailed) and error.current_version is not None:
        headers["ETag"] = etag(error.current_version)
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    return Problem(code, str(error), status=status, violations=violations, headers=headers)


def _of_signature(error: ValidationException) -> Problem:
    """Litestar's own refusal; reached by what admission does not look at, such as the parts of an upload."""
    found = error.extra if isinstance(error.extra, list) else []
    violations = [
        Violation(str(entry.get("key", "data")), code_of(entry["message"]), entry["message"])
        for entry in found
        if isinstance(entry, dict) and "message" in entry
    ]
    return invalid(violations or [Violation(None, "missing", error.detail)])


def _worded(error: HTTPException, kind: ProblemType) -> str:
    return error.detail if error.status_code == 400 and error.detail else kind.meaning


def body_of(problem: Problem, exchange: Exchange | None, instance: str, base: str) -> dict[str, Any]:
    """Return the members of the body, in the order of the contract; `base` prefixes addresses."""
    kind = PROBLEM_TYPES.get(problem.code) or type_for_status(problem.status)
    address = f"{base}/problems/{_page(problem.code, kind)}"
    violations = [_shown(violation) for violation in problem.violations]
    first = {name: violations[0][name] for name in ("field", "code")} if violations else None
    return {
        "type": address,
        "title": kind.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
        "error": problem.code,
        "message": problem.detail,
        "docs": f"{base}{AUTHENTICATION_PAGE}" if problem.status == 401 else address,
        "errors": violations,
        "details": first,
        "request_id": exchange.request_id if exchange else None,
        "timestamp": datetime.now(UTC).replace(microsecond=0),
        **problem.extra,
    }


def _page(code: str, kind: ProblemType) -> str:
    """Return whose page explains a problem: its own, or that of its status where, like `no_rows`, it has none."""
    return code if any(refusal.code == code for refusal in refusals()) else kind.code


def _shown(violation: Violation) -> dict[str, Any]:
    return {
        "pointer": pointer_of(violation),
        "field": _readable(violation),
        "code": violation.code,
        "detail": violation.detail,
    }


def pointer_of(violation: Violation) -> str | None:
    """Return the JSON pointer (RFC 6901) of a field of the body; None for a parameter or the request."""
    if violation.field is None or isinstance(violation, ParameterViolation):
        return None
    escaped = (step.replace("~", "~0").replace("/", "~1") for step in steps(violation.field))
    return "/" + "/".join(escaped)


def _readable(violation: Violation) -> str | None:
    if violation.field is None or isinstance(violation, ParameterViolation):
        return violation.field
    return ".".join(steps(violation.field))


class ProblemAnswers:
    """Turns every exception into an application/problem+json response."""

    def __init__(self, base: str) -> None:
        self._base = base

    def __call__(self, request: ApiRequest, error: Exception) -> Response[bytes]:
        """Answer `error`; Litestar calls this for whatever a handler or the router raises."""
        problem = problem_of(error)
        if problem.status >= 500 and not isinstance(error, (Problem, DomainError)):
            # Formatted here: a renderer that shows local variables would log tokens and positions.
            _log.error("request_failed", traceback="".join(format_exception(error)))
        exchange: Exchange | None = request.scope.get("trimtab")  # type: ignore[assignment]
        body = body_of(problem, exchange, request.scope["path"], self._base)
        return Response(
            encode(body),
            status_code=problem.status,
            headers=_sendable(problem.headers),
            media_type=PROBLEM_JSON,
        )


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    return {"Allow" if name.lower() == "allow" else name: value for name, value in headers.items()}
