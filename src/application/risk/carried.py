"""Series of other calendars on the days of ours."""

import numpy as np

from application.market.history import Days, Floats


def carried(days: Days, known: Days, values: Floats) -> Floats:
    """Return the last value on or before each day; NaN before the first."""
    if not len(known):
        return np.full(len(days), np.nan)
    at = np.searchsorted(known, days, side="right") - 1
    found: Floats = np.where(at >= 0, values[np.maximum(at, 0)], np.nan)
    return found


def returns_on(days: Days, known: Days, levels: Floats) -> Floats:
    """Return simple returns from each day to the next; NaN on the first and where no level is known."""
    on = carried(days, known, levels)
    return np.concatenate(([np.nan], on[1:] / on[:-1] - 1))[: len(days)]


def changes_on(days: Days, known: Days, values: Floats) -> Floats:
    """Return differences from each day to the next; NaN on the first and where no value is known."""
    on = carried(days, known, values)
    return np.concatenate(([np.nan], np.diff(on)))[: len(days)]
