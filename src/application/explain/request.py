"""What is asked to be explained."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from domain.drift import AllocationType

Metric = Literal["total_value", "weight", "var_95_1d", "drift"]


class ExplainQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one portfolio, at the close of two days.

    allocation_type, bucket : whose weight or drift; a ticker is the bucket of type `security`. Without them drift is
        the largest absolute drift of all targets.
    as_of, known_at : what was effective and recorded by then is taken as true.
    from_known_at : the figure of the first day as it was known then begins the bridge; what was told of that day
        later is its first step.
    """

    portfolio_id: UUID
    metric: Metric
    first: date | None = None
    last: date | None = None
    allocation_type: AllocationType | None = None
    bucket: str | None = None
    as_of: datetime | None = None
    known_at: datetime | None = None
    from_known_at: datetime | None = None
