"""Levels of assets made into returns without gaps: which rows and which assets stay, and what was left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from application.market.history import Days, Floats
from application.optimization.dataset import Dropped
from application.optimization.request import Frequency, Missing
from domain.errors import Violation

Rows: TypeAlias = NDArray[np.intp]
Mask: TypeAlias = NDArray[np.bool_]
WHOLE: Final = 0.98
"""Share of the days that an asset has to have where `drop_assets` leaves out others: it may rest on some holiday."""
FEWEST: Final = 3
"""Levels that two returns need, the fewest that vary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """Rows and columns that have no gap."""

    rows: Rows
    columns: Rows
    dropped: tuple[Dropped, ...] = ()
    violations: tuple[Violation, ...] = ()


def complete(
    levels: Floats, missing: Missing, names: Sequence[str], fields: Sequence[str], days: Days | None = None
) -> Complete:
    """Choose the rows and columns that stay, by the policy for gaps.

    levels : array of shape (n_rows, n_assets), NaN where an asset has none
    fields : the field of the request that each asset stands in, for violations
    days : of the rows, where they are known, for words
    """
    known = ~np.isnan(levels)
    told = _Words(known, names, fields, days)
    whole: Rows = np.arange(levels.shape[1])
    empty = tuple(told.no_history(FEWEST))
    if empty:
        return Complete(rows=np.empty(0, np.intp), columns=whole, violations=empty)
    if missing == "refuse":
        return Complete(rows=np.arange(len(levels)), columns=whole, violations=tuple(told.gaps()))
    dropped: list[Dropped] = []
    if missing == "drop_assets":
        whole, dropped = told.whole()
        if len(whole) < 2:
            return Complete(rows=np.empty(0, np.intp), columns=whole, violations=(told.nobody_whole(),))
    rows = np.flatnonzero(known[:, whole].all(axis=1))
    dropped += told.rows_left_out(rows, whole)
    violations = () if len(rows) >= FEWEST else (told.never_together(rows, whole),)
    return Complete(rows=rows, columns=whole, dropped=tuple(dropped), violations=violations)


@dataclass(frozen=True, slots=True)
class _Words:
    """What is said of gaps."""

    known: Mask
    names: Sequence[str]
    fields: Sequence[str]
    days: Days | None

    @property
    def trading(self) -> Mask:
        """Rows in which at least half of the assets have a level."""
        rows: Mask = 2 * self.known.sum(axis=1) >= self.known.shape[1]
        return rows

    def since(self, column: int) -> str:
        """When an asset begins."""
        first = int(self.known[:, column].argmax())
        return f"from {self.days[first]} on" if self.days is not None else f"from row {first} on"

    def no_history(self, fewest: int) -> Iterator[Violation]:
        for at, count in enumerate(self.known.sum(axis=0).tolist()):
            if count < fewest:
                detail = f"{self.names[at]} has {count} prices in the window; at least {fewest} are needed."
                yield Violation(self.fields[at], "short_history", detail)

    def gaps(self) -> Iterator[Violation]:
        for at in np.flatnonzero(~self.known.all(axis=0)).tolist():
            count = int((~self.known[:, at]).sum())
            detail = (
                f"{self.names[at]} has no price in {count} of {len(self.known)} rows and is known "
                f"{self.since(at)}; `missing` may be drop_periods or drop_assets."
            )
            yield Violation(self.fields[at], "gaps", detail)

    def whole(self) -> tuple[Rows, list[Dropped]]:
        share = self.known[self.trading].mean(axis=0)
        left = [
            Dropped(
                name=self.names[at],
                code="short_history",
                detail=f"{self.names[at]} is known {self.since(at)}, in {share[at]:.0%} of the rows.",
            )
            for at in np.flatnonzero(share < WHOLE).tolist()
        ]
        return np.flatnonzero(share >= WHOLE), left

    def nobody_whole(self) -> Violation:
        detail = "Fewer than two assets have prices through the whole window; choose a later start."
        return Violation("missing", "short_history", detail)

    def rows_left_out(self, rows: Rows, columns: Rows) -> list[Dropped]:
        lost = len(self.known) - len(rows)
        if not lost:
            return []
        worst = int(columns[np.argmin(self.known[:, columns].sum(axis=0))])
        detail = (
            f"{lost} of {len(self.known)} rows lack a price of some asset, most of them one of "
            f"{self.names[worst]}, which is known {self.since(worst)}."
        )
        return [Dropped(name="periods", code="gaps", detail=detail)]

    def never_together(self, rows: Rows, columns: Rows) -> Violation:
        worst = int(columns[np.argmin(self.known[:, columns].sum(axis=0))])
        detail = (
            f"All assets have a price in {len(rows)} rows only; {self.names[worst]} is known {self.since(worst)}, "
            f"in {int(self.known[:, worst].sum())} rows. Leave it out, or let `missing` be drop_assets."
        )
        return Violation(self.fields[worst], "short_history", detail)


def ends_of_periods(days: Days, frequency: Frequency) -> Rows:
    """Return the last row of each week or month, a last one that may not be over left out; all rows of days."""
    if frequency == "daily" or not len(days):
        return np.arange(len(days))
    months = days.astype("datetime64[M]").astype(np.int64)
    weeks = (days.astype(np.int64) + 3) // 7  # day 0 was a Thursday: weeks begin on Mondays
    numbers = months if frequency == "monthly" else weeks
    last = np.flatnonzero(np.append(numbers[1:] != numbers[:-1], True))
    final: date = days[-1].item()
    over = _is_over(final, frequency)
    ends: Rows = last if over else last[:-1]
    return ends


def _is_over(day: date, frequency: Frequency) -> bool:
    """Whether no weekday of the same week or month follows."""
    following = day + timedelta(days=max(1, 7 - day.weekday()) if day.weekday() >= 4 else 1)
    if frequency == "monthly":
        return following.month != day.month
    return day.weekday() >= 4


def changes(levels: Floats) -> Floats:
    """Return simple returns from row to row."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        grown: Floats = levels[1:] / levels[:-1] - 1
    return grown
