"""What is asked about what a portfolio's returns owe to factors."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

WINDOW: Final = 252
WINDOW_MIN: Final = 30
WINDOW_MAX: Final = 2_520


class FactorsQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """One portfolio, how far to look back, and the moment of the question.

    window : daily returns at most. as_of : only what was effective by this instant; known_at : only what was recorded
    by it.
    """

    portfolio_id: UUID
    window: int = WINDOW
    as_of: datetime | None = None
    known_at: datetime | None = None
