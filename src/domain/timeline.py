"""Facts in two times: when they hold (effective) and in which order they were recorded."""

from bisect import insort
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Generic, TypeVar

Fact = TypeVar("Fact")


def effective_day(at: datetime) -> date:
    """Return the day a fact holds from; within a day the later recording wins."""
    return at.astimezone(UTC).date()


def start_of(day: date) -> datetime:
    """Return the first instant of a day, UTC."""
    return datetime.combine(day, time.min, UTC)


class Timeline(Generic[Fact]):
    """The dated facts about one thing, nearly always a single one.

    They are ordered by effective day, then by the version of the event that tells them, so that the
    newest effective day wins and within it the later recording.
    """

    __slots__ = ("_facts",)

    def __init__(self) -> None:
        self._facts: list[tuple[date, int, Fact]] = []

    def add(self, day: date, recorded: int, fact: Fact) -> None:
        """Put a fact at its place; `recorded` is the version of the event that tells it."""
        insort(self._facts, (day, recorded, fact), key=_order)

    def latest(self, on: date | None = None) -> Fact | None:
        """Return the fact that holds on a day, or the newest of all."""
        dated = self.latest_dated(on)
        return None if dated is None else dated[1]

    def latest_dated(self, on: date | None = None) -> tuple[date, Fact] | None:
        """Return the same with the day from which it holds."""
        for day, _, fact in reversed(self._facts):
            if on is None or day <= on:
                return day, fact
        return None

    def recorded_after(self, version: int) -> Iterator[tuple[date, int]]:
        """Yield the days and versions of what was told after an event, whatever day it speaks of."""
        return ((day, recorded) for day, recorded, _ in self._facts if recorded > version)

    def in_order(self) -> Iterator[tuple[date, Fact]]:
        """Yield the facts with their days, from the oldest effective day on."""
        return ((day, fact) for day, _, fact in self._facts)


def _order(entry: tuple[date, int, object]) -> tuple[date, int]:
    return entry[:2]
