"""Faults to put into a body, and the violations that they are."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

import httpx

from domain.errors import steps

LEFT_OUT: Final = object()


@dataclass(frozen=True, slots=True)
class Fault:
    """A value at a place of a body, or its absence, and the violation that it is."""

    at: tuple[str | int, ...]
    value: Any
    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Faulty:
    """A body without faults; what can be wrong with a field of it; and rules that it may break besides."""

    body: Mapping[str, Any]
    fields: tuple[Fault, ...]
    rules: tuple[Fault, ...]


def with_faults(body: Mapping[str, Any], faults: Iterable[Fault]) -> dict[str, Any]:
    """Return the body with these faults in it, wider ones put in before those inside of them."""
    found = deepcopy(dict(body))
    for fault in sorted(faults, key=lambda one: len(one.at)):
        place: Any = found
        for step in fault.at[:-1]:
            place = place[step]
        if fault.value is LEFT_OUT:
            del place[fault.at[-1]]
        else:
            place[fault.at[-1]] = deepcopy(fault.value)
    return found


def told(faults: Iterable[Fault]) -> list[tuple[str, str]]:
    """Return fields and codes of the violations that these faults are, sorted."""
    return sorted((fault.field, fault.code) for fault in faults)


def pointers(faults: Iterable[Fault]) -> list[tuple[str, str]]:
    """Return places and codes of the violations that these faults are as an answer has them, sorted."""
    return sorted(("/" + "/".join(steps(fault.field)), fault.code) for fault in faults)


def pointed_at(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return places, empty for what is no part of the body, and codes of what an answer refuses, sorted."""
    return sorted((one["pointer"] or "", one["code"]) for one in answer.json()["errors"])


UNKNOWN_FIELD: Final = Fault(("colour",), 1, "colour", "unknown_field")
