"""The answers with status ≥ 400 that an endpoint can give, as the OpenAPI document describes them."""

from typing import Any, Final

from api.openapi.headers import HEADERS, RATE_REFERENCES
from api.problem_types import type_for_status

Schema = dict[str, Any]
_HEADERS_OF: Final = {
    401: ("WWW-Authenticate",),
    409: ("Retry-After",),
    412: ("ETag",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_VIOLATION: Final[Schema] = {
    "type": "object",
    "required": ["pointer", "field", "code", "detail"],
    "properties": {
        "pointer": {
            **_TEXT_OR_NULL,
            "description": "JSON pointer into the body; null for a parameter or header.",
        },
        "field": {**_TEXT_OR_NULL, "description": "Dotted name of the field, or the parameter or header."},
        "code": {**_TEXT, "description": "What kind of rule is broken, such as `missing` or `out_of_range`."},
        "detail": {**_TEXT, "description": "A sentence for people."},
    },
}
PROBLEM: Final[Schema] = {
    "title": "Problem",
    "description": "An error (RFC 9457). `message` repeats `detail`, `details` the first of `errors`.",
    "type": "object",
    "required": [
        *("type", "title", "status", "detail", "instance", "error", "message", "docs", "errors", "details"),
        *("request_id", "timestamp"),
    ],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Stable address of the kind."},
        "title": {**_TEXT, "description": "The kind in words."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {**_TEXT, "description": "What happened this time."},
        "instance": {**_TEXT, "description": "The path that was asked."},
        "error": {**_TEXT, "description": "The kind as a code."},
        "message": {**_TEXT, "description": "The same as `detail`."},
        "docs": {"type": "string", "format": "uri-reference", "description": "Where to read on."},
        "errors": {"type": "array", "items": _VIOLATION, "description": "All violations at once."},
        "details": {
            "type": ["object", "null"],
            "properties": {"field": _TEXT_OR_NULL, "code": _TEXT},
            "description": "The first violation; null when there is none.",
        },
        "request_id": {**_TEXT_OR_NULL, "description": "The id to quote; also in the header X-Request-ID."},
        "timestamp": {"type": "string", "format": "date-time", "description": "UTC."},
    },
}

REFUSED_REQUEST: Final = "RateLimitProblem"
RATE_LIMIT_PROBLEM: Final[Schema] = {
    "title": REFUSED_REQUEST,
    "description": "The problem of a limit: of requests a minute, or of the calls of the month.",
    "allOf": [
        {"$ref": "#/components/schemas/Problem"},
        {
            "type": "object",
            "required": ["used", "limit", "resetAt"],
            "properties": {
                "used": {"type": "integer", "minimum": 0, "description": "What was used of the limit."},
                "limit": {"type": "integer", "minimum": 0, "description": "What it allows."},
                "resetAt": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "Unix seconds: now + Retry-After, or the first second of the next month, in UTC.",
                },
            },
        },
    ],
}


def problem_answer(status: int, *, limited: bool = False) -> Schema:
    """Return the response object for one status; the 429 of a `limited` operation says how the limits stand."""
    kind = type_for_status(status)
    schema = REFUSED_REQUEST if status == 429 else "Problem"
    answer: Schema = {
        "description": f"{kind.title}. {kind.meaning}",
        "content": {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }
    if names := _HEADERS_OF.get(status):
        answer["headers"] = {name: HEADERS[name] for name in names}
    if limited and status == 429:
        answer["headers"].update(RATE_REFERENCES)
    return answer
