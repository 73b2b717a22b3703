"""Problems (RFC 9457): the one error body of the API, and the exceptions that become one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from api.problem_types import PROBLEM_TYPES
from domain.errors import Violation

CHALLENGE: Final = 'Bearer realm="trimtab"'
"""How to authenticate (RFC 6750); on every 401, whoever raised it."""


@dataclass(frozen=True, slots=True)
class ParameterViolation(Violation):
    """What is wrong with a query parameter or header: it has a name, but no place in the body."""


class Problem(Exception):
    """An answer with status ≥ 400, raised from anywhere below the edge.

    `code` is the `error` member, one of PROBLEM_TYPES or a narrower one together with `status`; `detail` is
    shown to clients, so it holds no secret; `extra` members stand beside the standard ones.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int | None = None,
        violations: Iterable[Violation] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status or PROBLEM_TYPES[code].status
        self.detail = detail
        self.violations = tuple(violations)
        self.headers = dict(headers or {})
        if self.status == 401:
            self.headers.setdefault("WWW-Authenticate", CHALLENGE)
        self.extra = dict(extra or {})


def invalid(violations: Iterable[Violation]) -> Problem:
    """Return the 422 that lists all `violations`."""
    found = tuple(violations)
    detail = found[0].detail if len(found) == 1 else f"{len(found)} fields of the request were refused."
    return Problem("validation_failed", detail, violations=found)


def unauthorized(reason: str, *, sent: bool = True) -> Problem:
    """Return the 401 that says how to send a credential, and what was wrong; `sent` says whether there was one."""
    how = "Include header: Authorization: Bearer tt_live_<your-key> (or a JWT in its place)"
    detail = f"Missing or invalid API key. {how}. {reason}"
    challenge = f'{CHALLENGE}, error="invalid_token"' if sent else CHALLENGE
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": challenge})


def unavailable(detail: str, *, retry_after: int = 1) -> Problem:
    """Return the 503 for a part that is away or behind; `retry_after` in seconds."""
    return Problem("service_unavailable", detail, headers={"Retry-After": str(retry_after)})
