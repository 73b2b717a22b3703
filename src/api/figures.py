"""Exact decimals on the way in: documented bounds that msgspec itself cannot check.

`Annotated[Decimal, exact("Units held.", ge=0)]` takes a JSON number or a string of digits, keeps every digit,
and refuses NaN, infinity and sizes no ledger holds.
"""

import operator
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec

from domain.errors import Violation, below

DIGITS_MAX: Final = 38
MAGNITUDE_MAX: Final = 10**24
DECIMALS_MAX: Final = 400
"""Enough for every number a double can hold: a smaller limit could not be written into the OpenAPI document."""
BOUNDS: Final[dict[str, tuple[Callable[[Any, Any], bool], str]]] = {
    "minimum": (operator.ge, "at least"),
    "exclusiveMinimum": (operator.gt, "more than"),
    "maximum": (operator.le, "at most"),
    "exclusiveMaximum": (operator.lt, "less than"),
}
Check = Callable[[Any, str], Iterator[Violation]]


def exact(
    description: str,
    *,
    ge: int | float | None = None,
    gt: int | float | None = None,
    le: int | float | None = None,
    lt: int | float | None = None,
    examples: list[Any] | None = None,
) -> msgspec.Meta:
    """Return the annotation of a Decimal field; the description gives unit and sign."""
    bounds = {"minimum": ge, "exclusiveMinimum": gt, "maximum": le, "exclusiveMaximum": lt}
    return msgspec.Meta(
        description=description,
        examples=examples,
        extra_json_schema={name: bound for name, bound in bounds.items() if bound is not None},
    )


@lru_cache(maxsize=1024)
def decimal_check(annotation: Any) -> Check | None:
    """Return what checks all decimals inside a decoded value of that type; None when it has none."""
    return _compile(annotation, {}, ())


def decimal_violation(value: Decimal, bounds: dict[str, Any], path: str) -> Violation | None:
    """Return what is wrong with one decimal, or None."""
    if not value.is_finite():
        return Violation(path, "not_finite", "Expected a finite number")
    _, digits, exponent = value.as_tuple()
    if len(digits) > DIGITS_MAX or int(exponent) < -DECIMALS_MAX:
        return Violation(path, "out_of_range", f"Expected a number of at most {DIGITS_MAX} digits")
    if value.adjusted() > 24 or abs(value) > MAGNITUDE_MAX:
        return Violation(path, "out_of_range", "Expected a number between -1e24 and 1e24")
    for name, bound in bounds.items():
        holds, words = BOUNDS[name]
        if not holds(value, Decimal(str(bound))):
            return Violation(path, "out_of_range", f"Expected a number of {words} {bound}")
    return None


def _compile(annotation: Any, bounds: dict[str, Any], within: tuple[Any, ...]) -> Check | None:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        for mark in marks:
            bounds = {**bounds, **_bounds_of(mark)}
        return _compile(inner, bounds, within)
    if annotation is Decimal:
        return lambda value, path: _of_one(value, bounds, path)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return None if annotation in within else _of_struct(annotation, (*within, annotation))
    if origin in (Union, UnionType):
        return _of_union(
            [_compile(arm, bounds, within) for arm in get_args(annotation)], get_args(annotation)
        )
    if origin in (list, tuple, set, frozenset):
        return _of_items(_compile(get_args(annotation)[0], {}, within))
    if origin is dict:
        return _of_values(_compile(get_args(annotation)[1], {}, within))
    return None


def _bounds_of(mark: Any) -> dict[str, Any]:
    schema = (mark.extra_json_schema or {}) if isinstance(mark, msgspec.Meta) else {}
    return {name: schema[name] for name in BOUNDS if name in schema}


def _of_one(value: Any, bounds: dict[str, Any], path: str) -> Iterator[Violation]:
    if isinstance(value, Decimal) and (violation := decimal_violation(value, bounds, path)):
        yield violation


def _of_struct(struct: type[msgspec.Struct], within: tuple[Any, ...]) -> Check | None:
    compiled = [
        (field.name, field.encode_name, check)
        for field in msgspec.structs.fields(struct)
        if (check := _compile(field.type, {}, within))
    ]

    def check_struct(value: Any, path: str) -> Iterator[Violation]:
        if isinstance(value, struct):
            for name, shown, check in compiled:
                yield from check(getattr(value, name), f"{path}.{shown}" if path else shown)

    return check_struct if compiled else None


def _of_union(checks: list[Check | None], arms: tuple[Any, ...]) -> Check | None:
    compiled = [check for check in checks if check]

    def check_arms(value: Any, path: str) -> Iterator[Violation]:
        for check in compiled:
            yield from check(value, path)

    return check_arms if compiled else None


def _of_items(check: Check | None) -> Check | None:
    if check is None:
        return None

    def check_items(value: Any, path: str) -> Iterator[Violation]:
        if isinstance(value, (list, tuple, set, frozenset)):
            for index, item in enumerate(value):
                yield from check(item, f"{path}.{index}" if path else str(index))

    return check_items


def _of_values(check: Check | None) -> Check | None:
    if check is None:
        return None

    def check_values(value: Any, path: str) -> Iterator[Violation]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from check(item, below(path, str(key)))

    return check_values
