"""The kinds of problems; the page at `/problems/<code>` is where the `type` of a problem leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: its title is constant, `meaning` explains it on its page."""

    code: str
    status: int
    title: str
    meaning: str


_TYPES: Final = (
    ProblemType(
        "bad_request",
        400,
        "Bad request",
        "The request could not be read: no JSON, no UTF-8, a broken upload.",
    ),
    ProblemType(
        "unauthorized", 401, "Unauthorized", "No credential came with the request, or it was not accepted."
    ),
    ProblemType(
        "forbidden", 403, "Forbidden", "The credential is known, but lacks the scope this endpoint needs."
    ),
    ProblemType("not_found", 404, "Not found", "Nothing is at this address, or it belongs to somebody else."),
    ProblemType(
        "method_not_allowed", 405, "Method not allowed", "The address exists; `Allow` lists what it takes."
    ),
    ProblemType("not_acceptable", 406, "Not acceptable", "None of the accepted media types can be given."),
    ProblemType(
        "request_timeout",
        408,
        "Request timeout",
        "The request did not arrive in time; send it again at once.",
    ),
    ProblemType("conflict", 409, "Conflict", "The request fits, but not the state the resource is in now."),
    ProblemType(
        "request_in_progress",
        409,
        "Request in progress",
        "A request with this Idempotency-Key is still running; repeat it after Retry-After seconds.",
    ),
    ProblemType(
        "precondition_failed", 412, "Precondition failed", "If-Match names another version than the current."
    ),
    ProblemType(
        "content_too_large", 413, "Content too large", "The body is larger than this endpoint takes."
    ),
    ProblemType("uri_too_long", 414, "URI too long", "The address is longer than this service takes."),
    ProblemType(
        "unsupported_media_type",
        415,
        "Unsupported media type",
        "Content-Type is not one this endpoint takes.",
    ),
    ProblemType(
        "misdirected_request",
        421,
        "Misdirected request",
        "The header Host names a service that this one is not.",
    ),
    ProblemType(
        "validation_failed", 422, "Validation failed", "The request was read and refused; `errors` lists why."
    ),
    ProblemType(
        "idempotency_key_reused",
        422,
        "Idempotency key reused",
        "This Idempotency-Key was used before with another payload; use a new key for a new request.",
    ),
    ProblemType("upgrade_required", 426, "HTTPS required", "This service does not answer over plain HTTP."),
    ProblemType(
        "precondition_required", 428, "Precondition required", "Send If-Match with the version you saw."
    ),
    ProblemType(
        "rate_limit_exceeded", 429, "Rate limit exceeded", "Too many requests; wait Retry-After seconds."
    ),
    ProblemType(
        "header_fields_too_large",
        431,
        "Header fields too large",
        "The headers are more or larger than this service takes.",
    ),
    ProblemType(
        "internal_server_error", 500, "Internal server error", "The fault is ours; `request_id` finds it."
    ),
    ProblemType(
        "bad_gateway", 502, "Bad gateway", "A service that this one depends on refused what it was asked."
    ),
    ProblemType(
        "service_unavailable", 503, "Service unavailable", "Something needed is away; try again shortly."
    ),
)
PROBLEM_TYPES: Final[Mapping[str, ProblemType]] = {kind.code: kind for kind in _TYPES}
_BY_STATUS: Final[Mapping[int, ProblemType]] = {kind.status: kind for kind in reversed(_TYPES)}


def type_for_status(status: int) -> ProblemType:
    """Return the general kind for a status; one without a kind of its own counts as its class's first."""
    return _BY_STATUS.get(status) or _BY_STATUS[500 if status >= 500 else 400]
