"""Taking turns, medians and percentiles."""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from typing import Literal

import msgspec

Measure = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What ours and the baseline measured in one turn, in the same unit."""

    ours: float
    baseline: float


class Measured(msgspec.Struct, frozen=True):
    """Seconds per turn; the baseline's are empty where there is nothing to compare with."""

    ours: list[float]
    baseline: list[float] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a figure has to be: at least or at most `bound`."""

    kind: Literal["at least", "at most"]
    bound: float
    unit: str

    def is_reached_by(self, value: float) -> bool:
        """Whether the figure is good enough."""
        return value >= self.bound if self.kind == "at least" else value <= self.bound

    def __str__(self) -> str:
        sign = "≥" if self.kind == "at least" else "≤"
        return f"{sign} {figure(self.bound)} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: a median, the spread of what it is the median of, and the goal."""

    key: str
    work: str
    target: Target
    value: float
    low: float
    high: float
    turns: int
    details: dict[str, float] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        """Whether the goal is reached."""
        return self.target.is_reached_by(self.value)


def at_least(bound: float, unit: str) -> Target:
    """A goal for what should be large."""
    return Target(kind="at least", bound=bound, unit=unit)


def at_most(bound: float, unit: str) -> Target:
    """A goal for what should be small."""
    return Target(kind="at most", bound=bound, unit=unit)


async def in_turns(ours: Measure, baseline: Measure, turns: int) -> list[Pair]:
    """Measure both alternately (A B, B A, …), so that a slow moment of the machine meets both."""
    pairs = []
    for turn in range(turns):
        if turn % 2:
            second = await baseline()
            first = await ours()
        else:
            first = await ours()
            second = await baseline()
        pairs.append(Pair(ours=first, baseline=second))
    return pairs


def ratio_row(
    key: str, work: str, target: Target, pairs: list[Pair], details: dict[str, float] | None = None
) -> Row:
    """The median of ours to the baseline, turn by turn."""
    return spread_row(key, work, target, [pair.ours / pair.baseline for pair in pairs], details)


def spread_row(
    key: str, work: str, target: Target, values: Iterable[float], details: dict[str, float] | None = None
) -> Row:
    """The median of some figures, with the smallest and the largest."""
    found = sorted(values)
    return Row(
        key=key,
        work=work,
        target=target,
        value=median(found),
        low=found[0],
        high=found[-1],
        turns=len(found),
        details=details or {},
    )


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that `share` (0 to 1) of the values do not exceed."""
    found = sorted(values)
    return found[max(0, ceil(share * len(found) - 1e-9) - 1)]


def figure(value: float) -> str:
    """A number as people read it: three digits that matter, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


class Stopwatch:
    """Seconds from the start of a `with` block to its end."""

    seconds = 0.0

    def __enter__(self) -> "Stopwatch":
        self._started = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._started
