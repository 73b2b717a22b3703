"""Rules over several fields of a request, written so that one that cannot be judged keeps no other from speaking.

Where a field is wrong in itself, the API puts in its place something that raises `Unknown` as soon as it is looked
at. A rule is a generator of violations: it ends there, having said nothing that might be false.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar, runtime_checkable

from domain.errors import Violation

T = TypeVar("T")


class Unknown(Exception):
    """A rule looked at a value that is not known, because what was sent in its place is wrong."""


@runtime_checkable
class Ruled(Protocol):
    """A request with rules over several of its fields."""

    def violations(self) -> Iterator[Violation]:
        """Yield what breaks a rule, given that every field for itself is as its type says.

        It needs nothing but the request: no clock, no database, no package that is slow to import.
        """
        ...


def gathered(*rules: Iterable[Violation]) -> Iterator[Violation]:
    """Yield what all rules find; one that needs what is not known ends early."""
    for rule in rules:
        try:
            yield from rule
        except Unknown:
            continue


def each(
    rule: Callable[[T, str], Iterable[Violation]], parts: Iterable[T], path: str, *, start: int = 0
) -> Iterator[Violation]:
    """Yield what a rule for one part, called with it and its path, finds in each part of a list.

    start : the place in the list of the first part.
    """
    for at, one in enumerate(parts, start):
        try:
            yield from rule(one, f"{path}.{at}")
        except Unknown:
            continue
