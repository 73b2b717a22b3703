"""What a report is asked for; without numpy, since the API asks."""

from datetime import date, datetime
from uuid import UUID

import msgspec


class ReportTask(msgspec.Struct, frozen=True, kw_only=True):
    """Which portfolio, on which day it holds and as it was known when; the newest of both where nothing is said."""

    portfolio_id: UUID
    today: date
    as_of: date | None = None
    known_at: datetime | None = None


class ReportPage(msgspec.Struct, frozen=True, kw_only=True):
    """The report as HTML."""

    html: str
