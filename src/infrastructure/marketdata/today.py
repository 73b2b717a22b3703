"""What day it is, for tenants that are not pinned to one."""

from datetime import UTC, date, datetime


def utc_today() -> date:
    """Return today's date in UTC."""
    return datetime.now(UTC).date()
