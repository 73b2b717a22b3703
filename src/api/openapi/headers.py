"""Headers as the OpenAPI document describes them."""

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]
_STRING: Final[Schema] = {"type": "string"}
_POSITION: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}


def _header(description: str, schema: Schema, **more: Any) -> Schema:
    return {"description": description, "schema": schema, **more}


HEADERS: Final[Mapping[str, Schema]] = {
    "ETag": _header(
        "Version of the resource, quoted; with the read position where figures are computed.", _STRING
    ),
    "Location": _header(
        "Address of what was created or accepted.", {"type": "string", "format": "uri-reference"}
    ),
    "Trimtab-Position": _header("Position of the write in the event store.", _POSITION),
    "Preference-Applied": _header("The preferences of the request that were honoured.", _STRING),
    "Idempotent-Replayed": _header(
        "Present when this is the stored answer.", {"type": "string", "enum": ["true"]}
    ),
    "Content-Disposition": _header("The name of the file, where the answer is CSV or a workbook.", _STRING),
    "X-Total-Count": _header(
        "How many rows there are in all, where the answer is CSV or a workbook and was paged.",
        {"type": "integer", "minimum": 0},
    ),
    "Set-Cookie": _header("The refresh token, for browsers: HttpOnly, Secure, SameSite=Strict.", _STRING),
    "Retry-After": _header("Seconds to wait before trying again.", {"type": "integer", "minimum": 0}),
    "WWW-Authenticate": _header("How to authenticate.", _STRING),
}
"""Response headers by name."""
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
RATE_HEADERS: Final[Mapping[str, Schema]] = {
    "X-RateLimit-Limit": _header(
        "What the limit allows that is nearest to refusing. Left out, like the others, where nothing is limited.",
        _COUNT,
    ),
    "X-RateLimit-Remaining": _header("What that limit still allows.", _COUNT),
    "X-RateLimit-Reset": _header("When that limit is whole again, in Unix seconds.", _COUNT),
    "RateLimit-Policy": _header(
        "All limits that apply: name, quota `q` and window `w` in seconds.",
        _STRING,
        example='"read";q=60;w=60, "month";q=100;w=2678400',
    ),
    "RateLimit": _header(
        "How all limits stand: name, remaining `r` and seconds `t` until it is whole again.",
        _STRING,
        example='"read";r=59;t=1, "month";r=53;t=864000',
    ),
}
"""How the limits stand; on the answers of limited operations."""
RATE_REFERENCES: Final[Mapping[str, Schema]] = {
    name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS
}


def _parameter(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


IDEMPOTENCY_KEY: Final = _parameter(
    "Idempotency-Key",
    "Makes the request safe to repeat for at least 24 hours: the same payload gets the stored answer.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
)
IF_MATCH: Final = _parameter(
    "If-Match",
    "Write only if the resource is still at this version; else 412.",
    {"type": "string", "examples": ['"3"']},
)
IF_NONE_MATCH: Final = _parameter(
    "If-None-Match",
    "Answer 304 without a body if the resource still has this tag.",
    {"type": "string", "examples": ['"3"']},
)
READ_POSITION: Final = _parameter(
    "Trimtab-Position", "Answer only when the read models show this position; else 503.", _POSITION
)
PREFER: Final = _parameter(
    "Prefer",
    "`respond-async` answers before the read models show the write; `wait=N` waits N seconds at most.",
    {"type": "string", "examples": ["respond-async", "wait=1"]},
)
PREFER_TO_WAIT: Final = _parameter(
    "Prefer",
    "`wait=N` waits N seconds at most for what is still being computed.",
    {"type": "string", "examples": ["wait=5"]},
)
LAST_EVENT_ID: Final = _parameter(
    "Last-Event-ID",
    "The `id` of the last event that was seen; only what is newer is told. Anything else is passed over.",
    {"type": "string", "examples": ["1042"]},
)
SIGNATURE: Final = {
    **_parameter(
        "stripe-signature",
        "When the body was signed, and its HMAC: `t=<Unix seconds>,v1=<hex>`.",
        {"type": "string", "examples": ["t=1774512000,v1=5257a869"]},
    ),
    "required": True,
}
