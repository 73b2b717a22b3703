"""Moments as instants, for those to whom a date and a time must look alike."""

from datetime import datetime, timedelta

from application.history.past import Moment, end_of


def last_instant(moment: Moment | None) -> datetime | None:
    """Return the last instant that a moment includes: a date means its end."""
    return None if moment is None else end_of(moment) - timedelta(microseconds=1)
