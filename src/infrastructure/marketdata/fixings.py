"""Rates that are fixed on some days, and which of them holds on others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.market.history import Days, Floats

FRESH_DAYS = 7
"""A rate this old is used without more ado; an older one is used where there is no newer, and told."""
NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class RateSeries:
    """Rates by the day they were fixed on, ascending."""

    days: Days
    rates: Floats


@dataclass(frozen=True, slots=True)
class Fixings:
    """The rate that holds on each asked day and the day it was fixed on; NaN and NaT where there is none."""

    rates: Floats
    fixed_on: Days

    @property
    def inverse(self) -> "Fixings":
        """The same rates the other way around."""
        return Fixings(1 / self.rates, self.fixed_on)

    def times(self, other: "Fixings") -> "Fixings":
        """Return the rate through a currency between; as old as the older of the two."""
        older = np.where(self.fixed_on < other.fixed_on, self.fixed_on, other.fixed_on)
        older[np.isnat(self.fixed_on) | np.isnat(other.fixed_on)] = NEVER
        return Fixings(self.rates * other.rates, older)


def unknown(on: Days) -> Fixings:
    """Return no rate on any day."""
    return Fixings(np.full(len(on), np.nan), np.full(len(on), NEVER))


def filled(first: Fixings, second: Fixings) -> Fixings:
    """Return the first where it is known, else the second."""
    known = ~np.isnat(first.fixed_on)
    return Fixings(
        np.where(known, first.rates, second.rates), np.where(known, first.fixed_on, second.fixed_on)
    )


def last_fixings(series: RateSeries, on: Days) -> Fixings:
    """Return the last rate on or before each day."""
    place = np.searchsorted(series.days, on, side="right") - 1
    known = place >= 0
    place = np.maximum(place, 0)
    if not len(series.days):
        return unknown(on)
    return Fixings(np.where(known, series.rates[place], np.nan), np.where(known, series.days[place], NEVER))


def preferred(choices: Sequence[Fixings], on: Days) -> Fixings:
    """Return on each day the first choice that is fresh, else the freshest, the earlier choice where two are equal."""
    best = unknown(on)
    settled = _fresh(best, on)
    for choice in choices:
        newer = np.isnat(best.fixed_on) | (choice.fixed_on > best.fixed_on)
        take = ~settled & ~np.isnat(choice.fixed_on) & (newer | _fresh(choice, on))
        best = Fixings(
            np.where(take, choice.rates, best.rates), np.where(take, choice.fixed_on, best.fixed_on)
        )
        settled |= _fresh(best, on)
    return best


def _fresh(fixings: Fixings, on: Days) -> NDArray[np.bool_]:
    fresh: NDArray[np.bool_] = on - fixings.fixed_on <= np.timedelta64(FRESH_DAYS, "D")
    return fresh
