"""What the business refuses, and why: the base classes every refusal derives from.

A refusal is a subclass with its own `code`; its message is a sentence for the person who asked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_PART: Final = re.compile(r"(?:^|\.)((?:[^.\\]|\\.)*)", re.DOTALL)
_RESERVED: Final = re.compile(r"([.\\])")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def below(path: str, name: str) -> str:
    """Return the path of what is called `name` inside of `path`; a point in the name is no step of the path."""
    escaped = _RESERVED.sub(r"\\\1", name)
    return f"{path}.{escaped}" if path else escaped


def steps(path: str) -> list[str]:
    """Return the names that a path was put together of, outermost first."""
    return [_ESCAPED.sub(r"\1", step) for step in _PART.findall(path)]


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that one field breaks; `field` is a dotted path such as `trades.0.quantity`.

    Names that a client chose are put into it by `below`.
    """

    field: str | None
    code: str
    detail: str


class DomainError(Exception):
    """Base of all refusals; `str(error)` is the sentence a client reads."""

    code = "refused"

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.field = field


class NotFound(DomainError):
    """The thing asked for does not exist, or belongs to somebody else."""

    code = "not_found"


class Forbidden(DomainError):
    """Whoever asks is known, but has no right to this."""

    code = "forbidden"


class Conflict(DomainError):
    """The request fits, but not the state the thing is in now (archived, lost race)."""

    code = "conflict"


class Refused(DomainError):
    """A rule refuses the request; `violations` names every rule broken, never only the first."""

    code = "validation_failed"

    def __init__(
        self, detail: str, *, field: str | None = None, violations: Iterable[Violation] = ()
    ) -> None:
        super().__init__(detail, field=field)
        self.violations = tuple(violations) or (Violation(field, self.code, detail),)


class PreconditionFailed(DomainError):
    """The caller acted on another version than the current one."""

    code = "precondition_failed"

    def __init__(self, detail: str, *, current_version: int | None = None) -> None:
        super().__init__(detail)
        self.current_version = current_version


class Unavailable(DomainError):
    """Something needed is away for now; the same request may succeed `retry_after` seconds later."""

    code = "service_unavailable"

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
