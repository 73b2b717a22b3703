"""When a delivery that failed is tried again, and when an endpoint is given up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

RETRY_AFTER_MAX: Final = timedelta(hours=24)
"""What a receiver may ask for; beyond that it could put deliveries off for ever."""
_DIGITS_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long to wait after each failed attempt, on the average, and when an endpoint has failed long enough.

    A delivery that failed once more than there are waits has failed for good.
    """

    waits: Sequence[timedelta]
    disable_after: timedelta

    def wait(
        self, failures: int, *, random: Callable[[], float], asked: timedelta | None
    ) -> timedelta | None:
        """Return how long to wait after that many failures (1 and up); None where it was the last attempt.

        Full jitter: anything from nothing to twice the wait of the schedule, so that what failed together does not
        come back together. random : numbers from 0 to 1. asked : the receiver's Retry-After, waited for at least.
        """
        if failures > len(self.waits):
            return None
        jittered = 2.0 * random() * self.waits[failures - 1]
        return max(jittered, min(asked or timedelta(0), RETRY_AFTER_MAX))

    def is_over(self, failing_since: datetime, now: datetime, *, for_good: bool) -> bool:
        """Say whether an endpoint that has failed since then is to be disabled.

        for_good : a delivery has just had its last attempt. Without one it takes as much longer as all attempts take:
        with a long backlog, tried one by one, it would be weeks until the first delivery has had its last.
        """
        enough = self.disable_after if for_good else sum(self.waits, self.disable_after)
        return now - failing_since >= enough


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Return what a Retry-After header asks for, in either of its forms; None where it says nothing readable."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:_DIGITS_MAX]), RETRY_AFTER_MAX.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if until.tzinfo is None:
        return None
    return max(until - now, timedelta(0))
