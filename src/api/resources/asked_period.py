"""Which period a read asks about: by its name, or between two days."""

from collections.abc import Awaitable
from datetime import date
from typing import Annotated, Final, TypeAlias, TypeVar

from litestar.params import QueryParameter

from api.problems import ParameterViolation, invalid
from domain.errors import Refused

T = TypeVar("T")
_DAY: Final = r"^(19|2\d)\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"
PARAMETERS: Final = frozenset(
    {"from", "to", "period", "metric", "allocation_type", "bucket", "ticker", "window"}
)

FromDay: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name="from",
        pattern=_DAY,
        description="Day at whose close the period begins, ISO; the first day anything was held by default, and where "
        "the day lies before that. The answer's `from` says which it is.",
    ),
]
ToDay: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name="to",
        pattern=_DAY,
        description="Day at whose close the period ends, ISO; the newest day with prices by default, and where the "
        "day lies after that. The answer's `to` says which it is.",
    ),
]
PeriodName: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=20,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="A period by name, in place of `from` and `to`: `ytd`, `mtd`, `qtd`, `inception`, a length such "
        "as `3m` or `1y`, `2024`, `q1_2025`, `h1_2025` or `2024-03`. It ends with the newest day with prices.",
    ),
]


def days_asked(
    first: str | None, last: str | None, period: str | None = None
) -> tuple[date | None, date | None]:
    """Read both days; raises Problem (422) that names all that is wrong."""
    violations: list[ParameterViolation] = []
    start, end = _day("from", first, violations), _day("to", last, violations)
    if period is not None and (first is not None or last is not None):
        detail = "`period` names both ends; leave out `from` and `to`, or the period."
        violations.append(ParameterViolation("period", "conflicting", detail))
    if start is not None and end is not None and start > end:
        violations.append(ParameterViolation("from", "out_of_order", f"from {start} comes after to {end}."))
    if violations:
        raise invalid(violations)
    return start, end


def _day(name: str, text: str | None, violations: list[ParameterViolation]) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        violations.append(ParameterViolation(name, "malformed", f"`{text}` is no date."))
        return None


async def blaming_parameters(work: Awaitable[T]) -> T:
    """Return what the work answers; what it refuses about the period is a parameter, and not a place in a body."""
    try:
        return await work
    except Refused as refusal:
        if not all(one.field in PARAMETERS for one in refusal.violations):
            raise
        raise invalid(
            ParameterViolation(one.field, one.code, one.detail) for one in refusal.violations
        ) from refusal
