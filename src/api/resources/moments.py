"""`as_of` and `known_at`: which moment a read asks about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Final, TypeAlias

from litestar.params import QueryParameter

from api.problems import ParameterViolation, invalid
from application.history.past import Moment
from domain.errors import Refused, Violation

_DAY: Final = r"(19|2\d)\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME: Final = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
_ZONE: Final = r"(Z|[+\- ](0\d|1[0-4]):[0-5]\d)?"
PATTERN: Final = f"^{_DAY}([T ]{_TIME}{_ZONE})?$"
EARLIEST: Final = date(1900, 1, 1)
_OFFSET_WITHOUT_SIGN: Final = re.compile(r" (\d{2}:\d{2})$")

AsOf: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        pattern=PATTERN,
        description="Show what was effective then: an ISO date (its end) or an RFC 3339 time, UTC unless it says.",
    ),
]
KnownAt: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        pattern=PATTERN,
        description="Show what had been recorded by then: an ISO date (its end) or an RFC 3339 time.",
    ),
]


@dataclass(frozen=True, slots=True)
class Moments:
    """The two times of one question."""

    as_of: Moment | None
    known_at: Moment | None

    def __bool__(self) -> bool:
        """Say whether another moment than now is asked for."""
        return self.as_of is not None or self.known_at is not None


def moments(as_of: str | None, known_at: str | None) -> Moments:
    """Read both parameters; raises Problem (422) that names every one that is no date or time."""
    violations: list[ParameterViolation] = []
    found = Moments(moment("as_of", as_of, violations), moment("known_at", known_at, violations))
    if violations:
        raise invalid(violations)
    return found


def moment(name: str, text: str | None, violations: list[ParameterViolation]) -> Moment | None:
    """Read one parameter, noting what is wrong with it."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-01-01"):
            return date.fromisoformat(text)
        # A plus sign that was not percent-encoded has become a blank.
        found = datetime.fromisoformat(_OFFSET_WITHOUT_SIGN.sub(r"+\1", text))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except ValueError:
        violations.append(ParameterViolation(name, "malformed", f"`{text}` is no date or time."))
        return None


def require_plausible(name: str, day: date | None) -> None:
    """Refuse a day before anything we could value."""
    for violation in implausible(name, day):
        raise Refused(violation.detail, violations=(violation,))


def implausible(name: str, day: date | None) -> Iterator[Violation]:
    """Yield that a day lies before anything we could value."""
    if day is not None and day < EARLIEST:
        detail = f"{name} {day.isoformat()} lies before {EARLIEST.isoformat()}."
        yield Violation(name, "out_of_range", detail)
