"""What is asked about where a portfolio's active return came from."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from domain.attribution import By, Linking

PERIOD: Final = "ytd"


class AttributionQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """One portfolio, a period by name or between two days, and the moment of the question.

    first, last : days at whose close a custom period begins and ends; used where `period` is None.
    as_of : only what was effective by this instant; known_at : only what was recorded by it.
    """

    portfolio_id: UUID
    period: str | None = PERIOD
    first: date | None = None
    last: date | None = None
    by: By = "sector"
    linking: Linking = "carino"
    as_of: datetime | None = None
    known_at: datetime | None = None
