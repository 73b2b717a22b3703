"""Until when something had to be recorded to count."""

from datetime import UTC, datetime
from typing import Final

ALWAYS: Final = datetime.max.replace(tzinfo=UTC)


def known_by(known_at: datetime | None) -> datetime:
    """Return the moment that queries compare with; None counts all there is."""
    return known_at or ALWAYS
