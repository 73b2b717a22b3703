"""Refusals of the business on their way between processes: what a worker raises is what its caller catches."""

from typing import Final

from domain.errors import Conflict, DomainError, NotFound, PreconditionFailed, Refused, Unavailable, Violation
from infrastructure.workers.wire import Flaw, Refusal

_KINDS: Final[tuple[tuple[type[DomainError], int], ...]] = (
    (NotFound, 404),
    (Conflict, 409),
    (PreconditionFailed, 412),
    (Refused, 422),
    (Unavailable, 503),
)


def refusal_of(error: Exception) -> Refusal | None:
    """Return the words of a refusal; None for an exception that is none."""
    if not isinstance(error, DomainError):
        return None
    violations = error.violations if isinstance(error, Refused) else ()
    return Refusal(
        status=next((status for kind, status in _KINDS if isinstance(error, kind)), 422),
        code=error.code,
        detail=str(error),
        field=error.field,
        flaws=tuple(Flaw(each.field, each.code, each.detail) for each in violations),
        retry_after=error.retry_after if isinstance(error, Unavailable) else 1,
    )


def error_of(refusal: Refusal) -> DomainError:
    """Return what was refused as the exception it was, as far as its class matters to anyone: kind and code."""
    error = _kind(refusal)
    error.code = refusal.code
    return error


def _kind(refusal: Refusal) -> DomainError:
    match refusal.status:
        case 404:
            return NotFound(refusal.detail, field=refusal.field)
        case 409:
            return Conflict(refusal.detail, field=refusal.field)
        case 412:
            return PreconditionFailed(refusal.detail)
        case 503:
            return Unavailable(refusal.detail, retry_after=refusal.retry_after)
        case _:
            violations = [Violation(flaw.field, flaw.code, flaw.detail) for flaw in refusal.flaws]
            return Refused(refusal.detail, field=refusal.field, violations=violations)
