"""What is asked about a portfolio's performance."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Frequency = Literal["daily", "weekly", "monthly"]


class PerformanceQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """One portfolio, a period by name or between two days, and the moment of the question.

    first, last : days at whose close the period begins and ends; `period` names one instead.
    frequency : how far the rows of the series lie apart; no figure depends on it.
    window : observations per rolling figure.
    as_of : only what was effective by this instant; known_at : only what was recorded by it.
    """

    portfolio_id: UUID
    first: date | None = None
    last: date | None = None
    period: str | None = None
    frequency: Frequency = "daily"
    window: int = 63
    as_of: datetime | None = None
    known_at: datetime | None = None
