"""What is known of a body with faults: its rules over several fields are asked all the same, in the same answer."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NoReturn, get_args, get_origin

import msgspec

from api.figures import decimal_check
from api.violations import ENCODER, is_struct, unwrapped
from domain.errors import Violation, steps
from domain.rules import Ruled, Unknown

Faults = list[list[str]]
"""Paths, as lists of steps, below the value in question; an empty one is the value itself."""


def _raise(*_: object) -> NoReturn:
    raise Unknown


class _UnknownValue:
    """Stands where a faulty value would be; whoever compares, counts, reads or calls it ends with `Unknown`.

    `is None` alone is answered, and with no: something was sent.
    """

    __slots__ = ()
    __getattribute__ = _raise
    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = __hash__ = _raise
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _raise
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = __abs__ = _raise
    __int__ = __float__ = __index__ = __str__ = __repr__ = __format__ = _raise


UNKNOWN: Final = _UnknownValue()


def broken_rules(annotation: Any, plain: Any, found: Iterable[Violation]) -> Iterator[Violation]:
    """Yield which rules a body breaks by what is right in it; `found` is all that is wrong in itself."""
    struct = unwrapped(annotation, plain)
    if is_struct(struct) and issubclass(struct, Ruled):
        known = known_part(annotation, plain, [steps(one.field) if one.field else [] for one in found])
        if known is not UNKNOWN:
            yield from known.violations()


def known_part(annotation: Any, plain: Any, faults: Faults) -> Any:
    """Return the value that `plain` stands for, with UNKNOWN in all places of faults."""
    if not faults:
        return _whole(annotation, plain)
    target = unwrapped(annotation, plain)
    if [] not in faults:
        if is_struct(target) and isinstance(plain, dict):
            return _known_struct(target, plain, faults)
        if get_origin(target) is list and isinstance(plain, list):
            return _known_list(get_args(target)[0], plain, faults)
        if get_origin(target) is dict and isinstance(plain, dict):
            return _known_dict(target, plain, faults)
    return UNKNOWN


def _whole(annotation: Any, plain: Any) -> Any:
    """Return the value; UNKNOWN if it is faulty after all: of very many faults only the first are found."""
    try:
        value = msgspec.json.decode(ENCODER.encode(plain), type=annotation)
    except msgspec.ValidationError:
        return UNKNOWN
    check = decimal_check(annotation)
    return UNKNOWN if check and any(check(value, "")) else value


def _known_struct(struct: Any, plain: dict[str, Any], faults: Faults) -> Any:
    below = _by_first_step(faults)
    known = {}
    for field in msgspec.structs.fields(struct):
        name = field.encode_name
        if name in plain:
            known[field.name] = known_part(field.type, plain[name], below.get(name, []))
        elif field.required:
            known[field.name] = UNKNOWN
    return struct(**known)


def _known_list(inner: Any, plain: list[Any], faults: Faults) -> Any:
    below = _by_first_step(faults)
    if any(not step.isdigit() or int(step) >= len(plain) for step in below):
        return UNKNOWN
    faulty = {int(step): known_part(inner, plain[int(step)], rest) for step, rest in below.items()}
    # What is right is decoded at one go: one by one takes a hundred times as long.
    right = _whole(list[inner], [one for at, one in enumerate(plain) if at not in faulty])
    if right is UNKNOWN:
        return UNKNOWN
    others = iter(right)
    return [faulty[at] if at in faulty else next(others) for at in range(len(plain))]


def _known_dict(target: Any, plain: dict[str, Any], faults: Faults) -> Any:
    below = _by_first_step(faults)
    right = _whole(target, {name: one for name, one in plain.items() if name not in below})
    if right is UNKNOWN or below.keys() - plain.keys():
        return UNKNOWN
    return right | {name: known_part(get_args(target)[1], plain[name], rest) for name, rest in below.items()}


def _by_first_step(faults: Faults) -> dict[str, Faults]:
    found: dict[str, Faults] = {}
    for first, *rest in faults:
        found.setdefault(first, []).append(rest)
    return found
