"""Calendar months in UTC: what quotas last for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month; it begins and ends at Unix seconds of which the second is no longer in it."""

    first: date
    starts_at: int
    ends_at: int

    @property
    def seconds(self) -> int:
        """How long it is."""
        return self.ends_at - self.starts_at


def month_of(seconds: float) -> Month:
    """Return the month that a moment (Unix seconds) lies in."""
    first = datetime.fromtimestamp(seconds, UTC).date().replace(day=1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Month(first=first, starts_at=_midnight(first), ends_at=_midnight(after))


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
