"""Cash as it comes in and goes out."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec

from api.figures import exact
from api.resources.fields import Note
from api.resources.moments import implausible
from domain.currencies import Currency
from domain.errors import Violation
from domain.rules import gathered

Day = date


class MoveCash(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cash to deposit or withdraw."""

    amount: Annotated[
        Decimal,
        exact("Positive deposits, negative withdraws; not zero.", examples=[1000]),
    ]
    currency: Annotated[
        Currency | None, msgspec.Meta(description="ISO 4217; the portfolio's unless said.")
    ] = None
    date: Annotated[
        Day | None, msgspec.Meta(description="Day it holds from, not in the future; today unless said.")
    ] = None
    note: Annotated[Note | None, msgspec.Meta(description="What it was for.")] = None

    def violations(self) -> Iterator[Violation]:
        """Yield that nothing is moved, or on a day before anything we could value."""
        return gathered(self._nothing(), implausible("date", self.date))

    def _nothing(self) -> Iterator[Violation]:
        if not self.amount:
            detail = "amount is zero; a positive one deposits, a negative one withdraws."
            yield Violation("amount", "zero", detail)


class MovedCash(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit or withdrawal, and what it led to."""

    portfolio_id: Annotated[UUID, msgspec.Meta(description="The portfolio.")]
    amount: Annotated[Decimal, exact("Positive was deposited, negative withdrawn, in `currency`.")]
    currency: Annotated[str, msgspec.Meta(description="ISO 4217 code of amount and balance.")]
    date: Annotated[Day, msgspec.Meta(description="Day it holds from.")]
    note: Annotated[str | None, msgspec.Meta(description="What it was for.")]
    cash_balance: Annotated[Decimal, exact("Newest balance of that currency, in that currency.")]
